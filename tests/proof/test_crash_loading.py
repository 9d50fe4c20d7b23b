"""A load that builds indexes anew is killed at every statement of its merge."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from batchclip.store.loading import REBUILD_FROM
from tests.support.crashes import MANIFEST, Night, Point, at_each, folder_of, spread, table, world
from tests.support.program import ranges

MANY = Night(ranges(REBUILD_FROM))


async def test_a_load_that_is_killed_while_it_builds_indexes_has_loaded_all_or_nothing(
    tmp_path: Path,
) -> None:
    async with world(tmp_path / "dry", MANY) as dry:
        points = merge_in((await dry.points("load", MANIFEST))["statement"])
        with table(dry.program) as database:
            expected = indexes(database)

    async def check(point: Point) -> None:
        async with world(folder_of(point, tmp_path), MANY) as one:
            await one.killed_at(point, "load", MANIFEST)
            with table(one.program) as database:
                assert indexes(database) == expected
                assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
                fronts = database.execute("SELECT count(*) FROM jobs WHERE front = 1").fetchone()[0]
                loaded = database.execute("SELECT count(*) FROM jobs").fetchone()[0]
            assert (loaded, fronts) in {(0, 0), (REBUILD_FROM, REBUILD_FROM)}
            again = await one.run("load", MANIFEST)
            assert f"loaded {REBUILD_FROM - loaded:,} new ranges; {loaded:,} were" in again.stdout

    await at_each(spread(points, 5), check)


def merge_in(points: Sequence[Point]) -> Sequence[Point]:
    """From the first index that is dropped until the load is over."""
    start = next(n for n, point in enumerate(points) if "DROP INDEX" in point.label)
    return points[start:]


def indexes(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """The names and texts of all indexes."""
    found = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index'")
    return sorted((name, sql or "") for name, sql in found)
