"""Every way in which a SQLite job table cannot be opened, read or written, in a sentence."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import aiosqlite
import pytest

from batchclip.errors import TableError, UsageError
from batchclip.job import State
from batchclip.store import connection, staging
from batchclip.store.connection import sentence_of, sqlite_path
from batchclip.store.reading import SqliteReader
from batchclip.store.sqlite import SqliteStore
from batchclip.store.staging import attach
from tests.support.isolated import as_a_mere_user, opening, run
from tests.support.tables import (
    AT,
    REFUSED,
    SqliteTable,
    asked,
    claim,
    finish,
    load,
    reports,
    start_run,
    states,
)


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[SqliteTable]:
    made = SqliteTable(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def filled(table: SqliteTable) -> Path:
    """The path of a table with a few hundred ranges, which nobody has open."""
    store = await table.open()
    await load(store, *(asked(number, 0, 10, title="t" * 50) for number in range(500)))
    await store.close()
    return table.path


async def refusal(path: Path) -> str:
    """What is said when this cannot be opened, which is the same to write and to read."""
    with pytest.raises(TableError) as to_write:
        await SqliteStore.open(path, AT)
    with pytest.raises(TableError) as to_read:
        await SqliteReader.open(path, AT)
    assert str(to_write.value) == str(to_read.value)
    assert to_write.value.exit_code == 7
    return str(to_write.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("database", "path"),
    [("a.db", "a.db"), ("sqlite:///a.db", "a.db"), ("sqlite:////srv/a.db", "/srv/a.db")],
)
def test_a_path_and_an_address_name_a_file(database: str, path: str) -> None:
    assert sqlite_path(database) == Path(path)


@pytest.mark.parametrize("database", ["mysql://host/a", "", "sqlite:///"])
def test_what_names_no_file_is_refused(database: str) -> None:
    with pytest.raises(UsageError, match=r"^--db: .*; expected a path or sqlite:///path$"):
        sqlite_path(database)


async def test_a_name_that_looks_like_part_of_an_address_is_only_a_name(tmp_path: Path) -> None:
    path = tmp_path / "50% of it?mode=ro#1.db"
    await (await SqliteStore.open(path, AT)).close()

    assert path.is_file()


async def test_a_commit_is_on_disk_when_it_returns(table: SqliteTable) -> None:
    store = await table.open()
    rows = [
        next(iter(await store._database.execute_fetchall(f"PRAGMA {name}")))[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    ]

    assert rows == ["wal", 2, 1]


async def test_an_old_sqlite_is_refused(
    table: SqliteTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MIN_SQLITE", (99, 0, 0))

    with pytest.raises(TableError, match=r"this Python has SQLite .*; batchclip needs"):
        await table.open()


async def test_an_empty_file_is_as_good_as_none(table: SqliteTable) -> None:
    table.path.touch()

    assert await reports(await table.read()) == []


async def test_no_table_is_made_by_reading(table: SqliteTable) -> None:
    with pytest.raises(TableError, match="there is no job table here"):
        await table.read()
    assert not table.path.exists()


async def test_a_folder_is_no_table(tmp_path: Path) -> None:
    assert await refusal(tmp_path) == "is a folder; expected the job table's file"


async def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"

    assert await refusal(folder / "a.db") == f"the folder {folder} does not exist"


async def test_a_text_file_is_no_table_and_stays_as_it_is(table: SqliteTable) -> None:
    table.path.write_text("file_id,start,end\n" * 100)

    assert await refusal(table.path) == "is not a SQLite database, so not a job table"
    assert table.path.read_text() == "file_id,start,end\n" * 100


async def test_another_programs_database_is_refused_and_stays_as_it_is(
    table: SqliteTable,
) -> None:
    with closing(sqlite3.connect(table.path)) as theirs:
        theirs.execute("CREATE TABLE bookmarks (url TEXT)")
    before = table.path.read_bytes()

    assert await refusal(table.path) == (
        "is a database of another program, not a batchclip job table"
    )
    assert table.path.read_bytes() == before


async def test_a_corrupt_page_is_reported_where_it_is_met(filled: Path) -> None:
    content = bytearray(filled.read_bytes())
    half = len(content) // 2
    content[half:] = b"\xa5" * (len(content) - half)
    filled.write_bytes(content)
    reader = await SqliteReader.open(filled, AT)

    with pytest.raises(TableError, match="the job table is corrupt; restore it from a backup"):
        await reports(reader)
    await reader.close()


async def fill_up(store: SqliteStore) -> None:
    """Leave the table no page to grow by."""
    [[pages]] = await store._database.execute_fetchall("PRAGMA page_count")
    await store._database.execute_fetchall(f"PRAGMA max_page_count = {pages}")


def attach_filled_up(database: sqlite3.Connection, path: Path) -> None:
    """The same for a load, which comes to the table by a connection of its own."""
    attach(database, path)
    [[pages]] = database.execute("PRAGMA job_table.page_count").fetchall()
    database.execute(f"PRAGMA job_table.max_page_count = {pages}")


async def test_a_load_that_finds_the_disk_full_loads_nothing(
    table: SqliteTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await table.open()
    await load(store, asked(1, 0, 10))
    monkeypatch.setattr(staging, "attach", attach_filled_up)

    with pytest.raises(TableError, match="the disk is full; free some space and run again"):
        await load(store, *(asked(number, 0, 10) for number in range(2, 5_000)))

    assert await states(store) == [State.PENDING]
    assert len(await claim(store, await start_run(store))) == 1


async def test_a_commit_that_finds_the_disk_full_changes_nothing(table: SqliteTable) -> None:
    store = await table.open()
    await load(store, *(asked(number, 0, 10) for number in range(500)))
    claimed = await claim(store, await start_run(store), 500)
    await fill_up(store)
    long = replace(REFUSED, error="e" * 900)

    ends = [
        await asyncio.gather(finish(store, each, State.REJECTED, long), return_exceptions=True)
        for each in claimed
    ]

    assert {type(end) for [end] in ends} == {bool, TableError}
    counts = await store.counts()
    assert counts[State.SUBMITTING] == len(await store.left_claims()) > 0
    assert counts[State.REJECTED] == table.rows("SELECT count(*) FROM attempts")[0][0]


async def test_a_table_that_another_program_holds_is_named_as_held(
    table: SqliteTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0)
    store = await table.open()
    with closing(sqlite3.connect(table.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TableError, match="another program has held the job table"):
            await start_run(store)
        other.execute("ROLLBACK")

    assert await start_run(store) == 1


async def test_reading_goes_on_while_a_write_transaction_is_open(table: SqliteTable) -> None:
    store = await table.open()
    await load(store, asked(1, 0, 10))
    with closing(sqlite3.connect(table.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE jobs SET state = 'cancelled', front = 0")
        reader = await table.read()

        assert await states(reader) == [State.PENDING]
        assert (await reader.counts())[State.PENDING] == 1


async def test_the_second_to_make_a_table_waits_until_the_first_lets_go(
    table: SqliteTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = begun(monkeypatch, "BEGIN EXCLUSIVE")
    with closing(sqlite3.connect(table.path, isolation_level=None)) as first:
        first.execute("BEGIN IMMEDIATE")
        second = asyncio.create_task(table.open())
        await asyncio.wait(
            [second, asyncio.ensure_future(waits.wait())], return_when=asyncio.FIRST_COMPLETED
        )
        first.execute("COMMIT")

    assert await (await second).last_run() is None
    assert waits.is_set()


def begun(monkeypatch: pytest.MonkeyPatch, statement: str) -> asyncio.Event:
    """Set when a connection that is opened from now on begins this statement."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    connect = connection.connect

    def notice(traced: str) -> None:
        if traced == statement:
            loop.call_soon_threadsafe(event.set)

    async def watched(path: Path, mode: str) -> aiosqlite.Connection:
        database = await connect(path, mode)
        await database.set_trace_callback(notice)
        return database

    monkeypatch.setattr(connection, "connect", watched)
    return event


