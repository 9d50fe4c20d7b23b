"""A whole run: from what the last one left behind to the exit code."""

import asyncio
import math
import os
import socket
from dataclasses import dataclass

from batchclip.errors import BatchclipError
from batchclip.events import Draining, Notice, RunEnded, RunStarted
from batchclip.job import State
from batchclip.notation import FailureLimit
from batchclip.retry import Decision
from batchclip.runner.attempt import Attempts
from batchclip.runner.halts import (
    DEADLINE,
    FAILURES,
    End,
    Halt,
    end_of_run,
    failed_with,
    paused,
)
from batchclip.runner.pool import Pool
from batchclip.runner.questions import keep_holding_off
from batchclip.runner.reconcile import Reconciler
from batchclip.runner.recovery import recover
from batchclip.store.base import EndRun, Reopen, StartRun, Store


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What a run may do."""

    workers: int
    max_failed: FailureLimit | None = None


class Run:
    """One run over one job table, which no other run may use meanwhile."""

    def __init__(
        self, store: Store, attempts: Attempts, reconciler: Reconciler, limits: RunLimits
    ) -> None:
        self._store = store
        self._attempts = attempts
        self._reconciler = reconciler
        self._questions = reconciler.questions
        self._patience = reconciler.questions.patience
        self._journal = attempts.journal
        self._halts = attempts.halts
        self._observer = attempts.observer
        self._clock = attempts.clock
        self._limits = limits
        self._failures = 0
        self._set_out_with = 0
        self._halts.on_stop(self._stop)

    def _stop(self, halt: Halt) -> None:
        self._attempts.pacer.close()
        self._attempts.budget.close()
        self._observer.notice(Draining(halt.sentence))

    async def run(self) -> End:
        """Send all that is due and say how it ended. Raises TableError when it can't begin."""
        watch = asyncio.create_task(self._watch_deadline(), name="deadline")
        try:
            run_id = await self._begin()
            await self._reconcile()
            await self._set_out(run_id)
            await self._pool(run_id).run()
            # What was too young to be looked for at the start may have settled by now.
            while self._halts.halt is None and await self._reconcile():
                await self._pool(run_id).run()
        finally:
            watch.cancel()
        return await self._end(run_id)

    async def _watch_deadline(self) -> None:
        ends_at = self._patience.ends_at
        if ends_at is not None:
            await self._clock.sleep(max(0.0, ends_at - self._clock.monotonic()))
            self._halts.stop(DEADLINE)

    async def _begin(self) -> int:
        """Note that the run begins, and clear up after one that died."""
        # Rounded so that a hold-off reckoned from them ends no earlier than was asked for.
        at = math.floor(1000 * self._clock.now())
        uptime, boot = math.ceil(1000 * self._clock.uptime()), self._clock.boot()
        start = StartRun(at, os.getpid(), socket.gethostname(), uptime, boot)
        await keep_holding_off(self._store, self._questions, self._observer)
        run_id = await self._journal.write(start)
        self._questions.run_id = run_id
        recovered = await recover(await self._store.left_claims(), self._journal, self._clock)
        if recovered.sentence():
            self._observer.notice(Notice(recovered.sentence()))
        pause = await self._store.open_pause()
        if pause is not None:
            self._halts.stop(paused(pause.paused_by))
        await self._journal.write(Reopen((State.FAILED,), at, "a new run tries again", run_id))
        return run_id

    async def _reconcile(self) -> bool:
        """Look for evidence of what is in doubt; say whether that freed any range."""
        if self._halts.halt is not None:
            return False
        return (await self._reconciler.search()).moved

    async def _set_out(self, run_id: int) -> None:
        counts = await self._store.counts()
        self._set_out_with = counts[State.PENDING]
        self._observer.notice(self._attempts.pace())
        self._observer.notice(RunStarted(run_id, counts))

    def _pool(self, run_id: int) -> Pool:
        return Pool(
            self._attempts,
            run_id=run_id,
            workers=self._limits.workers,
            on_decision=self._judge,
        )

    def _judge(self, decision: Decision) -> None:
        """Stop the run when this attempt's end makes it pointless to go on."""
        self._patience.check()
        self._failures += decision.state in {State.REJECTED, State.FAILED}
        allowed = self._limits.max_failed
        if allowed is not None and allowed.reached(self._failures, self._set_out_with):
            self._halts.stop(FAILURES)

    async def _end(self, run_id: int) -> End:
        try:
            counts = await self._store.counts()
        except BatchclipError as error:
            self._halts.stop(failed_with(error))
            counts = dict.fromkeys(State, 0)
        end = end_of_run(self._halts.halt, counts)
        try:
            await self._journal.write(EndRun(run_id, self._now(), end.exit_code, end.sentence))
        except BatchclipError as error:
            # Without its end on the record a run reads as killed, so it must not say `finished`.
            end = End(error.exit_code, str(error))
        self._observer.notice(RunEnded(end.exit_code, end.sentence, counts))
        return end

    def _now(self) -> int:
        """Milliseconds since 1970."""
        return round(1000 * self._clock.now())
