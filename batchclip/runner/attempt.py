"""One attempt: leave to send, a durable intent, the request, and its outcome on the record."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from batchclip.api.auth import Auth
from batchclip.clock import MachineClock
from batchclip.errors import ApiUnavailable, BatchclipError
from batchclip.events import AttemptEnded, AttemptStarted, Observer, PaceChanged
from batchclip.job import Range, State
from batchclip.outcome import WITHHELD, Kind, Outcome
from batchclip.pace import Admission
from batchclip.pacer import Pacer
from batchclip.retry import Circumstances, decide
from batchclip.runner.budget import Budget
from batchclip.runner.endings import Ending, Endings, Written
from batchclip.runner.halts import BUDGET, Halts, failed_with, halt_of
from batchclip.serverclock import ServerClock
from batchclip.store.base import Claimed, Intend, Intent, PutBack
from batchclip.store.journal import Journal

FRESH_MS = 1_000
"""An intent that has waited longer for a place on the wire is set anew, which a pause refuses."""
MAY_HAVE_COST = frozenset({Kind.CREATED, Kind.UNKNOWN})


class Client(Protocol):
    """Sends a create request."""

    async def create_project(
        self, asked: Range, token: str, may_leave: Callable[[], bool]
    ) -> Outcome:
        """Send exactly one, if it still may leave, and say what it came to; never raises for it."""
        ...


@dataclass(slots=True)
class Attempts:
    """Makes the attempts of one run. `draw` gives a number from 0 to 1 for the jitter."""

    client: Client
    auth: Auth
    journal: Journal
    pacer: Pacer
    budget: Budget
    halts: Halts
    observer: Observer
    clock: MachineClock
    server_clock: ServerClock
    max_attempts: int
    draw: Callable[[], float] = random.random
    endings: Endings = field(init=False)
    _met_401: set[int] = field(default_factory=set)
    _told_pace: tuple[int, float, bool] | None = None

    def __post_init__(self) -> None:
        self.endings = Endings(
            self.journal, self.pacer, self.halts, self.observer, self.clock, self.draw
        )

    def clear(self) -> bool:
        """Whether a request may be prepared just now, for all that can be known beforehand."""
        return self.auth.ready() and self.budget.unlimited and self.pacer.clear()

    def prepare(self) -> Admission | None:
        """Leave to send one request, taken before its range is; None when it needs waiting for."""
        return self.pacer.prepare()

    def drop(self, admissions: Sequence[Admission]) -> None:
        """Give leave back for which there was no range."""
        for _ in admissions:
            self.pacer.drop()

    def intent(self) -> Intent:
        """An intent of this moment."""
        return Intent(self._now(), self.server_clock.now(), self._uptime())

    async def enter(self, claimed: Claimed, admission: Admission) -> bool:
        """Wait for a place for what is prepared; False when it may not go, and was put back."""
        if not await self.pacer.enter(admission):
            await self.give_back(claimed, admission)
            return False
        # Where it is unlimited, which it is here, the budget only counts.
        self.budget.reserve_now()
        return True

    async def admit(self, claimed: Claimed) -> Admission | None:
        """Wait for leave to send; None when there is none to be had, and the range is put back."""
        if not await self.budget.reserve():
            if self.budget.exhausted:
                self.halts.stop(BUDGET)
            await self._put_back(claimed)
            return None
        admission = await self.pacer.admit()
        if admission is None:
            self.budget.settle(spent=False)
            await self._put_back(claimed)
        return admission

    async def make(self, claimed: Claimed, admission: Admission, written: Written) -> bool:
        """Send, unless the token, the table or a stop forbids it.

        `written` is called when the attempt's end is on the record. False when nothing was sent and
        the range was put back; then it is not called.
        """
        try:
            ready = await self._ready(claimed)
        except ApiUnavailable as error:
            return await self._without_token(claimed, admission, error, written)
        except BatchclipError as error:
            self.halts.stop(failed_with(error))
            await self._withdraw(claimed)
            return False
        # What comes while the request waits for its connection is looked at again there.
        if ready is None or not self.pacer.still_good(admission):
            await self._withdraw(claimed)
            return False
        return await self._send(claimed, admission, *ready, written)

    async def _ready(self, claimed: Claimed) -> tuple[str, Intent] | None:
        """A token, and an intent that is fresh when the token is there.

        None when the claim is ours no more, or the table is paused.
        """
        # Whatever a token needs is done before an intent is set, so that a crash in the middle of a
        # refresh leaves nothing in doubt. One that was begun meanwhile may take a minute, though.
        token, intent = await self.auth.token(), claimed.intent
        since = None if intent is None else intent.sent_uptime
        while intent is None or since is None or self._uptime() - since > FRESH_MS:
            intent = await self._intend(claimed)
            if intent is None:
                return None
            since = self._uptime()
            token = await self.auth.token()
        return token, intent

    async def _intend(self, claimed: Claimed) -> Intent | None:
        """Set a claim's intent; None when the claim is ours no more, or the table is paused."""
        intent = self.intent()
        entry = Intend(
            claimed.generation, intent.sent_at, intent.server_sent_at, intent.sent_uptime
        )
        return intent if await self.journal.write(entry) else None

    async def _without_token(
        self, claimed: Claimed, admission: Admission, error: ApiUnavailable, written: Written
    ) -> bool:
        """There is no token just now: a slow-down of the token endpoint is one like any other."""
        if self.halts.halt is not None:
            await self._withdraw(claimed)
            return False
        slow_down = error.http_status in {429, 503}
        outcome = Outcome(
            Kind.SLOW_DOWN if slow_down else Kind.NEVER_LEFT,
            http_status=error.http_status,
            error_name="TokenRefresh",
            error=str(error),
            hold_off=error.hold_off,
            congested=slow_down,
        )
        ending = self._end(claimed, admission, outcome, None)
        self.endings.post(ending, Intent(self._now()), written)
        return True

    async def _send(
        self,
        claimed: Claimed,
        admission: Admission,
        token: str,
        intent: Intent,
        written: Written,
    ) -> bool:
        self.observer.notice(AttemptStarted(claimed.range.file_id))
        began = self.clock.monotonic()
        outcome = await self.client.create_project(
            claimed.range, token, lambda: self._may_leave(admission, token)
        )
        took = self.clock.monotonic() - began
        self.pacer.pace.answered_in(took)
        # A server may call its error by any name.
        if outcome.kind is Kind.NEVER_LEFT and outcome.error_name == WITHHELD:
            self.observer.notice(AttemptEnded(claimed.range.file_id, outcome, State.PENDING, took))
            await self._withdraw(claimed)
            return False
        token_spent = outcome.kind is Kind.UNAUTHORIZED and self._refuse(token, claimed)
        if intent.server_sent_at is None:
            intent = replace(intent, server_sent_at=self._server_time_before(took))
        ending = self._end(claimed, admission, outcome, took, token_spent=token_spent)
        self.endings.post(ending, intent, written)
        return True

    def _may_leave(self, admission: Admission, token: str) -> bool:
        """Whether neither a stop nor a hold-off has come, and the token is good."""
        return self.pacer.still_good(admission) and self.auth.current(token)

    def _server_time_before(self, seconds: float) -> int | None:
        """Restream's time so long ago: answers that came meanwhile may have told it."""
        now = self.server_clock.now()
        return None if now is None else now - round(1000 * seconds)

    def _refuse(self, token: str, claimed: Claimed) -> bool:
        """Have the token replaced; say whether this range has now met two that were the newest."""
        if not self.auth.refuse(token):
            return False
        met_before = claimed.job_id in self._met_401
        self._met_401.add(claimed.job_id)
        return met_before or not self.auth.renewable

    def _end(
        self,
        claimed: Claimed,
        admission: Admission,
        outcome: Outcome,
        took: float | None,
        *,
        token_spent: bool = False,
    ) -> Ending:
        """Decide, and stop the run first if it must stop."""
        circumstances = Circumstances(
            harmless=claimed.range.harmless_to_repeat,
            tries=claimed.tries,
            max_attempts=self.max_attempts,
            token_spent=token_spent,
            probing=self.pacer.pace.probing,
        )
        decision = decide(outcome, circumstances)
        if decision.stop is not None:
            self.halts.stop(halt_of(decision.stop, renewable=self.auth.renewable))
        self.pacer.end(admission, outcome)
        self.budget.settle(spent=outcome.kind in MAY_HAVE_COST)
        self._tell_pace()
        return Ending(claimed, outcome, decision, took)

    async def give_back(self, claimed: Claimed, admission: Admission | None) -> None:
        """Put back a range that no attempt was begun at, with the leave that was taken for it."""
        if admission is not None:
            self.drop([admission])
        await self._put_back(claimed)

    async def _withdraw(self, claimed: Claimed) -> None:
        """Undo an admission: surely nothing left."""
        self.pacer.withdraw()
        self.budget.settle(spent=False)
        await self._put_back(claimed)

    async def _put_back(self, claimed: Claimed) -> None:
        try:
            await self.journal.write(PutBack(claimed.generation, self._now()))
        except BatchclipError as error:
            self.halts.stop(failed_with(error))

    def _tell_pace(self) -> None:
        pace = self.pacer.pace
        if (pace.limit, pace.held_until, pace.probing) != self._told_pace:
            self._told_pace = pace.limit, pace.held_until, pace.probing
            self.observer.notice(self.pace())

    def pace(self) -> PaceChanged:
        """How fast the pool may go now."""
        pace = self.pacer.pace
        return PaceChanged(pace.limit, pace.held_until, pace.probing)

    def _uptime(self) -> int:
        """The machine's uptime in milliseconds."""
        return round(1000 * self.clock.uptime())

    def _now(self) -> int:
        """Milliseconds since 1970."""
        return round(1000 * self.clock.now())
