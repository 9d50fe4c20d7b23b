"""A whole run: from what the last one left behind to the exit code."""

import asyncio
import os
import socket
from dataclasses import dataclass

from batchclip.errors import BatchclipError
from batchclip.events import Draining, Notice, RunEnded, RunStarted
from batchclip.job import State
from batchclip.notation import FailureLimit
from batchclip.pacer import MAX_HOLD_OFF_SECONDS, PROBE_MAX_SECONDS
from batchclip.retry import Decision
from batchclip.runner.attempt import Attempts
from batchclip.runner.halts import (
    DEADLINE,
    FAILURES,
    End,
    Halt,
    end_of_run,
    failed_with,
    hold_off_too_long,
    unavailable,
)
from batchclip.runner.pool import Pool
from batchclip.runner.recovery import recover
from batchclip.store.base import EndRun, Reopen, StartRun, Store


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What a run may do. `deadline`: the wall clock's time in seconds since 1970."""

    workers: int
    give_up_after: float
    deadline: float | None = None
    max_failed: FailureLimit | None = None


class Run:
    """One run over one job table, which no other run may use meanwhile."""

    def __init__(self, store: Store, attempts: Attempts, limits: RunLimits) -> None:
        self._store = store
        self._attempts = attempts
        self._journal = attempts.journal
        self._halts = attempts.halts
        self._observer = attempts.observer
        self._clock = attempts.clock
        self._limits = limits
        self._failures = 0
        self._set_out_with = 0
        self._ends_at = self._monotonic_deadline()
        self._halts.on_stop(self._stop)

    def _monotonic_deadline(self) -> float | None:
        if self._limits.deadline is None:
            return None
        return self._clock.monotonic() + self._limits.deadline - self._clock.now()

    def _stop(self, halt: Halt) -> None:
        self._attempts.pacer.close()
        self._attempts.budget.close()
        self._observer.notice(Draining(halt.sentence))

    async def run(self) -> End:
        """Send all that is due and say how it ended. Raises TableError when it can't begin."""
        run_id = await self._begin()
        watch = asyncio.create_task(self._watch_deadline(), name="deadline")
        try:
            await self._pool(run_id).run()
        finally:
            watch.cancel()
        return await self._end(run_id)

    async def _watch_deadline(self) -> None:
        if self._ends_at is not None:
            await self._clock.sleep(max(0.0, self._ends_at - self._clock.monotonic()))
            self._halts.stop(DEADLINE)

    async def _begin(self) -> int:
        at = self._now()
        start = StartRun(at, os.getpid(), socket.gethostname())
        await self._keep_holding_off(at)
        run_id = await self._journal.write(start)
        recovered = await recover(await self._store.left_claims(), self._journal, at)
        if recovered.sentence():
            self._observer.notice(Notice(recovered.sentence()))
        await self._journal.write(Reopen((State.FAILED,), at, "a new run tries again", run_id))
        counts = await self._store.counts()
        self._set_out_with = counts[State.PENDING]
        self._observer.notice(self._attempts.pace())
        self._observer.notice(RunStarted(run_id, counts))
        return run_id

    async def _keep_holding_off(self, at: int) -> None:
        """Keep to what Restream has asked an earlier run for, which may have been killed since."""
        held_until = await self._store.held_until(at)
        if held_until is None or held_until <= at:
            return
        seconds = (held_until - at) / 1000
        self._observer.notice(
            Notice(f"Restream has asked an earlier run to hold off; {seconds:.0f} s of it are left")
        )
        self._attempts.pacer.pace.hold(self._clock.monotonic() + seconds)
        self._stop_if_pointless()

    def _pool(self, run_id: int) -> Pool:
        return Pool(
            self._attempts,
            run_id=run_id,
            workers=self._limits.workers,
            on_decision=self._judge,
        )

    def _judge(self, decision: Decision) -> None:
        """Stop the run when this attempt's end makes it pointless to go on."""
        self._stop_if_pointless()
        self._failures += decision.state in {State.REJECTED, State.FAILED}
        allowed = self._limits.max_failed
        if allowed is not None and allowed.reached(self._failures, self._set_out_with):
            self._halts.stop(FAILURES)

    def _stop_if_pointless(self) -> None:
        """Stop when the API is down for too long, or asks for more patience than there is time."""
        now = self._clock.monotonic()
        pace = self._attempts.pacer.pace
        if pace.given_up(now):
            self._halts.stop(unavailable(self._limits.give_up_after))
        held = pace.held_until - now
        # The pause before a look at an API that is down is ours: the deadline comes by itself.
        ours = pace.probing and held <= PROBE_MAX_SECONDS
        if held > self._time_left(now) and not ours:
            self._halts.stop(hold_off_too_long(held))

    def _time_left(self, now: float) -> float:
        return MAX_HOLD_OFF_SECONDS if self._ends_at is None else self._ends_at - now

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
