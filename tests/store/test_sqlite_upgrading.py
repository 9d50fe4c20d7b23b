"""A table that an earlier version made keeps everything it holds, also in the middle of a run."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batchclip.evidence import Doubt, Ruling
from batchclip.job import Mode, State
from batchclip.store.base import Claimed, LeftClaim
from batchclip.store.connection import connect, known_migrations
from batchclip.store.decisions import Settle
from batchclip.store.migrate import migrate
from batchclip.store.selection import Wanted
from tests.support.tables import (
    AT,
    SqliteTable,
    asked,
    claim,
    file,
    finish,
    load,
    reports,
    spans,
    start_run,
    states,
    write,
)

TABLES = ("manifests", "runs", "sources", "jobs", "claims", "attempts", "history")
NIGHT = f"""
INSERT INTO manifests VALUES (1, 'tonight.csv', {AT});
INSERT INTO runs VALUES (1, {AT}, NULL, 4321, 'archive', NULL, NULL, {AT + 900});
INSERT INTO sources VALUES (1, x'{file(1).hex}'), (2, x'{file(2).hex}'), (3, x'{file(3).hex}');
INSERT INTO jobs (id, source_id, start_ms, end_ms, single, force, title, priority, turn, state,
    front, due_at, attempts, tries, tries_run, generation, project_id, manifest_id, line,
    created_at, updated_at)
VALUES
    (1, 1, 0, 30000, 0, 0, 'Ω', 0, 0, 'in_doubt', 0, NULL, 2, 2, 1, 5, NULL, 1, 2, {AT}, {AT + 5}),
    (2, 1, 20000, 40000, 0, 0, NULL, 0, 1, 'pending', 0, NULL, 0, 0, NULL, NULL, NULL, 1, 3, {AT},
        {AT}),
    (3, 2, NULL, NULL, 1, 1, NULL, 7, 0, 'submitting', 0, NULL, 0, 0, NULL, NULL, NULL, 1, 4, {AT},
        {AT}),
    (4, 3, 0, 10000, 0, 0, NULL, 0, 0, 'submitted', 0, NULL, 1, 1, 1, 4, 'project-4', 1, 5, {AT},
        {AT}),
    (5, 3, 20000, 30000, 0, 0, NULL, 0, 1, 'pending', 1, NULL, 0, 0, NULL, NULL, NULL, 1, 6, {AT},
        {AT}),
    (6, 3, 40000, 50000, 0, 0, NULL, 0, 2, 'pending', 0, {AT + 60}, 0, 0, NULL, NULL, NULL, 1, 7,
        {AT}, {AT});
INSERT INTO claims VALUES (8, 2, 3, 1, {AT + 7});
INSERT INTO attempts VALUES
    (3, 1, 1, {AT + 1}, 250, 'unknown', NULL, 'ReadTimeout', 'no answer in 30 s'),
    (4, 4, 1, {AT + 2}, 250, 'created', 201, NULL, NULL),
    (5, 1, 1, {AT + 4}, NULL, 'unknown', NULL, 'ProcessDied', 'the process ended');
INSERT INTO history VALUES (1, 1, {AT + 3}, 1, 'in_doubt', 'pending', 'a person says so');
"""  # noqa: S608 -- numbers of our own
"""A night of version 1 that was killed: a doubt, a request on the wire, and what waits."""


def everything(table: SqliteTable, columns: dict[str, str]) -> list[list[tuple[object, ...]]]:
    return [
        table.rows(f"SELECT {columns[name]} FROM {name} ORDER BY 1")  # noqa: S608 -- our own names
        for name in TABLES
    ]


def columns(table: SqliteTable) -> dict[str, str]:
    found = table.rows(
        "SELECT schema.name, group_concat(info.name, ', ')"
        " FROM sqlite_schema AS schema, pragma_table_info(schema.name) AS info GROUP BY 1"
    )
    return dict(found)


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[SqliteTable]:
    """A table of version 1 with a night in it, which nobody has open."""
    table = SqliteTable(tmp_path)
    database = await connect(table.path, "rwc")
    await migrate(database, known_migrations()[:1], AT, "jobs.db")
    await database.executescript(NIGHT)
    await database.close()
    yield table
    await table.close()


async def test_the_newest_version_is_not_the_first(old: SqliteTable) -> None:
    assert len(known_migrations()) > 1
    assert old.rows("SELECT max(version) FROM schema_migrations") == [(1,)]


@pytest.mark.parametrize("to_write", [True, False])
async def test_an_older_table_keeps_every_row_of_every_table(
    old: SqliteTable, *, to_write: bool
) -> None:
    before = columns(old)
    kept = everything(old, before)
    assert all(kept)

    await (old.open() if to_write else old.read())
    await old.close()

    assert everything(old, before) == kept
    newest = known_migrations()[-1].version
    assert old.rows("SELECT max(version) FROM schema_migrations") == [(newest,)]
    assert old.rows("PRAGMA foreign_key_check") == []
    assert old.rows("PRAGMA integrity_check") == [("ok",)]


async def test_what_an_older_version_left_on_the_wire_is_found(old: SqliteTable) -> None:
    store = await old.open()

    wanted = asked(2, mode=Mode.SINGLE, force=True, priority=7)
    claimed = Claimed(8, 1, 3, 2, wanted)
    assert await store.left_claims() == [LeftClaim(claimed, AT + 7, None)]


async def test_an_older_versions_doubt_can_be_settled_by_evidence(old: SqliteTable) -> None:
    store = await old.open()

    wanted = asked(1, 0, 30, title="Ω")
    assert await store.doubts() == [
        Doubt(1, 5, 1, wanted, AT + 1, None, None, None, doubted_at=AT + 5)
    ]
    entry = Settle(1, 5, Ruling.HAPPENED, "one clip", "{}", AT, State.SUBMITTED)
    assert await write(store, entry)
    assert spans(await claim(store, await start_run(store))) == [(1, 20), (3, 20)]


async def test_generations_go_on_after_those_of_an_older_version(old: SqliteTable) -> None:
    store = await old.open()

    [claimed] = await claim(store, await start_run(store))

    assert claimed.generation == 9
    assert await finish(store, claimed, State.SUBMITTED)


async def test_an_older_versions_life_and_hold_off_can_be_read(old: SqliteTable) -> None:
    reader = await old.read()

    [life] = [each async for each in reader.lives(Wanted(manifest="tonight.csv", line=2))]

    assert [each.server_sent_at for each in life.attempts] == [None, None]
    assert [change.reason for change in life.changes] == ["a person says so"]
    assert await reader.held_for(AT + 200, 1, "a start") == 700
    assert await reader.open_pause() is None


async def test_a_known_range_is_still_known_after_an_upgrade(old: SqliteTable) -> None:
    store = await old.open()

    loaded = await load(store, *(report.range for report in await reports(store)))

    assert (loaded.added, loaded.known) == (0, 6)
    assert (await states(store)).count(State.PENDING) == 3
