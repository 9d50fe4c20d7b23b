"""Migrations: forward only, whole or not at all, whoever else is at it."""

import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest

from batchclip.errors import TableError
from batchclip.store import connection
from batchclip.store import migrate as migrations
from batchclip.store.connection import known_migrations, open_for_writing
from batchclip.store.migrate import (
    APPLICATION_ID,
    Migration,
    find_migrations,
    migrate,
    migrations_folder,
    statements_of,
)
from batchclip.store.reading import SqliteReader
from tests.support.isolated import ROOT, opening, run
from tests.support.tables import AT

FIRST = Migration(1, "0001_first", "CREATE TABLE one (a);\n")
SECOND = Migration(2, "0002_second", "CREATE TABLE two (b);\nINSERT INTO one VALUES (2);\n")
BROKEN = Migration(3, "0003_broken", "CREATE TABLE three (c);\nCREATE TABLE one (again);\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with aiosqlite.connect(path, isolation_level=None, timeout=0) as opened:
        yield opened


def rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as opened:
        return opened.execute(statement).fetchall()


def tables(path: Path) -> set[object]:
    return {row[0] for row in rows(path, "SELECT name FROM sqlite_schema WHERE type = 'table'")}


async def test_a_new_file_gets_every_migration(database: aiosqlite.Connection, path: Path) -> None:
    await migrate(database, [FIRST, SECOND], AT, "jobs.db")

    assert tables(path) == {"one", "two", "schema_migrations"}
    assert rows(path, "PRAGMA application_id") == [(APPLICATION_ID,)]
    assert rows(path, "SELECT * FROM schema_migrations") == [
        (1, "0001_first", FIRST.checksum, AT),
        (2, "0002_second", SECOND.checksum, AT),
    ]


async def test_an_older_table_gets_what_it_lacks(
    database: aiosqlite.Connection, path: Path
) -> None:
    await migrate(database, [FIRST], AT, "jobs.db")
    await migrate(database, [FIRST, SECOND], AT + 1, "jobs.db")

    assert rows(path, "SELECT version, applied_at FROM schema_migrations") == [
        (1, AT),
        (2, AT + 1),
    ]
    assert rows(path, "SELECT a FROM one") == [(2,)]


async def test_a_table_that_is_up_to_date_needs_no_lock(
    database: aiosqlite.Connection, path: Path
) -> None:
    await migrate(database, [FIRST], AT, "jobs.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        await migrate(database, [FIRST], AT + 1, "jobs.db")

    assert rows(path, "SELECT applied_at FROM schema_migrations") == [(AT,)]


async def test_the_real_table_opens_while_somebody_writes_to_it(path: Path) -> None:
    await (await open_for_writing(path, AT)).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await (await open_for_writing(path, AT)).close()


async def test_one_that_waited_for_another_finds_nothing_left_to_do(
    database: aiosqlite.Connection, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(database, [FIRST], AT, "jobs.db")
    applied = migrations.applied
    seen: list[dict[int, str]] = [{}]
    looked_under_lock: list[bool] = []

    async def before_the_other_was_done(opened: aiosqlite.Connection, name: str) -> dict[int, str]:
        if seen:
            return seen.pop()
        with closing(sqlite3.connect(path, timeout=0)) as other:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            looked_under_lock.append(True)
        return await applied(opened, name)

    monkeypatch.setattr(migrations, "applied", before_the_other_was_done)
    await migrate(database, [FIRST], AT + 1, "jobs.db")

    assert looked_under_lock
    assert rows(path, "SELECT applied_at FROM schema_migrations") == [(AT,)]


async def test_a_migration_that_fails_leaves_nothing(
    database: aiosqlite.Connection, path: Path
) -> None:
    await migrate(database, [FIRST], AT, "jobs.db")
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        await migrate(database, [FIRST, SECOND, BROKEN], AT, "jobs.db")

    assert tables(path) == {"one", "schema_migrations"}
    await migrate(database, [FIRST, SECOND], AT, "jobs.db")
    assert "two" in tables(path)


async def test_a_newer_table_is_refused(database: aiosqlite.Connection) -> None:
    await migrate(database, [FIRST, SECOND], AT, "jobs.db")

    with pytest.raises(TableError, match="is at schema version 2, newer than") as refused:
        await migrate(database, [FIRST], AT, "jobs.db")
    assert refused.value.exit_code == 7


async def test_an_edited_migration_is_refused(database: aiosqlite.Connection) -> None:
    await migrate(database, [FIRST], AT, "jobs.db")
    edited = Migration(1, "0001_first", FIRST.script + "-- and a word\n")

    with pytest.raises(TableError, match="0001_first was edited after it was applied") as refused:
        await migrate(database, [edited, SECOND], AT, "jobs.db")
    assert refused.value.exit_code == 7


NEXT = known_migrations()[-1].version + 1


@pytest.mark.parametrize("newer", [99, NEXT])
async def test_a_real_table_of_a_later_version_is_refused_to_all(path: Path, newer: int) -> None:
    await (await open_for_writing(path, AT)).close()
    with closing(sqlite3.connect(path)) as later, later:
        later.execute("INSERT INTO schema_migrations VALUES (?, 'later', 'sum', 0)", (newer,))

    with pytest.raises(TableError, match="newer than this batchclip knows"):
        await open_for_writing(path, AT)
    with pytest.raises(TableError, match="newer than this batchclip knows"):
        await SqliteReader.open(path, AT)


async def test_a_reader_brings_an_older_table_up_to_date_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await open_for_writing(path, AT)).close()
    later = [*known_migrations(), Migration(NEXT, "later", "CREATE TABLE later (a);\n")]
    monkeypatch.setattr(connection, "known_migrations", lambda: later)
    await (await SqliteReader.open(path, AT)).close()

    assert "later" in tables(path)


async def test_another_programs_database_is_refused(
    database: aiosqlite.Connection, path: Path
) -> None:
    await database.execute("CREATE TABLE schema_migrations (version, checksum)")

    with pytest.raises(TableError, match="is a database of another program"):
        await migrate(database, [FIRST], AT, "jobs.db")
    assert tables(path) == {"schema_migrations"}


def test_processes_that_make_a_table_at_once_all_get_it(path: Path) -> None:
    started = [
        subprocess.Popen(opening(path, "write"), cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    ends = [(process.communicate()[0], process.returncode) for process in started]

    assert ends == [("", 0)] * 3
    assert rows(path, "SELECT count(*) FROM schema_migrations") == [(len(known_migrations()),)]
    assert rows(path, "SELECT count(*) FROM runs") == [(3,)]


DIES_HALFWAY = """
import asyncio, os, signal, sys
from pathlib import Path
from batchclip.store import migrate
from batchclip.store.connection import open_for_writing
whole = migrate.statements_of
def half(script):
    statements = list(whole(script))
    yield from statements[: len(statements) // 2]
    os.kill(os.getpid(), signal.SIGKILL)
migrate.statements_of = half
asyncio.run(open_for_writing(Path(sys.argv[1]), 1))
"""


async def test_a_table_whose_making_was_killed_is_made_by_the_next(path: Path) -> None:
    command = [*opening(path, "write")[:2], DIES_HALFWAY, str(path)]
    killed = run(command)
    assert killed.returncode == -9
    assert tables(path) == set()

    await (await open_for_writing(path, AT)).close()

    assert {"jobs", "claims", "attempts"} <= tables(path)


TRIGGER = """CREATE TRIGGER t BEFORE UPDATE ON one
BEGIN
    SELECT 1;
    SELECT 2;
END;
"""


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("", []),
        ("\n\n", []),
        ("SELECT 1;\nSELECT 2;\n", ["SELECT 1;\n", "SELECT 2;\n"]),
        ("SELECT\n  1;\n", ["SELECT\n  1;\n"]),
        ("SELECT ';\n';\n", ["SELECT ';\n';\n"]),
        ("-- one;\nSELECT 1;\n", ["-- one;\nSELECT 1;\n"]),
        (TRIGGER + "SELECT 3;\n", [TRIGGER, "SELECT 3;\n"]),
        ("SELECT 1;\nSELECT 2", ["SELECT 1;\n", "SELECT 2"]),
    ],
)
def test_a_script_is_split_into_its_statements(script: str, statements: list[str]) -> None:
    assert list(statements_of(script)) == statements


async def test_a_statement_without_its_semicolon_is_not_forgotten(
    database: aiosqlite.Connection, path: Path
) -> None:
    open_end = Migration(1, "0001_first", "CREATE TABLE one (a);\nCREATE TABLE two (b)\n-- end\n")
    await migrate(database, [open_end], AT, "jobs.db")

    assert {"one", "two"} <= tables(path)


def test_migrations_are_found_in_their_order(tmp_path: Path) -> None:
    for name in ("0002_b.sql", "0010_c.sql", "0001_a.sql", "notes.md", "draft.sql"):
        (tmp_path / name).write_text(f"-- {name}\n")

    assert [(found.version, found.name, found.script) for found in find_migrations(tmp_path)] == [
        (1, "0001_a", "-- 0001_a.sql\n"),
        (2, "0002_b", "-- 0002_b.sql\n"),
        (10, "0010_c", "-- 0010_c.sql\n"),
    ]


def test_versions_are_numbered_without_a_gap() -> None:
    assert [known.version for known in known_migrations()] == [
        number + 1 for number in range(len(known_migrations()))
    ]


@pytest.mark.parametrize(
    ("packaged", "checkout", "expected"),
    [
        (True, True, "package"),
        (True, False, "package"),
        (False, True, ""),
        (False, False, "package"),
    ],
)
def test_the_packaged_migrations_come_before_the_checkouts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packaged: bool, checkout: bool, expected: str
) -> None:
    (tmp_path / "package" / "store").mkdir(parents=True)
    if packaged:
        (tmp_path / "package" / "migrations").mkdir()
    if checkout:
        (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(migrations, "__file__", str(tmp_path / "package" / "store" / "migrate.py"))

    assert migrations_folder("sqlite") == tmp_path / expected / "migrations" / "sqlite"
