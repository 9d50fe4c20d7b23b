"""Opening a SQLite job table, and every way in which that fails, in a sentence."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import aiosqlite

from batchclip.errors import TableError, UsageError
from batchclip.store.database import Database
from batchclip.store.migrate import (
    Migration,
    applied,
    find_migrations,
    migrate,
    migrations_folder,
    pending,
)
from batchclip.store.statements import KEPT_PREPARED

BUSY_SECONDS = 300.0
"""How long a write waits for another process's write, such as a big load's, to end."""

WAL_TRIES = 100
"""How often the switch to WAL is tried again, each time after the others have let go."""

ROWS_AT_ONCE = 64
"""Rows that cross from the connection's thread together (aiosqlite's own number)."""

MIN_SQLITE = (3, 38, 0)
"""The first version with STRICT tables, UPDATE FROM, RETURNING and the ->> operator together."""


def sqlite_path(database: str) -> Path:
    """Return the file that `--db` means. Raises UsageError for what is no SQLite address."""
    if database.startswith("sqlite:///"):
        database = database.removeprefix("sqlite:///")
    elif "://" in database:
        scheme = database.split("://")[0]
        raise UsageError(f"--db: {scheme}:// is not supported; expected a path or sqlite:///path")
    if not database:
        raise UsageError("--db: is empty; expected a path or sqlite:///path")
    return Path(database)


async def open_for_writing(path: Path, at: int) -> Database:
    """Open the table, made or brought up to date where needed. `at`: milliseconds since 1970.

    Raises TableError when that cannot be.
    """
    check_place(path)
    with table_errors(path):
        make_companions_writable(path)
        database = await connect(path, "rwc")
        try:
            # Before anything is changed: the file may be another program's.
            await applied(database, str(path))
            await use_wal(database)
            await database.execute("PRAGMA synchronous = FULL")
            await database.execute("PRAGMA foreign_keys = ON")
            await migrate(database, known_migrations(), at, str(path))
        except BaseException:
            await database.close()
            raise
    return database


async def open_for_reading(path: Path, at: int) -> Database:
    """Open an existing table to read only; an older one is brought up to date first.

    Raises TableError when there is none or it cannot be read.
    """
    check_exists(path)
    with table_errors(path):
        database = await connect(path, "ro")
        try:
            behind = pending(await applied(database, str(path)), known_migrations(), str(path))
        except BaseException:
            await database.close()
            raise
    if behind:
        await database.close()
        await (await open_for_writing(path, at)).close()
        return await open_for_reading(path, at)
    return database


def known_migrations() -> list[Migration]:
    """Return the migrations that this version brings."""
    return find_migrations(migrations_folder("sqlite"))


async def connect(path: Path, mode: str) -> Database:
    """Connect without a transaction of Python's own making."""
    if sqlite3.sqlite_version_info < MIN_SQLITE:
        raise TableError(
            f"this Python has SQLite {sqlite3.sqlite_version}; batchclip needs 3.38 or later"
        )
    address = f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"
    database = Database(
        lambda: sqlite3.connect(
            address,
            uri=True,
            isolation_level=None,
            timeout=BUSY_SECONDS,
            cached_statements=KEPT_PREPARED,
        ),
        iter_chunk_size=ROWS_AT_ONCE,
    )
    await database
    return database


async def use_wal(database: aiosqlite.Connection) -> None:
    """Switch to WAL. SQLite waits for nobody here, so two that make a table at once need this."""
    for _ in range(WAL_TRIES):
        try:
            await database.execute_fetchall("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            await database.execute("BEGIN EXCLUSIVE")
            await database.rollback()
        else:
            return
    await database.execute_fetchall("PRAGMA journal_mode = WAL")


def check_place(path: Path) -> None:
    """Say plainly what SQLite would call `unable to open database file`."""
    with table_errors(path):
        if path.is_dir():
            raise TableError(f"{path}: is a folder; expected the job table's file")
        if not path.parent.is_dir():
            raise TableError(f"{path}: the folder {path.parent} does not exist")


def make_companions_writable(path: Path) -> None:
    """Give the log and its index the table's own permissions. Raises OSError.

    SQLite makes them like the table. Made while that was read-only, they would stay so when it is
    not any more, and SQLite would go on calling the table read-only.
    """
    table = path.resolve()
    if not os.access(table, os.W_OK):
        return
    for ending in ("-wal", "-shm"):
        companion = table.with_name(table.name + ending)
        if companion.exists() and not os.access(companion, os.W_OK):
            companion.chmod(stat.S_IMODE(table.stat().st_mode))


def check_exists(path: Path) -> None:
    """Raise TableError when there is no table: a mistyped path must not become a new one."""
    check_place(path)
    with table_errors(path):
        if path.exists():
            return
    raise TableError(f"{path}: there is no job table here; `batchclip load MANIFEST` makes one")


@contextmanager
def table_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite, the file system and the reading of a row raise into a TableError."""
    try:
        yield
    except (sqlite3.Error, OSError, ValueError) as error:
        # A ValueError is a row that no batchclip has written: a page may have gone bad in a way
        # that SQLite doesn't notice.
        raise TableError(f"{path}: {sentence_of(error)}") from error


def sentence_of(error: Exception) -> str:
    """What an operator should know of this error."""
    text = str(error)
    for sign, sentence in SENTENCES.items():
        if sign in text:
            return sentence
    if isinstance(error, ValueError):
        return f"the job table is corrupt ({text}); restore it from a backup"
    return f"the job table failed: {text}"


SENTENCES = {
    "database or disk is full": "the disk is full; free some space and run again",
    "readonly database": "the job table cannot be written: it, or its folder, is read-only",
    "unable to open database file": "the job table cannot be opened or made; check permissions",
    "Permission denied": "the job table cannot be opened or made; check permissions",
    "file is not a database": "is not a SQLite database, so not a job table",
    "Could not decode": "the job table is corrupt; restore it from a backup",
    # What a function of ours is given must be text that can be read.
    "user-defined function": "the job table is corrupt; restore it from a backup",
    "malformed": "the job table is corrupt; restore it from a backup",
    "database is locked": f"another program has held the job table for {BUSY_SECONDS:.0f} s",
    "disk I/O error": "the disk is full, or failed to read or write the job table (disk I/O error)",
}
