"""Job tables of every engine to test with, and short ways to say what is done to them."""

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import UUID

from batchclip.job import Mode, Range, State
from batchclip.outcome import Kind, Outcome
from batchclip.store.base import (
    Claim,
    Claimed,
    Claims,
    Finish,
    Intend,
    JobReader,
    Loaded,
    Reopen,
    Result,
    StagedRow,
    Staging,
    StartRun,
    Store,
    Write,
)
from batchclip.store.reading import SqliteReader
from batchclip.store.reports import RangeReport
from batchclip.store.rows import range_of
from batchclip.store.sqlite import SqliteStore

AT = 1_700_000_000_000
LATER = AT + 1_000_000_000
"""After all that any test does."""
CREATED = Outcome(Kind.CREATED, http_status=201, project_id="project-1")
REFUSED = Outcome(Kind.REFUSED, http_status=404, error_name="NotFound", error="no such file")
SILENT = Outcome(Kind.UNKNOWN, error_name="ReadTimeout", error="no answer in 30 s")
SLOW_DOWN = Outcome(Kind.SLOW_DOWN, http_status=429)


class Table(Protocol):
    """A job table of one engine, which several connections can open."""

    async def open(self) -> Store:
        """A connection of its own to write with."""
        ...

    async def read(self) -> JobReader:
        """A connection of its own to read with."""
        ...

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a person with a SQL shell sees."""
        ...

    async def close(self) -> None:
        """Close every connection that is still open."""
        ...


class SqliteTable:
    """A job table in a file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "jobs.db"
        self._opened: list[SqliteReader] = []

    async def open(self) -> SqliteStore:
        store = await SqliteStore.open(self.path, AT)
        self._opened.append(store)
        return store

    async def read(self) -> SqliteReader:
        reader = await SqliteReader.open(self.path, AT)
        self._opened.append(reader)
        return reader

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(statement).fetchall()

    async def close(self) -> None:
        for opened in self._opened:
            await opened.close()


ENGINES: dict[str, type[SqliteTable]] = {"sqlite": SqliteTable}


def file(number: int) -> UUID:
    return UUID(int=number)


def asked(
    number: int,
    start: int | None = None,
    end: int | None = None,
    *,
    mode: Mode = Mode.CLIPS,
    force: bool = False,
    title: str | None = None,
    priority: int = 0,
) -> Range:
    """A range of a numbered file, in seconds; the whole video without start and end."""
    start_ms = None if start is None else 1000 * start
    end_ms = None if end is None else 1000 * end
    return Range(file(number), start_ms, end_ms, mode, force, title, priority)


async def write(store: Store, entry: Write[Result]) -> Result:
    """Commit one entry and return its answer."""
    [answer] = await store.commit([entry])
    return cast("Result", answer)


async def load(store: Store, *ranges: Range, manifest: str = "tonight.csv", at: int = AT) -> Loaded:
    """Load these ranges as the rows of one manifest, from its line 2 on."""
    staging = await store.stage()
    await staging.add(manifest, [stored(line, row) for line, row in enumerate(ranges, 2)])
    return await staging.merge(at)


def stored(line: int, wanted: Range) -> StagedRow:
    """A row of a manifest as it is staged."""
    return (
        line,
        wanted.file_id.bytes,
        wanted.start_ms,
        wanted.end_ms,
        wanted.mode is Mode.SINGLE,
        wanted.force,
        wanted.title,
        wanted.priority,
    )


def asked_by(row: StagedRow) -> Range:
    """What a staged row asks for."""
    return range_of(row[1:])


@dataclass(frozen=True, slots=True)
class Given:
    """A row of one of several manifests."""

    manifest: str
    line: int
    range: Range


async def stage(staging: Staging, rows: Sequence[Given]) -> None:
    """Stage these rows one by one."""
    for row in rows:
        await staging.add(row.manifest, [stored(row.line, row.range)])


async def start_run(store: Store, at: int = AT) -> int:
    return await write(store, StartRun(at, 4321, "archive"))


async def claims(store: Store, run_id: int, limit: int = 100, at: int = AT) -> Claims:
    return await write(store, Claim(run_id, at, limit))


async def claim(store: Store, run_id: int, limit: int = 100, at: int = AT) -> list[Claimed]:
    return list((await claims(store, run_id, limit, at)).claimed)


async def claim_one(store: Store, run_id: int, at: int = AT) -> Claimed:
    [claimed] = await claim(store, run_id, 1, at)
    return claimed


async def intend(store: Store, claimed: Claimed, at: int = AT) -> bool:
    return await write(store, Intend(claimed.generation, at))


def ending(
    claimed: Claimed,
    state: State,
    outcome: Outcome = CREATED,
    *,
    due_at: int | None = None,
    uses_attempt: bool = True,
    at: int = AT,
) -> Finish:
    """The entry that ends this claim."""
    return Finish(claimed, state, outcome, AT + 1, 250, at, uses_attempt, due_at)


async def finish(
    store: Store,
    claimed: Claimed,
    state: State,
    outcome: Outcome = CREATED,
    *,
    due_at: int | None = None,
    uses_attempt: bool = True,
) -> bool:
    entry = ending(claimed, state, outcome, due_at=due_at, uses_attempt=uses_attempt)
    return await write(store, entry)


async def reopen(store: Store, *states: State, reason: str = "a person said so") -> int:
    return await write(store, Reopen(states, AT + 5, reason))


async def in_doubt(store: Store, run_id: int) -> Claimed:
    """Claim the next range, send it, and never hear of it again."""
    claimed = await claim_one(store, run_id)
    assert await intend(store, claimed)
    assert await finish(store, claimed, State.IN_DOUBT, SILENT)
    return claimed


async def reports(reader: JobReader, states: Collection[State] = ()) -> list[RangeReport]:
    return [report async for report in reader.ranges(states)]


async def states(reader: JobReader) -> list[State]:
    """The states of all ranges, in the order they were loaded."""
    return [report.state for report in await reports(reader)]


def spans(claimed: Sequence[Claimed]) -> list[tuple[int, int | None]]:
    """The number of the file and the start in seconds of each."""
    return [
        (
            each.range.file_id.int,
            None if each.range.start_ms is None else each.range.start_ms // 1000,
        )
        for each in claimed
    ]
