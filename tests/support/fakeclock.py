"""A clock that stands still until a test moves it."""

import asyncio
import heapq
import math
from dataclasses import dataclass, field

MAX_ROUNDS = 100_000
"""Rounds of the event loop after which something is taken to spin for ever."""


@dataclass(order=True, slots=True)
class Sleeper:
    """Somebody who sleeps; of two with the same moment the first to lie down wakes first."""

    wakes_at: float
    order: int
    woken: asyncio.Future[None] = field(compare=False)


class FakeClock:
    """A `batchclip.clock.Clock` whose seconds pass only in `advance`.

    Both times start at round numbers, so that whole and half seconds add up exactly.
    """

    def __init__(self, now: float = 1_700_000_000.0, monotonic: float = 1_000.0) -> None:
        self._monotonic = monotonic
        self._ahead = now - monotonic
        self._sleepers: list[Sleeper] = []
        self._order = 0
        self._advancing = False
        self.boot_id: str | None = "the first"

    def now(self) -> float:
        """Return the wall clock's time in seconds since 1970 (UTC)."""
        return self._monotonic + self._ahead

    def monotonic(self) -> float:
        """Return the seconds that have passed, counted from where the clock was started."""
        return self._monotonic

    def uptime(self) -> float:
        """Return the seconds since the machine was started."""
        return self._monotonic + 5_000.0

    def boot(self) -> str | None:
        """Return which start that was."""
        return self.boot_id

    @property
    def sleepers(self) -> int:
        """How many are asleep."""
        return sum(not sleeper.woken.done() for sleeper in self._sleepers)

    @property
    def next_wake(self) -> float | None:
        """Seconds until the next sleeper wakes, None while nobody sleeps."""
        times = [sleeper.wakes_at for sleeper in self._sleepers if not sleeper.woken.done()]
        return max(0.0, min(times) - self._monotonic) if times else None

    async def sleep(self, seconds: float) -> None:
        """Return once the clock was advanced by so much; at once for nothing or less."""
        if not seconds > 0:
            await asyncio.sleep(0)
            return
        # Time must pass even when the seconds are too few to change the sum.
        wakes_at = max(self._monotonic + seconds, math.nextafter(self._monotonic, math.inf))
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order += 1
        heapq.heappush(self._sleepers, Sleeper(wakes_at, self._order, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let so many seconds pass: wake sleepers in order, and let each do all that it can.

        Who goes to sleep meanwhile, and is due before the end, is woken too.
        """
        if seconds < 0:
            raise ValueError("time does not go back")
        if self._advancing:
            raise RuntimeError("the clock is being advanced already")
        self._advancing = True
        try:
            await self._pass_until(self._monotonic + seconds)
        finally:
            self._advancing = False

    def jump(self, seconds: float) -> None:
        """Move the wall clock alone, forth or back, as NTP or a person does."""
        self._ahead += seconds

    def pass_over(self, seconds: float) -> None:
        """Let so many seconds be gone at once, as while a disk is waited for; nobody is woken."""
        self._monotonic += seconds

    async def _pass_until(self, end: float) -> None:
        await quiet()
        while (sleeper := self._next_due(end)) is not None:
            self._monotonic = max(self._monotonic, sleeper.wakes_at)
            sleeper.woken.set_result(None)
            await quiet()
        self._monotonic = max(self._monotonic, end)
        await quiet()

    def _next_due(self, end: float) -> Sleeper | None:
        """Take the next who is due by then, forgetting those whose sleep was cancelled."""
        while self._sleepers and self._sleepers[0].wakes_at <= end:
            sleeper = heapq.heappop(self._sleepers)
            if not sleeper.woken.done():
                return sleeper
        return None


async def quiet() -> None:
    """Let the event loop run until nothing is ready.

    What another thread or the network still works at is not waited for.
    """
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    for _ in range(MAX_ROUNDS):
        await asyncio.sleep(0)
        if not ready:
            return
    raise AssertionError("the event loop does not come to rest")
