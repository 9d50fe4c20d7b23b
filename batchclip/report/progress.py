"""The progress of a run where there is no terminal: a line every half minute."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TextIO

from batchclip.clock import Clock
from batchclip.events import Draining, Event, Notice, RunEnded, RunStarted
from batchclip.report.tally import Tally

LINE_EVERY_SECONDS = 30.0

TOLD = (RunStarted, Draining, RunEnded)
"""What makes a line at once."""


class LineProgress:
    """A line when the run starts, one every half minute, and one when it stops."""

    def __init__(self, tally: Tally, stream: TextIO, clock: Clock) -> None:
        self._tally = tally
        self._stream = stream
        self._clock = clock

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Show it meanwhile."""
        lines = asyncio.create_task(self._write_lines(), name="progress")
        try:
            yield
        finally:
            lines.cancel()
            with suppress(asyncio.CancelledError):
                await lines

    def notice(self, event: Event) -> None:
        """Take notice of an event."""
        self._tally.notice(event)
        if isinstance(event, Notice):
            self._write(event.sentence)
        elif isinstance(event, TOLD):
            stopped = isinstance(event, RunEnded) and self._tally.draining
            if not stopped:
                self._write(self._tally.sentence())

    async def _write_lines(self) -> None:
        while True:
            await self._clock.sleep(LINE_EVERY_SECONDS)
            self._write(self._tally.sentence())

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()