async def test_what_cannot_be_switched_for_another_reason_is_not_tried_again(
    table: SqliteTable,
) -> None:
    with closing(sqlite3.connect(table.path)) as made:
        made.execute("PRAGMA user_version = 1")
    database = await connection.connect(table.path, "ro")

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await connection.use_wal(database)
    await database.close()


async def test_the_switch_is_not_tried_for_ever(
    table: SqliteTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "WAL_TRIES", 0)
    with closing(sqlite3.connect(table.path, isolation_level=None)) as first:
        first.execute("BEGIN IMMEDIATE")

        with pytest.raises(TableError, match="another program has held the job table"):
            await table.open()


@pytest.mark.parametrize(
    ("mode", "of_folder", "kind", "sentence"),
    [
        (0o400, 0o700, "write", "cannot be written: it, or its folder, is read-only"),
        (0o000, 0o700, "write", "cannot be opened or made; check permissions"),
        (0o000, 0o700, "read", "cannot be opened or made; check permissions"),
        (0o600, 0o500, "write", "cannot be written: it, or its folder, is read-only"),
        (0o600, 0o000, "write", "cannot be opened or made; check permissions"),
        (0o600, 0o000, "read", "cannot be opened or made; check permissions"),
    ],
)
def test_what_permissions_forbid_is_said_plainly(
    filled: Path, mode: int, of_folder: int, kind: str, sentence: str
) -> None:
    filled.chmod(mode)
    filled.parent.chmod(of_folder)
    try:
        done = run(as_a_mere_user(opening(filled, kind)))
    finally:
        filled.parent.chmod(0o700)

    assert done.stdout == f"{filled}: the job table {sentence}\n", done.stderr
    assert done.returncode == 7


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "disk I/O error",
            "the disk is full, or failed to read or write the job table (disk I/O error)",
        ),
        ("something new", "the job table failed: something new"),
    ],
)
def test_an_error_of_the_database_has_a_sentence(text: str, sentence: str) -> None:
    assert sentence_of(sqlite3.OperationalError(text)) == sentence
