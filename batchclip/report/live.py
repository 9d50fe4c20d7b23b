"""The progress of a run on a terminal: a bar and a line, drawn anew all the time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from batchclip.events import Event, Notice
from batchclip.job import State
from batchclip.report.tally import Tally


class LiveProgress:
    """A bar and a line that are drawn anew four times a second."""

    def __init__(self, tally: Tally, stream: TextIO) -> None:
        self._tally = tally
        self._console = Console(file=stream)
        self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=4)

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Show it meanwhile."""
        with self._live:
            yield

    def notice(self, event: Event) -> None:
        """Take notice of an event."""
        self._tally.notice(event)
        if isinstance(event, Notice):
            self._console.print(Text(event.sentence))

    def _render(self) -> RenderableType:
        counts = self._tally.counts
        total = sum(counts.values())
        left = counts[State.PENDING] + counts[State.SUBMITTING]
        bar = ProgressBar(total=max(1, total), completed=total - left)
        shown = Table.grid(expand=True)
        shown.add_row(bar)
        shown.add_row(Text(self._tally.sentence()))
        return shown
