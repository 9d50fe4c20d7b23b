"""Questions with everything real but the network, the token and the clock."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from batchclip.outcome import Outcome
from batchclip.pace import Pace
from batchclip.pacer import Pacer
from batchclip.runner.halts import Halts
from batchclip.runner.patience import Patience
from batchclip.runner.questions import Questions
from batchclip.store.journal import Journal
from tests.support.fakeclock import FakeClock, quiet
from tests.support.runs import IDLE_AT_MOST, ScriptedAuth

Found = TypeVar("Found")


class Inquiry:
    """One who asks."""

    def __init__(
        self,
        *,
        concurrency: int = 4,
        rate: float | None = None,
        give_up_after: float = 900.0,
        journal: Journal | None = None,
        run_id: int = 0,
        clock: FakeClock | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.auth = ScriptedAuth()
        self.halts = Halts()
        self.pacer = Pacer(Pace(concurrency, rate, give_up_after), self.clock)
        self.halts.on_stop(lambda _: self.pacer.close())
        patience = Patience(self.pacer, self.halts, self.clock, give_up_after, None)
        self.questions = Questions(
            self.auth, journal, self.pacer, self.halts, patience, self.clock, run_id
        )
        self.asked: list[tuple[float, str]] = []

    @property
    def seconds(self) -> float:
        """How much time has passed."""
        return self.clock.monotonic() - 1_000.0

    def answering(self, *answers: Found | Outcome) -> Callable[[str], Awaitable[Found | Outcome]]:
        """A question that is answered so, the last answer again and again."""
        left = list(answers)

        async def question(token: str) -> Found | Outcome:
            self.asked.append((self.seconds, token))
            return left.pop(0) if len(left) > 1 else left[0]

        return question

    async def passing(self, work: Coroutine[Any, Any, Found]) -> Found:
        """Do it, with time passing only when nothing else can happen."""
        running, idle = asyncio.create_task(work), 0
        while not running.done():
            await quiet()
            if self.clock.next_wake is not None:
                await self.clock.advance(self.clock.next_wake)
                continue
            # A signal from the database's thread wakes the loop; nothing else is due.
            await asyncio.wait([running], timeout=0.001)
            idle += 1
            assert idle < IDLE_AT_MOST, "it waits, and nothing will ever come"
        return await running
