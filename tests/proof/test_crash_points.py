"""A run is killed at every statement, and around everything that it does to files and answers."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from uuid import UUID

import aiosqlite
import pytest

from batchclip.store.connection import known_migrations
from batchclip.store.migrate import migrate
from tests.support.crashes import (
    MANIFEST,
    MIXED,
    Night,
    Point,
    World,
    at_each,
    folder_of,
    spread,
    table,
    world,
)
from tests.support.program import Program, file_id, ranges
from tests.support.proof import AT_LENGTH

FOUR = ("--max-concurrency", "4")
NIGHTS = {
    "mixed, four at a time": Night(MIXED, FOUR),
    "stopped, so that claims are put back": Night(ranges(6), (*FOUR, "--max-submissions", "1")),
    "mixed": Night(MIXED),
    "two of one file": Night(ranges(1, 2)),
    "two of one file, four at a time": Night(ranges(1, 2), FOUR),
    "several files": Night(ranges(5)),
    "several files, four at a time": Night(ranges(9), FOUR),
    "a whole video": Night([(file_id(1), "", "")]),
    "a whole video by force": Night([(file_id(1), "", "", "", "true")]),
}
CRASHES = [
    ("mixed, four at a time", "statement", 10),
    ("stopped, so that claims are put back", "statement", 5),
    ("mixed", "answer", 3),
    ("mixed", "disk", 3),
]
"""A night, a kind of point, and at how many of them it is killed in `make test`."""

AT_ALL = [(night, kind, 1) for night in NIGHTS for kind in ("statement", "answer", "disk")]


@pytest.mark.parametrize(("night", "kind", "count"), AT_ALL if AT_LENGTH else CRASHES)
async def test_a_run_that_is_killed_is_gone_on_with(
    tmp_path: Path, night: str, kind: str, count: int
) -> None:
    async def check(point: Point) -> None:
        async with world(folder_of(point, tmp_path), NIGHTS[night]) as one:
            await one.killed_at(point, *one.night.run)
            await one.settle()

    async with world(tmp_path / "dry", NIGHTS[night]) as dry:
        points = await dry.points(*dry.night.run)
    await at_each(spread(points[kind], count), check)


async def test_a_load_that_is_killed_has_loaded_all_or_nothing(tmp_path: Path) -> None:
    night = Night(MIXED)

    async def check(point: Point) -> None:
        async with world(folder_of(point, tmp_path), night) as one:
            await begin(one)
            await one.killed_at(point, "load", MANIFEST)
            with table(one.program) as database:
                loaded = database.execute("SELECT count(*) FROM jobs").fetchone()[0]
                fronts = database.execute("SELECT count(*) FROM jobs WHERE front = 1").fetchone()
            assert (loaded, fronts[0]) in {(2, 2), (5, 4)}
            await one.settle()

    async with world(tmp_path / "dry", night) as dry:
        await begin(dry)
        points = await dry.points("load", MANIFEST)
    await at_each(spread(load_in(points["statement"]), 4), check)


def load_in(points: Sequence[Point]) -> Sequence[Point]:
    """From the first row that is staged on."""
    start = next(n for n, point in enumerate(points) if "INTO temp.staged" in point.label)
    return points[start:]


async def begin(one: World) -> None:
    """Load some of the night's ranges first."""
    one.program.manifest([MIXED[0], MIXED[2]], "some.csv")
    assert (await one.run("load", "some.csv")).returncode == 0


@pytest.mark.parametrize("sent", ["nothing", "all"])
async def test_a_recovery_that_is_killed_is_recovered_from(tmp_path: Path, sent: str) -> None:
    """The first run dies with claims that have an intent and claims that have none."""
    # What a rate keeps waiting is claimed without an intent.
    night = Night([*MIXED, *ranges(8)[5:]], ("--max-concurrency", "3", "--rate", "1000/s"))
    again = (*night.run, "--settle-seconds", "0")

    async def check(point: Point) -> None:
        async with world(folder_of(point, tmp_path), night) as one:
            await one.killed_at(first, *night.run)
            await one.killed_at(point, *again)
            await one.settle()

    async with world(tmp_path / "dry", night) as dry:
        first = await first_request(dry, sent)
    async with world(tmp_path / "dry again", night) as dry:
        await dry.killed_at(first, *night.run)
        assert all(claims_of(dry.program))
        points = await dry.points(*again)
    recovery = spread(recovery_in(points["statement"]), 2)
    await at_each([*recovery, *spread(points["answer"], 1)], check)


