"""How an attempt ends: on its way into the table, and told once it is there."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from batchclip.clock import MachineClock
from batchclip.errors import BatchclipError
from batchclip.events import AttemptEnded, Observer
from batchclip.job import State
from batchclip.outcome import Outcome
from batchclip.pacer import Pacer
from batchclip.retry import Decision
from batchclip.runner.halts import Halts, failed_with
from batchclip.runner.patience import hold_to_keep
from batchclip.store.base import Claimed, Finish, Intent
from batchclip.store.journal import Journal
from batchclip.value import value


@value
class Ending:
    """How an attempt ended, on its way into the table. No seconds: nothing was put on the wire."""

    claimed: Claimed
    outcome: Outcome
    decision: Decision
    took_seconds: float | None


Written = Callable[[Ending, bool, Exception | None], None]
"""Is told whether an attempt's end is on the record and counted, or why it is not."""


@dataclass(slots=True)
class Endings:
    """Writes the ends of a run's attempts. `draw` gives a number from 0 to 1 for the jitter."""

    journal: Journal
    pacer: Pacer
    halts: Halts
    observer: Observer
    clock: MachineClock
    draw: Callable[[], float]

    def post(self, ending: Ending, intent: Intent, written: Written) -> None:
        """Write the end down. Without it, the next run finds the intent and calls it doubt.

        Nobody waits for that: the next request may leave, whose own intent comes after this.
        """
        self.journal.post(self._entry(ending, intent), partial(written, ending))

    def _entry(self, ending: Ending, intent: Intent) -> Finish:
        decision, took = ending.decision, ending.took_seconds
        at = round(1000 * self.clock.now())
        wait = self.draw() * decision.back_off
        in_doubt = decision.state is State.IN_DOUBT
        return Finish(
            claimed=ending.claimed,
            state=decision.state,
            outcome=ending.outcome,
            sent_at=intent.sent_at,
            server_sent_at=intent.server_sent_at,
            took_ms=None if took is None else round(1000 * took),
            at=at,
            uses_attempt=decision.uses_attempt,
            due_at=at + round(1000 * wait) if decision.state is State.PENDING and wait else None,
            held_until=self._held_until(ending.outcome, decision),
            uptime=round(1000 * self.clock.uptime()) if in_doubt else None,
            sent_uptime=intent.sent_uptime if in_doubt else None,
            boot=self.clock.boot() if in_doubt else None,
        )

    def conclude(self, ending: Ending, mine: bool, error: Exception | None) -> Decision | None:
        """Tell what is on the record now; None when it could not be written, or didn't count.

        Raises what nobody foresaw.
        """
        if isinstance(error, BatchclipError):
            self.halts.stop(failed_with(error))
            return None
        if error is not None:
            raise error
        if not mine:
            return None
        state, file_id = ending.decision.state, ending.claimed.range.file_id
        self.observer.notice(AttemptEnded(file_id, ending.outcome, state, ending.took_seconds))
        return ending.decision

    def _held_until(self, outcome: Outcome, decision: Decision) -> int | None:
        """Until when this answer made the pool hold off, None when it did not.

        What stops a run says itself when to run again, and a person may be quicker than it thinks.
        """
        return None if decision.stop else hold_to_keep(self.pacer, outcome)
