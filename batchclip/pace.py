"""How fast the pool may go: adaptive concurrency, a rate, hold-offs, and probing when all is down.

Arithmetic on values; `Pacer` waits for it.
"""

import math

from batchclip.outcome import TRANSIENT, Kind, Outcome
from batchclip.value import value

FIRST_LIMITS = (4, 32)
FIRST_SHARE = 4
"""A run begins with one in so many of the requests that it may have on the wire at once, but within
these bounds: whoever allows a hundred expects more than a handful."""
AHEAD_SHARE = 2
"""At most one in so many of the limit, but one at the least, may be prepared while the rest is on
the wire: its intent is on disk when a place comes free. More would widen what a crash leaves in
doubt."""
PREPARATIONS_AHEAD = 3
"""So many times what goes out while one group is prepared: a place that comes free may have to wait
for the group that is under way, and for its own, and answers come in bursts."""
WORTH_PREPARING = 0.05
"""What keeps a single place empty for less than this share of the time is not worth an intent."""
NEWEST_SHARE = 0.1
"""How much the newest of several times counts in their mean."""
MAX_HOLD_OFF_SECONDS = 12 * 3600.0
"""A hold-off longer than a night is a stop, also without a deadline."""
DOWN_AFTER_FAILURES = 20
"""Transient failures in a row, without a success, that mean: the API is down."""
PROBE_FIRST_SECONDS = 1.0
PROBE_MAX_SECONDS = 60.0
HOLD_OFF_FIRST_SECONDS = 1.0
HOLD_OFF_MAX_SECONDS = 60.0
"""A slow-down that doesn't say how long: doubles from the first to the last while it goes on."""


@value
class Admission:
    """Leave to send one request. `epoch` tells whether a hold-off has begun since it was given."""

    epoch: int
    began: int


