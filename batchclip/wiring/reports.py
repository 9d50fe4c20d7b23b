"""The job table put together for a report of all of it."""

from collections.abc import AsyncIterator, Collection
from contextlib import aclosing, asynccontextmanager

from batchclip.clock import Clock
from batchclip.job import State
from batchclip.report.ranges import Rows
from batchclip.settings import Settings
from batchclip.store.connection import sqlite_path
from batchclip.store.reading import SqliteReader
from batchclip.wiring.tables import milliseconds


@asynccontextmanager
async def every_range(
    settings: Settings, states: Collection[State], clock: Clock
) -> AsyncIterator[Rows]:
    """The ranges in these states, all when there are none, as rows to be written down.

    Raises TableError when there is no table or it can't be read.
    """
    table = await SqliteReader.open(sqlite_path(settings.db), milliseconds(clock))
    try:
        # Closed before the table is, also when whoever reads the report has gone.
        async with aclosing(table.range_rows(states)) as rows:
            yield rows
    finally:
        await table.close()
