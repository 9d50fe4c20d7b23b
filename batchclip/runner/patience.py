"""When waiting for Restream becomes pointless."""

import math

from batchclip.clock import Clock
from batchclip.outcome import Kind, Outcome
from batchclip.pace import MAX_HOLD_OFF_SECONDS, PROBE_MAX_SECONDS
from batchclip.pacer import Pacer
from batchclip.runner.halts import Halts, hold_off_too_long, unavailable


class Patience:
    """Stops when the API is down for too long, or asks for more patience than there is time.

    `give_up_after` is in seconds; `ends_at` the deadline by the monotonic clock, None without one.
    """

    def __init__(
        self, pacer: Pacer, halts: Halts, clock: Clock, give_up_after: float, ends_at: float | None
    ) -> None:
        self._pacer = pacer
        self._halts = halts
        self._clock = clock
        self._give_up_after = give_up_after
        self.ends_at = ends_at

    def check(self) -> None:
        """Stop if it is pointless to go on."""
        now = self._clock.monotonic()
        pace = self._pacer.pace
        if pace.given_up(now):
            self._halts.stop(unavailable(self._give_up_after))
        held = pace.held_until - now
        # The pause before a look at an API that is down is ours: the deadline comes by itself.
        ours = pace.probing and held <= PROBE_MAX_SECONDS
        if held > self._time_left(now) and not ours:
            self._halts.stop(hold_off_too_long(held))

    def _time_left(self, now: float) -> float:
        return MAX_HOLD_OFF_SECONDS if self.ends_at is None else self.ends_at - now


def hold_to_keep(pacer: Pacer, outcome: Outcome) -> int | None:
    """Until when (ms since 1970) an answer made everybody hold off, None when it did not."""
    if not outcome.hold_off and outcome.kind is not Kind.SLOW_DOWN:
        return None
    return math.ceil(1000 * pacer.held_until())
