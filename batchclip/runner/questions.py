"""Harmless questions to Restream, under the same pacer and token as everything else."""

import math
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from batchclip.api.auth import Auth
from batchclip.clock import MachineClock, wait_for_event
from batchclip.errors import ApiUnavailable, BatchclipError
from batchclip.events import Notice, Observer
from batchclip.outcome import Kind, Outcome
from batchclip.pacer import Pacer
from batchclip.retry import Stop
from batchclip.runner.halts import Halts, failed_with, halt_of
from batchclip.runner.patience import Patience, hold_to_keep
from batchclip.store.base import Hold, JobReader
from batchclip.store.journal import Journal

Found = TypeVar("Found")
Question = Callable[[str], Awaitable[Found | Outcome]]
"""Asks with the token that it is given."""

TRIES = {Kind.UNKNOWN: 3, Kind.NEVER_LEFT: 3, Kind.UNAUTHORIZED: 2, Kind.SLOW_DOWN: 10}
"""How often each of these may come before a question is given up: it can be asked again."""
PAUSE_SECONDS = 1.0

# To the pace, an answer that could be read is as good as a project that was made.
ANSWERED = Outcome(Kind.CREATED)


@dataclass(slots=True)
class Questions:
    """Asks, again if need be. A hold-off that an answer asks for is kept with the run `run_id`.

    Without a journal nothing is kept: the table is only read.
    """

    auth: Auth
    journal: Journal | None
    pacer: Pacer
    halts: Halts
    patience: Patience
    clock: MachineClock
    run_id: int

    async def ask(self, question: Question[Found]) -> Found | Outcome | None:
        """Return what was found, or why it could not be; None once everything is to stop."""
        met: Counter[Kind] = Counter()
        while True:
            found = await self._ask_once(question)
            if not isinstance(found, Outcome) or found.kind not in TRIES:
                return found
            met[found.kind] += 1
            if met[found.kind] >= TRIES[found.kind]:
                return self._given_up(found)
            if found.kind in {Kind.UNKNOWN, Kind.NEVER_LEFT}:
                await wait_for_event(
                    self.clock, self.halts.stopped, PAUSE_SECONDS * met[found.kind]
                )

    def _given_up(self, outcome: Outcome) -> Outcome | None:
        if outcome.kind is Kind.UNAUTHORIZED:
            self.halts.stop(halt_of(Stop.TOKEN, renewable=self.auth.renewable))
            return None
        return outcome

    async def _ask_once(self, question: Question[Found]) -> Found | Outcome | None:
        while (admission := await self.pacer.admit()) is not None:
            token = await self._token()
            if isinstance(token, str) and not self.pacer.still_good(admission):
                self.pacer.withdraw()
                continue
            if token is None:
                self.pacer.withdraw()
                return None
            found = await question(token) if isinstance(token, str) else token
            outcome = found if isinstance(found, Outcome) else ANSWERED
            if outcome.kind is Kind.UNAUTHORIZED and isinstance(token, str):
                self.auth.refuse(token)
            self.pacer.end(admission, outcome)
            await self._keep(outcome)
            return found
        return None

    async def _token(self) -> str | Outcome | None:
        """A token, or why there is none just now; None when only a person can help."""
        try:
            return await self.auth.token()
        except ApiUnavailable as error:
            slow = error.http_status in {429, 503}
            kind = Kind.SLOW_DOWN if slow else Kind.NEVER_LEFT
            return Outcome(
                kind, error.http_status, "TokenRefresh", str(error), hold_off=error.hold_off
            )
        except BatchclipError as error:
            self.halts.stop(failed_with(error))
            return None

    async def _keep(self, outcome: Outcome) -> None:
        """Have the next run, too, hold off as long as this answer asked for."""
        until = hold_to_keep(self.pacer, outcome)
        if until is not None and self.journal is not None:
            try:
                uptime = math.ceil(1000 * self.pacer.held_until_uptime())
                await self.journal.write(Hold(self.run_id, until, uptime, self.clock.boot()))
            except BatchclipError as error:
                self.halts.stop(failed_with(error))
        self.patience.check()


async def keep_holding_off(table: JobReader, questions: Questions, observer: Observer) -> None:
    """Keep to what Restream has asked an earlier run for, which may have been killed since.

    Raises TableError.
    """
    clock = questions.clock
    now, uptime = math.floor(1000 * clock.now()), math.floor(1000 * clock.uptime())
    seconds = await table.held_for(now, uptime, clock.boot()) / 1000
    if seconds <= 0:
        return
    observer.notice(
        Notice(f"Restream has asked an earlier run to hold off; {seconds:.0f} s of it are left")
    )
    questions.pacer.pace.hold(clock.monotonic() + seconds)
    questions.patience.check()
