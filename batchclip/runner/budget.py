"""How many more submissions a run may make, so that the limit is never passed, not even by one."""

import asyncio


class Budget:
    """Counts what was spent and what may be spent by requests on the wire. None: no limit."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._spent = 0
        self._reserved = 0
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()
        self._closed = False

    @property
    def exhausted(self) -> bool:
        """Whether everything is spent."""
        return self._limit is not None and self._spent >= self._limit

    @property
    def unlimited(self) -> bool:
        """Whether there is no limit, so that nobody ever waits."""
        return self._limit is None

    async def reserve(self) -> bool:
        """Set one submission aside, waiting while those on the wire may need the rest.

        False when the budget is spent or closed.
        """
        # One after the other: who comes later must not overtake who waits.
        async with self._turn:
            while not self._closed and not self.exhausted:
                if self.reserve_now():
                    return True
                self._changed.clear()
                await self._changed.wait()
        return False

    def reserve_now(self) -> bool:
        """Set one submission aside, if that needs no waiting."""
        free = self._limit is None or self._spent + self._reserved < self._limit
        if self._closed or not free:
            return False
        self._reserved += 1
        return True

    def settle(self, *, spent: bool) -> None:
        """Give back what was reserved; `spent` when it made a submission, or may have."""
        self._reserved -= 1
        self._spent += spent
        self._changed.set()

    def close(self) -> None:
        """Reserve nothing more."""
        self._closed = True
        self._changed.set()
