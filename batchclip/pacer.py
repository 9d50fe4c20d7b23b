"""Lets requests start, one after the other, when the pace allows it."""

import asyncio
import math

from batchclip.clock import MachineClock, wait_for_event
from batchclip.outcome import Outcome
from batchclip.pace import Admission, Pace

HOLD_OFF_KEPT_SECONDS = 7 * 86_400.0
"""How long later runs keep to a hold-off at the most: a nonsense number must not end all nights."""


class Pacer:
    """Gives leave to send, and waits for it where it must."""

    def __init__(self, pace: Pace, clock: MachineClock) -> None:
        self.pace = pace
        self._clock = clock
        self._set_up_at = clock.now() - clock.uptime()
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()
        self._closed = False

    async def admit(self) -> Admission | None:
        """Wait for leave to send one request; None once the pacer is closed."""
        async with self._turn:
            while not self._closed:
                now = self._clock.monotonic()
                wait = self.pace.wait(now)
                if wait <= 0:
                    return self.pace.start(now)
                self._changed.clear()
                await self._wait(wait)
        return None

    def clear(self) -> bool:
        """Whether nothing but places on the wire can hold requests back just now."""
        held = self._closed or self.pace.rated or self.pace.probing
        return not held and self.pace.held_for(self._clock.monotonic()) <= 0

    def prepare(self) -> Admission | None:
        """Leave to prepare one request, None when there is none just now: nothing is waited for."""
        now = self._clock.monotonic()
        if self._closed or self.pace.all_prepared or self.pace.held_for(now) > 0:
            return None
        return self.pace.prepare(now)

    async def enter(self, admission: Admission) -> bool:
        """Wait for a place on the wire; False when a hold-off or a stop has come meanwhile."""
        while self.still_good(admission):
            if not self.pace.full:
                self.pace.enter()
                return True
            self._changed.clear()
            await self._changed.wait()
        return False

    def drop(self) -> None:
        """A request that was prepared doesn't go on the wire."""
        self.pace.prepared -= 1

    async def _wait(self, seconds: float) -> None:
        if math.isinf(seconds):
            await self._changed.wait()
        else:
            await wait_for_event(self._clock, self._changed, seconds)

    def still_good(self, admission: Admission) -> bool:
        """Whether the request may leave now: no hold-off or stop has come since."""
        return not self._closed and self.pace.still_good(admission)

    def withdraw(self) -> None:
        """A request that was admitted never left."""
        self.pace.withdraw()
        self._changed.set()

    def end(self, admission: Admission, outcome: Outcome) -> None:
        """Tell how an admitted request ended."""
        self.pace.end(admission, outcome, self._clock.monotonic())
        self._changed.set()

    def held_until(self) -> float:
        """Until when everybody holds off, in seconds since 1970, by the wall clock as it would be
        if nobody had set it since this run began."""
        return self._set_up_at + self.held_until_uptime()

    def held_until_uptime(self) -> float:
        """Until when everybody holds off, in seconds by the machine's uptime."""
        left = min(self.pace.held_until - self._clock.monotonic(), HOLD_OFF_KEPT_SECONDS)
        return self._clock.uptime() + left

    def close(self) -> None:
        """Admit nothing more."""
        self._closed = True
        self._changed.set()
