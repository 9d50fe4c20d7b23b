"""One attempt: leave to send, a durable intent, the request, and its outcome on the record."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from batchclip.api.auth import Auth
from batchclip.clock import MachineClock
from batchclip.errors import ApiUnavailable, BatchclipError
from batchclip.events import AttemptEnded, AttemptStarted, Observer, PaceChanged
from batchclip.job import Range, State
from batchclip.outcome import WITHHELD, Kind, Outcome
from batchclip.pacer import Admission, Pacer
from batchclip.retry import Circumstances, Decision, decide
from batchclip.runner.budget import Budget
from batchclip.runner.halts import BUDGET, Halts, failed_with, halt_of
from batchclip.runner.patience import hold_to_keep
from batchclip.serverclock import ServerClock
from batchclip.store.base import Claimed, Finish, Intend, PutBack
from batchclip.store.journal import Journal

MAY_HAVE_COST = frozenset({Kind.CREATED, Kind.UNKNOWN})


class Client(Protocol):
    """Sends a create request."""

    async def create_project(
        self, asked: Range, token: str, may_leave: Callable[[], bool]
    ) -> Outcome:
        """Send exactly one, if it still may leave, and say what it came to; never raises for it."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """When an intent was set, in ms: by this machine's clock, by Restream's, and by the uptime."""

    at: int
    server_at: int | None
    uptime: int | None = None


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
    _met_401: set[int] = field(default_factory=set)

    async def make(self, claimed: Claimed) -> Decision | None:
        """Make one attempt at a claimed range; None when nothing was sent and it was put back."""
        if not await self.budget.reserve():
            if self.budget.exhausted:
                self.halts.stop(BUDGET)
            await self._put_back(claimed)
            return None
        admission = await self.pacer.admit()
        if admission is None:
            self.budget.settle(spent=False)
            await self._put_back(claimed)
            return None
        return await self._make(claimed, admission)

    async def _make(self, claimed: Claimed, admission: Admission) -> Decision | None:
        """Send, unless the token, the table or a stop forbids it."""
        try:
            # Whatever a token needs is done before the intent, so that a crash in the middle of a
            # refresh leaves nothing in doubt; the second look is for a refresh begun since.
            await self.auth.token()
            sent = Sent(self._now(), self.server_clock.now(), self._uptime())
            intent = Intend(claimed.generation, sent.at, sent.server_at, sent.uptime)
            mine = await self.journal.write(intent)
            token = await self.auth.token()
        except ApiUnavailable as error:
            return await self._without_token(claimed, admission, error)
        except BatchclipError as error:
            self.halts.stop(failed_with(error))
            await self._withdraw(claimed)
            return None
        # What comes while the request waits for its connection is looked at again there.
        if not mine or not self.pacer.still_good(admission):
            await self._withdraw(claimed)
            return None
        return await self._send(claimed, admission, token, sent)

    async def _without_token(
        self, claimed: Claimed, admission: Admission, error: ApiUnavailable
    ) -> Decision | None:
        """There is no token just now: a slow-down of the token endpoint is one like any other."""
        if self.halts.halt is not None:
            await self._withdraw(claimed)
            return None
        slow_down = error.http_status in {429, 503}
        outcome = Outcome(
            Kind.SLOW_DOWN if slow_down else Kind.NEVER_LEFT,
            http_status=error.http_status,
            error_name="TokenRefresh",
            error=str(error),
            hold_off=error.hold_off,
            congested=slow_down,
        )
        return await self._record(claimed, admission, outcome, Sent(self._now(), None), None)

    async def _send(
        self, claimed: Claimed, admission: Admission, token: str, sent: Sent
    ) -> Decision | None:
        self.observer.notice(AttemptStarted(claimed.range.file_id))
        began = self.clock.monotonic()
        outcome = await self.client.create_project(
            claimed.range, token, lambda: self._may_leave(admission, token)
        )
        took = self.clock.monotonic() - began
        if outcome.error_name == WITHHELD:
            self.observer.notice(AttemptEnded(claimed.range.file_id, outcome, State.PENDING, took))
            await self._withdraw(claimed)
            return None
        token_spent = outcome.kind is Kind.UNAUTHORIZED and self._refuse(token, claimed)
        if sent.server_at is None:
            sent = replace(sent, server_at=self._server_time_before(took))
        return await self._record(claimed, admission, outcome, sent, took, token_spent=token_spent)

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

    async def _record(
        self,
        claimed: Claimed,
        admission: Admission,
        outcome: Outcome,
        sent: Sent,
        took: float | None,
        *,
        token_spent: bool = False,
    ) -> Decision | None:
        """Decide, stop the run first if it must stop, and write it all down."""
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
        self.observer.notice(self.pace())
        if not await self._finish(claimed, decision, outcome, sent, took):
            return None
        self.observer.notice(AttemptEnded(claimed.range.file_id, outcome, decision.state, took))
        return decision

    async def _finish(
        self,
        claimed: Claimed,
        decision: Decision,
        outcome: Outcome,
        sent: Sent,
        took: float | None,
    ) -> bool:
        """Write the outcome down. Without it, the next run finds the intent and calls it doubt."""
        at = self._now()
        wait = self.draw() * decision.back_off
        in_doubt = decision.state is State.IN_DOUBT
        entry = Finish(
            claimed=claimed,
            state=decision.state,
            outcome=outcome,
            sent_at=sent.at,
            server_sent_at=sent.server_at,
            took_ms=None if took is None else round(1000 * took),
            at=at,
            uses_attempt=decision.uses_attempt,
            due_at=at + round(1000 * wait) if decision.state is State.PENDING and wait else None,
            held_until=self._held_until(outcome, decision),
            uptime=self._uptime() if in_doubt else None,
            sent_uptime=sent.uptime if in_doubt else None,
            boot=self.clock.boot() if in_doubt else None,
        )
        try:
            return await self.journal.write(entry)
        except BatchclipError as error:
            self.halts.stop(failed_with(error))
            return False

    def _held_until(self, outcome: Outcome, decision: Decision) -> int | None:
        """Until when this answer made the pool hold off, None when it did not.

        What stops a run says itself when to run again, and a person may be quicker than it thinks.
        """
        return None if decision.stop else hold_to_keep(self.pacer, outcome)

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