class Pace:
    """The state of the pace. All times are monotonic seconds that the caller brings.

    `limit`: how many requests may be on the wire at once. `probing`: the API counts as down, so
    that single requests look whether it is back. `in_use` are on the wire, `prepared` about to be.

    The limit grows by one for each success until the API first complains, then by one a round, and
    only while at least half of it is in use (as Netflix's AIMDLimit does); a complaint halves it,
    once for all requests that were already on the wire.
    """

    def __init__(
        self, max_concurrency: int, rate: float | None = None, give_up_after: float = math.inf
    ) -> None:
        self._max = max_concurrency
        self._give_up_after = give_up_after
        self._interval = 1.0 / rate if rate else 0.0
        self._limit = float(first_limit(max_concurrency))
        self.limit = int(self._limit)
        self.probing = False
        self._owed = 0.0
        self._complained = False
        self._started = 0
        self._began_at_last_cut = 0
        self._next_start = -math.inf
        self._slow_downs = 0
        self._failures = 0
        self._failing_since: float | None = None
        self._probes = 0
        self.in_use = 0
        self.prepared = 0
        self._preparing = 0.0
        self._taking = 0.0
        self.held_until = -math.inf
        self.epoch = 0

    def given_up(self, now: float) -> bool:
        """Whether the API has failed for longer than anybody wants to wait, without a success."""
        return self._failing_since is not None and now - self._failing_since >= self._give_up_after

    @property
    def rated(self) -> bool:
        """Whether there is a rate to keep to."""
        return self._interval > 0

    @property
    def full(self) -> bool:
        """Whether as many are on the wire as may be."""
        return self.in_use >= self.limit

    @property
    def all_prepared(self) -> bool:
        """Whether as many are on the wire or prepared for it as may be."""
        return self.in_use + self.prepared >= self.limit + self.ahead

    @property
    def ahead(self) -> int:
        """How many may be prepared beside, so that hardly a place is empty. A look stands alone."""
        if self.probing or not self._taking:
            return 0
        empty = self.limit * self._preparing / self._taking
        wanted = math.ceil(PREPARATIONS_AHEAD * empty) if empty >= WORTH_PREPARING else 0
        return min(max(1, self.limit // AHEAD_SHARE), wanted)

    def prepared_in(self, seconds: float) -> None:
        """Learn how long it takes to prepare requests."""
        self._preparing = mean(self._preparing, seconds)

    def answered_in(self, seconds: float) -> None:
        """Learn how long a request is on the wire."""
        self._taking = mean(self._taking, seconds)

    def wait(self, now: float) -> float:
        """Seconds until a request may start; infinite when one must end first."""
        return math.inf if self.full else self.held_for(now)

    def held_for(self, now: float) -> float:
        """Seconds for which a hold-off or the rate lets nothing start, 0 for none."""
        return max(0.0, self.held_until - now, self._next_start - now)

    def start(self, now: float) -> Admission:
        """Let one request start now."""
        admission = self.prepare(now)
        self.enter()
        return admission

    def enter(self) -> None:
        """A request that was prepared goes on the wire."""
        self.prepared -= 1
        self.in_use += 1

    def prepare(self, now: float) -> Admission:
        """Let one request be prepared, to start as soon as there is a place for it."""
        self.prepared += 1
        self._started += 1
        self._pay()
        self._next_start = max(now, self._next_start) + self._interval
        return Admission(self.epoch, self._started)

    def still_good(self, admission: Admission) -> bool:
        """Whether nothing has happened since that forbids this request to leave."""
        return admission.epoch == self.epoch

    def withdraw(self) -> None:
        """A request that was let start never left."""
        self.in_use -= 1

    def end(self, admission: Admission, outcome: Outcome, now: float) -> None:
        """Learn from how a request ended."""
        used = self.in_use + self.prepared
        self.in_use -= 1
        new_round = admission.began > self._began_at_last_cut
        if outcome.congested:
            self._cut(admission)
        if outcome.kind is Kind.SLOW_DOWN:
            self._slow_downs += new_round
            unasked = min(unasked_hold_off(self._slow_downs), self._give_up_after)
            # A Retry-After of 0 names no time: to go on at once is what got us here.
            self.hold(now + (outcome.hold_off or unasked))
        elif outcome.hold_off:
            self.hold(now + outcome.hold_off)
        if outcome.kind in TRANSIENT:
            self._fail(now, asked_to_wait=outcome.http_status == 429)
        else:
            self._succeed(used)
        self.limit = 1 if self.probing else max(1, int(self._limit))

    def _cut(self, admission: Admission) -> None:
        self._complained = True
        self._owed = 0.0
        if admission.began > self._began_at_last_cut:
            self._limit = max(1.0, self._limit / 2)
            self._began_at_last_cut = self._started

    def hold(self, until: float) -> None:
        """Let nothing start before this moment."""
        self.held_until = max(self.held_until, until)
        self.epoch += 1

    def _fail(self, now: float, *, asked_to_wait: bool) -> None:
        self._failures += 1
        self.probing = self._failures >= DOWN_AFTER_FAILURES
        # An API that asks for patience is not down, unless it does nothing else any more.
        if self._failing_since is None and (self.probing or not asked_to_wait):
            self._failing_since = now
        if self.probing and self._failing_since is not None:
            left = self._failing_since + self._give_up_after - now
            self.hold(now + max(0.0, min(probe_interval(self._probes), left)))
            # While others are on the wire, this was none of the single looks: they come alone.
            if self.in_use == 0:
                self._probes += 1

    def _succeed(self, used: int) -> None:
        self._failures = self._probes = self._slow_downs = 0
        self.probing = False
        self._failing_since = None
        step = 1.0 / self._limit if self._complained else 1.0
        if 2 * used >= self._limit:
            self._grow(step)
        else:
            # Of answers that come together the last find few in use, though all were: what they
            # would have added is added when their places are taken again.
            self._owed = min(self._owed + step, self._limit / 2)

    def _grow(self, by: float) -> None:
        self._limit = min(float(self._max), self._limit + by)
        self.limit = 1 if self.probing else max(1, int(self._limit))

    def _pay(self) -> None:
        """Add what is owed, once at least half is in use again."""
        if self._owed and 2 * (self.in_use + self.prepared) >= self._limit:
            self._grow(self._owed)
            self._owed = 0.0


def mean(known: float, newest: float) -> float:
    """The mean of times of which the newest count most; the first one that is known is it."""
    return known + NEWEST_SHARE * (newest - known) if known else newest


def first_limit(max_concurrency: int) -> int:
    """How many requests may be on the wire when a run begins."""
    least, most = FIRST_LIMITS
    return min(max_concurrency, most, max(least, max_concurrency // FIRST_SHARE))


def unasked_hold_off(slow_downs: int) -> float:
    """Seconds to hold off after this many slow-downs in a row that name no time."""
    return min(HOLD_OFF_MAX_SECONDS, HOLD_OFF_FIRST_SECONDS * 2.0 ** min(slow_downs - 1, 16))


def probe_interval(probes: int) -> float:
    """Seconds before the next look whether the API is back, after this many looks in vain."""
    return min(PROBE_MAX_SECONDS, PROBE_FIRST_SECONDS * 2.0 ** min(probes, 16))
