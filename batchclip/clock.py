"""The only place that tells time, so that a test can hold it still."""

import asyncio
import time
from pathlib import Path
from typing import Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Return the wall clock's time in seconds since 1970 (UTC); it may jump."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""
        ...


class MachineClock(Clock, Protocol):
    """A clock that also knows how long its machine has been up."""

    def uptime(self) -> float:
        """Return seconds that go on while the machine sleeps, and over the ends of processes."""
        ...

    def boot(self) -> str | None:
        """Return which start of the machine `uptime` counts from; None when that isn't known."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return the wall clock's time in seconds since 1970 (UTC)."""
        return time.time()

    def monotonic(self) -> float:
        """Return the seconds of the machine's monotonic clock."""
        return time.monotonic()

    def uptime(self) -> float:
        """Return the seconds since the machine was started (on Linux; see clock_gettime(2))."""
        return time.clock_gettime(BOOT_CLOCK)

    def boot(self) -> str | None:
        """Return Linux's own name for this start of the machine (see random(4))."""
        try:
            return BOOT_ID.read_text(encoding="ascii").strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    async def sleep(self, seconds: float) -> None:
        """Sleep in the event loop."""
        await asyncio.sleep(seconds)


async def wait_for_event(clock: Clock, event: asyncio.Event, seconds: float) -> bool:
    """Wait until the event is set or the seconds have passed; True when it is set."""
    if event.is_set() or seconds <= 0:
        return event.is_set()
    waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(seconds))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return event.is_set()
