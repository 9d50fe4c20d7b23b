"""The pool: one feeder that claims in small batches, and a fixed number of workers."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from batchclip.clock import wait_for_event
from batchclip.errors import BatchclipError
from batchclip.events import Notice, Waiting
from batchclip.pace import Admission
from batchclip.retry import BACK_OFF_MAX_SECONDS, Decision
from batchclip.runner.attempt import Attempts
from batchclip.runner.endings import Ending
from batchclip.runner.halts import failed_with
from batchclip.store.base import Claim, Claimed, Claims, Intent

NOTHING = Claims(())
LOOK_SECONDS = 1.0
"""How often a run that is paused looks whether it may go on."""


Leave = tuple[Claimed, Admission | None]
"""A range, with leave to send it when that was taken before it was claimed."""


class Pool:
    """Works until nothing is pending that could be sent, or until the run is stopped."""

    def __init__(
        self,
        attempts: Attempts,
        *,
        run_id: int,
        workers: int,
        on_decision: Callable[[Decision], None],
    ) -> None:
        self._attempts = attempts
        self._journal = attempts.journal
        self._halts = attempts.halts
        self._clock = attempts.clock
        self._observer = attempts.observer
        self._run_id = run_id
        self._workers = workers
        self._on_decision = on_decision
        self._claimed: asyncio.Queue[Leave | None] = asyncio.Queue()
        self._written: deque[tuple[Ending, bool, Exception | None]] = deque()
        self._news = asyncio.Event()
        self._ask = 2 * workers
        self._unfinished = 0
        # What was claimed first goes first: while something waits for leave nothing is prepared.
        self._without_leave = 0
        self._paused = False
        self._may_be_more = False
        self._claiming = False
        self._changed = asyncio.Event()
        self._halts.on_stop(lambda _: self._changed.set())

    async def run(self) -> None:
        """Return when everything that could be done is done and on the record."""
        async with asyncio.TaskGroup() as group:
            conclude = group.create_task(self._conclude())
            async with asyncio.TaskGroup() as senders:
                for _ in range(self._workers):
                    senders.create_task(self._work())
                senders.create_task(self._feed())
            while self._unfinished:
                self._changed.clear()
                await self._changed.wait()
            conclude.cancel()

    async def _feed(self) -> None:
        while self._halts.halt is None:
            self._changed.clear()
            claims = await self._claim()
            self._say_when_resumed(claims)
            if self._may_be_more:
                continue
            if not self._unfinished and claims.next_due is None and not claims.paused:
                break
            await self._wait(claims)
        await self._dismiss()

    async def _claim(self) -> Claims:
        """Claim with leave and intent when the way is clear, else without, and let them wait."""
        self._may_be_more = False
        if self._attempts.clear():
            # Those that wait for leave go first, and with them all waiting is over.
            if self._without_leave:
                return NOTHING
            admissions = list(islice(iter(self._attempts.prepare, None), self._ask))
            if admissions:
                return await self._claim_prepared(admissions)
            if self._attempts.pacer.pace.all_prepared:
                return NOTHING
        # Fill up once half of what was claimed is taken up, so that claims come in batches.
        waiting = self._claimed.qsize()
        if waiting > self._workers // 2:
            return NOTHING
        claims = await self._take(self._workers - waiting, None)
        self._put_forward(claims, [None] * len(claims.claimed))
        return claims

    async def _claim_prepared(self, admissions: list[Admission]) -> Claims:
        began = self._clock.monotonic()
        claims = await self._take(len(admissions), self._attempts.intent())
        self._attempts.pacer.pace.prepared_in(self._clock.monotonic() - began)
        taken = len(claims.claimed)
        # As many as there can be, but after fewer than asked for only twice as many as these: leave
        # that finds no range is taken and dropped in vain.
        self._ask = 2 * (self._workers if self._may_be_more else max(1, taken))
        self._attempts.drop(admissions[taken:])
        self._put_forward(claims, admissions[:taken])
        return claims

    async def _take(self, limit: int, intent: Intent | None) -> Claims:
        self._claiming = True
        try:
            claims = await self._journal.write(Claim(self._run_id, self._now(), limit, intent))
        except BatchclipError as error:
            self._halts.stop(failed_with(error))
            return NOTHING
        finally:
            self._claiming = False
        # With fewer than asked for, nothing more can be claimed before something changes.
        self._may_be_more = len(claims.claimed) == limit
        return claims

    def _put_forward(self, claims: Claims, admissions: Sequence[Admission | None]) -> None:
        self._unfinished += len(claims.claimed)
        self._without_leave += sum(admission is None for admission in admissions)
        for leave in zip(claims.claimed, admissions, strict=True):
            self._claimed.put_nowait(leave)

    async def _wait(self, claims: Claims) -> None:
        """Wait until an attempt ends, a range that was backed off is due, or the run stops."""
        if claims.paused:
            await self._wait_paused()
            return
        if claims.next_due is None:
            await self._changed.wait()
            return
        seconds = max(0.0, (claims.next_due - self._now()) / 1000)
        # A clock that is set back meanwhile must not hold up the night.
        seconds = min(seconds, BACK_OFF_MAX_SECONDS)
        if not self._unfinished:
            self._observer.notice(Waiting(seconds, "backed-off ranges"))
        await wait_for_event(self._clock, self._changed, seconds)

    def _say_when_resumed(self, claims: Claims) -> None:
        if self._paused and claims.claimed:
            self._paused = False
            self._observer.notice(Notice("resumed"))

    async def _wait_paused(self) -> None:
        """Wait for a person who has halted this run, and look now and then."""
        if not self._paused:
            self._observer.notice(Notice("paused; `batchclip resume` lets the run go on"))
        self._paused = True
        self._observer.notice(Waiting(LOOK_SECONDS, "paused"))
        await wait_for_event(self._clock, self._halts.stopped, LOOK_SECONDS)

    async def _dismiss(self) -> None:
        """Put back what no worker has taken up, in one group, and let the workers go."""
        left = []
        while not self._claimed.empty():
            left.append(self._claimed.get_nowait())
        await asyncio.gather(*(self._attempts.give_back(*leave) for leave in left if leave))
        self._unfinished -= len(left)
        for _ in range(self._workers):
            self._claimed.put_nowait(None)

    async def _work(self) -> None:
        while (leave := await self._claimed.get()) is not None:
            if not await self._attempt(*leave):
                self._unfinished -= 1
            self._changed.set()

    async def _attempt(self, claimed: Claimed, admission: Admission | None) -> bool:
        """Make one attempt, once there is leave and a place; False when nothing was sent."""
        if admission is None:
            admission = await self._attempts.admit(claimed)
            self._without_leave -= 1
            self._changed.set()
        elif not await self._attempts.enter(claimed, admission):
            return False
        return admission is not None and await self._attempts.make(claimed, admission, self._note)

    def _note(self, ending: Ending, mine: bool, error: Exception | None) -> None:
        """Take down that an attempt's end is on the record; the journal must not be held up."""
        self._written.append((ending, bool(mine), error))
        self._news.set()

    async def _conclude(self) -> None:
        """Do what follows from the ends of attempts, a group at a time."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._written:
                self._unfinished -= 1
                decision = self._attempts.endings.conclude(*self._written.popleft())
                if decision is not None:
                    self._on_decision(decision)
            # While a claim is under way, the feeder looks for itself when it has come.
            if not self._unfinished and not self._claiming:
                self._changed.set()

    def _now(self) -> int:
        """Milliseconds since 1970."""
        return round(1000 * self._clock.now())
