"""Schema migrations: plain SQL files, forward only, each with its record in one transaction."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiosqlite

from batchclip.errors import TableError

APPLICATION_ID = 0x62636C70
"""`bclp` in the database's header: tells the job table from any other SQLite file."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration file."""

    version: int
    name: str
    script: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.script.encode()).hexdigest()


def migrations_folder(engine: str) -> Path:
    """Where the migrations are: in the installed package, else in the checkout beside it."""
    package = Path(__file__).parent.parent
    checkout = package.parent
    if not (package / "migrations").is_dir() and (checkout / "pyproject.toml").is_file():
        return checkout / "migrations" / engine
    return package / "migrations" / engine


def find_migrations(folder: Path) -> list[Migration]:
    """Return the migrations of a folder, in order."""
    return [
        Migration(int(path.name.split("_")[0]), path.stem, path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("[0-9]*.sql"))
    ]


async def migrate(
    database: aiosqlite.Connection, migrations: Sequence[Migration], at: int, name: str
) -> None:
    """Bring the table up to date. `at` is in milliseconds since 1970, `name` is for sentences.

    Raises TableError when the file is another program's, newer than this version, or was made by
    a migration that has been edited since.
    """
    if not pending(await applied(database, name), migrations, name):
        return
    # Another process may be at it, too: the lock first, then a second look.
    await database.execute("BEGIN EXCLUSIVE")
    try:
        for migration in pending(await applied(database, name), migrations, name):
            await apply(database, migration, at)
        await database.execute("COMMIT")
    except BaseException:
        await database.rollback()
        raise


async def applied(database: aiosqlite.Connection, name: str) -> dict[int, str]:
    """Return version and checksum of what was applied; empty for a new file."""
    objects = await scalar(database, "SELECT count(*) FROM sqlite_schema")
    if not objects:
        return {}
    if await scalar(database, "PRAGMA application_id") != APPLICATION_ID:
        raise TableError(f"{name}: is a database of another program, not a batchclip job table")
    rows = await database.execute_fetchall("SELECT version, checksum FROM schema_migrations")
    return {int(version): str(checksum) for version, checksum in rows}


def pending(done: dict[int, str], migrations: Sequence[Migration], name: str) -> list[Migration]:
    """Return what is yet to be applied. Raises TableError when that cannot be known."""
    newest = migrations[-1].version
    if done and max(done) > newest:
        raise TableError(
            f"{name}: is at schema version {max(done)}, newer than this batchclip knows "
            f"({newest}); use the version that made it, or a later one"
        )
    for migration in migrations:
        if done.get(migration.version, migration.checksum) != migration.checksum:
            raise TableError(
                f"{name}: migration {migration.name} was edited after it was applied here; "
                "restore the original file"
            )
    return [migration for migration in migrations if migration.version not in done]


async def apply(database: aiosqlite.Connection, migration: Migration, at: int) -> None:
    """Run one migration and note it, inside the caller's transaction."""
    await database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    await database.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, "
        "name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
    )
    for statement in statements_of(migration.script):
        await database.execute(statement)
    await database.execute(
        "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
        (migration.version, migration.name, migration.checksum, at),
    )


def statements_of(script: str) -> Iterator[str]:
    """Split a script; a trigger's inner semicolons don't end its statement.

    What is left at the end is given, too: SQLite ignores a comment and refuses half a statement.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement


async def scalar(database: aiosqlite.Connection, statement: str) -> int:
    """Return the one number that a statement gives."""
    rows = list(await database.execute_fetchall(statement))
    return int(rows[0][0])