async def first_request(one: World, sent: str) -> Point:
    """Where nothing, or all, of the run's first request has been sent."""
    points = (await one.points(*one.night.run))["byte"]
    total = int(points[0].label.split()[2])
    return points[total if sent == "all" else 0]


def claims_of(program: Program) -> tuple[int, int]:
    """How many claims with an intent a dead run has left, and how many without."""
    with table(program) as database:
        with_intent, without = database.execute(
            "SELECT count(sent_at), count(*) - count(sent_at) FROM claims"
        ).fetchone()
    return with_intent, without


def recovery_in(points: Sequence[Point]) -> Sequence[Point]:
    """From the start of a run until its first claim."""
    labels = [point.label for point in points]
    start = next(n for n, label in enumerate(labels) if "INSERT INTO runs" in label)
    end = next(n for n, label in enumerate(labels) if label.startswith("in claimed"))
    return points[start : end + 1]


@pytest.mark.parametrize("version", [0, *(known.version for known in known_migrations()[:-1])])
async def test_a_migration_that_is_killed_has_happened_whole_or_not_at_all(
    tmp_path: Path, version: int
) -> None:
    """From no table at all, and from each older version with ranges in it."""
    night = Night(ranges(3))
    newest = known_migrations()[-1].version

    async def check(point: Point) -> None:
        async with world(folder_of(point, tmp_path), night) as one:
            await make_old_table(one.program, version)
            await one.killed_at(point, *night.run)
            assert version_of(one.program) in {version, newest}
            await one.settle()

    async with world(tmp_path / "dry", night) as dry:
        await make_old_table(dry.program, version)
        points = (await dry.points(*night.run))["statement"]
    await at_each(spread(migration_in(points), 4), check)


def migration_in(points: Sequence[Point]) -> Sequence[Point]:
    """From the lock until the last migration is noted and its commit is over."""
    start = next(n for n, point in enumerate(points) if "BEGIN EXCLUSIVE" in point.label)
    noted = [n for n, point in enumerate(points) if "INTO schema_migrations" in point.label]
    return points[start : noted[-1] + 3]


async def make_old_table(program: Program, version: int) -> None:
    """A job table as an older version has made it and loaded a manifest into it."""
    if not version:
        return
    path = program.folder / "table.db"
    async with aiosqlite.connect(path, isolation_level=None) as database:
        await migrate(database, known_migrations()[:version], 0, str(path))
        for statement, values in OLD_ROWS.items():
            await database.execute(statement, values)


OLD_ROWS: dict[str, tuple[object, ...]] = {
    "INSERT INTO manifests (id, name, loaded_at) VALUES (1, ?, 0)": ("old.csv",),
    "INSERT INTO sources (id, file_id) VALUES (1, ?)": (UUID(file_id(0)).bytes,),
    """
    INSERT INTO jobs (
        source_id, start_ms, end_ms, single, force, priority, turn, state, front, manifest_id,
        line, created_at, updated_at
    ) VALUES (1, ?, ?, 0, 0, 0, 0, 'pending', 1, 1, 2, 0, 0)
    """: (0, 15_000),
}
"""The first of the night's ranges, as every version can hold it."""


def version_of(program: Program) -> int:
    """The newest migration that has happened to a table."""
    with closing(sqlite3.connect(program.folder / "table.db")) as database:
        if not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            return 0
        newest: int = database.execute("SELECT max(version) FROM schema_migrations").fetchone()[0]
    return newest
