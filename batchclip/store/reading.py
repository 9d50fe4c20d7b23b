"""Reading the SQLite job table, also while a run writes to it."""

import json
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from batchclip.job import State
from batchclip.store.connection import open_for_reading, table_errors
from batchclip.store.database import Database
from batchclip.store.reports import FileReport, Life, PauseReport, RangeReport, RunReport
from batchclip.store.rows import (
    Row,
    file_report_of,
    life_of,
    range_report_of,
    run_report_of,
    selection_values,
    wanted_values,
)
from batchclip.store.selection import Selection, Wanted
from batchclip.store.statements import sql

RANGES_AT_ONCE = 500
"""Ranges that cross from the connection's thread together."""

FILE_ID_BYTES = 16

DONE = frozenset({State.SUBMITTED, State.ALREADY_DONE})
"""States that most ranges end in."""

APART = frozenset({State.SUBMITTING, State.REJECTED, State.FAILED, State.IN_DOUBT, State.CANCELLED})
"""States whose ranges are found without the others."""


class SqliteReader:
    """Reads one SQLite job table. Every method raises TableError when it cannot be read."""

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database

    @classmethod
    async def open(cls, path: Path, at: int) -> "SqliteReader":
        """Open an existing table. `at`: milliseconds since 1970. Raises TableError."""
        return cls(path, await open_for_reading(path, at))

    async def counts(self) -> Mapping[State, int]:
        """Return the number of ranges in every state, the empty ones too."""
        return self._counted(await self._rows("counts"))

    async def ranges(self, states: Collection[State] = ()) -> AsyncGenerator[RangeReport]:
        """Go through the ranges in the order they were loaded; all when `states` is empty."""
        async with aclosing(self.range_rows(states)) as chunks:
            async for chunk in chunks:
                for row in chunk:
                    yield range_report_of(row)

    async def range_rows(self, states: Collection[State] = ()) -> AsyncGenerator[list[Row]]:
        """Go through the rows of `ranges.sql` as they are, many at once, in the same order."""
        statement = "ranges_apart" if states and APART.issuperset(states) else "ranges"
        with table_errors(self._path):
            async with self._database.execute(
                sql(statement), {"states": json.dumps(list(states))}
            ) as rows:
                while chunk := list(await rows.fetchmany(RANGES_AT_ONCE)):
                    check_rows(chunk)
                    yield chunk

    async def last_run(self) -> RunReport | None:
        """Return the newest run."""
        rows = await self._rows("last_run")
        return run_report_of(rows[0]) if rows else None

    async def open_pause(self) -> PauseReport | None:
        """Return the pause that a person has begun and not ended."""
        rows = await self._rows("open_pause")
        return PauseReport(*rows[0]) if rows else None

    async def held_for(self, at: int, uptime: int, boot: str | None) -> int:
        """Return for how long (ms) recent runs were asked to hold off from now on."""
        [(held_for,)] = await self._rows("held_for", at=at, uptime=uptime, boot=boot)
        return int(held_for)

    async def counts_of(self, selection: Selection) -> Mapping[State, int]:
        """Return how many ranges of a selection are in every state, the empty ones too.

        Only those of a manifest that are submitted or already done are looked for in all the table.
        """
        if selection.file_id is None and selection.manifest is None:
            counts = await self.counts()
            return {state: counts[state] if state in selection.states else 0 for state in State}
        values = selection_values(selection)
        whole = not DONE.isdisjoint(selection.states)
        return self._counted(await self._rows("counts_of", whole=whole, **values))

    def _counted(self, rows: list[Any]) -> Mapping[State, int]:
        with table_errors(self._path):
            return dict.fromkeys(State, 0) | {State(state): int(count) for state, count in rows}

    async def lives(self, wanted: Wanted) -> AsyncGenerator[Life]:
        """Go through the ranges that are wanted, each with all that ever happened to it."""
        for row in await self._rows("lives", **wanted_values(wanted)):
            job = {"job_id": row[17]}
            span = {"source_id": row[20], "start_ms": row[1], "end_ms": row[2]}
            yield life_of(
                row,
                await self._rows("life_attempts", **job),
                await self._rows("life_changes", **job),
                await self._rows("life_findings", **job),
                await self._rows("life_held_by", **job, **span),
            )

    async def files(self, before: int) -> AsyncGenerator[FileReport]:
        """Go through the files of the table, in the order they were loaded."""
        with table_errors(self._path):
            async with self._database.execute(sql("files"), {"before": before}) as rows:
                async for row in rows:
                    yield file_report_of(row)

    async def _rows(self, statement: str, **values: object) -> list[Any]:
        with table_errors(self._path):
            return list(await self._database.execute_fetchall(sql(statement), values))

    async def close(self) -> None:
        """Close the connection."""
        await self._database.close()


def check_rows(rows: Sequence[Row]) -> None:
    """Raise ValueError when a range is of a file, or in a state, that no batchclip has written."""
    if not all(isinstance(row[0], bytes) and len(row[0]) == FILE_ID_BYTES for row in rows):
        raise ValueError("a file's id has not its 16 bytes")
    unknown = {row[7] for row in rows}.difference(State)
    if unknown:
        raise ValueError(f"{unknown.pop()!r} is no state of a range")
