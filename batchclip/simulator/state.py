"""What all calls of one simulator share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batchclip.simulator.books import Books
from batchclip.simulator.faults import Faults
from batchclip.simulator.tokens import Tokens
from batchclip.simulator.world import World

if TYPE_CHECKING:
    from batchclip.clock import Clock
    from batchclip.simulator.settings import SimulatorSettings

# From a request on a socket to its handler it takes the event loop this many rounds.
_ROUNDS = 3


class State:
    """The books, the world, the tokens and the faults of one simulator."""

    def __init__(self, settings: SimulatorSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.books = Books(clock)
        self.forget()

    def forget(self) -> None:
        """Go back to the settings: no project, the first tokens, the script from its start."""
        settings = self.settings
        self.books.forget()
        self.world = World(settings, self.clock)
        self.tokens = Tokens(settings, self.clock)
        self.faults = Faults(settings.script, settings.fault_rates, settings.seed)

    async def wait(self) -> None:
        """Let the time pass that an answer takes."""
        if self.settings.latency_seconds > 0:
            await self.clock.sleep(self.settings.latency_seconds)
            return
        # Without latency an answer would go out before a second request, which has arrived at
        # the same moment, is even looked at, and the books would never see two on the wire.
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
