"""Reading the SQLite job table, also while a run writes to it."""

import json
from collections.abc import AsyncGenerator, Collection, Mapping
from pathlib import Path

import aiosqlite

from batchclip.job import State
from batchclip.store.base import RangeReport, RunReport
from batchclip.store.connection import open_for_reading, table_errors
from batchclip.store.rows import range_report_of, run_report_of
from batchclip.store.statements import sql


class SqliteReader:
    """Reads one SQLite job table. Every method raises TableError when it cannot be read."""

    def __init__(self, path: Path, database: aiosqlite.Connection) -> None:
        self._path = path
        self._database = database

    @classmethod
    async def open(cls, path: Path, at: int) -> "SqliteReader":
        """Open an existing table. `at`: milliseconds since 1970. Raises TableError."""
        return cls(path, await open_for_reading(path, at))

    async def counts(self) -> Mapping[State, int]:
        """Return the number of ranges in every state, the empty ones too."""
        with table_errors(self._path):
            rows = await self._database.execute_fetchall(sql("counts"))
        return dict.fromkeys(State, 0) | {State(state): int(count) for state, count in rows}

    async def ranges(self, states: Collection[State] = ()) -> AsyncGenerator[RangeReport]:
        """Go through the ranges in the order they were loaded; all when `states` is empty."""
        with table_errors(self._path):
            async with self._database.execute(
                sql("ranges"), {"states": json.dumps(list(states))}
            ) as rows:
                async for row in rows:
                    yield range_report_of(row)

    async def last_run(self) -> RunReport | None:
        """Return the newest run."""
        with table_errors(self._path):
            rows = list(await self._database.execute_fetchall(sql("last_run")))
        return run_report_of(rows[0]) if rows else None

    async def close(self) -> None:
        """Close the connection."""
        await self._database.close()
