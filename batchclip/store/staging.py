"""Staging: rows of manifests wait in a temporary file until all are known to be good."""

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from batchclip.store.base import Loaded, StagedRow
from batchclip.store.connection import BUSY_SECONDS, table_errors
from batchclip.store.database import Database
from batchclip.store.fronts import prepare_fronts
from batchclip.store.loading import merge, prepare
from batchclip.store.statements import fetch, sql
from batchclip.store.transaction import transaction

TABLES = (
    "stage_create",
    "stage_create_files",
    "stage_create_batch",
    "stage_create_places",
    "stage_create_titles",
)


class SqliteStaging:
    """Rows on their way in, on a connection of their own.

    Until the merge it knows nothing of the job table, which may be yet to be made.
    """

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database
        self._manifests: dict[str, int] = {}
        self._staged = 0
        self._sorting: asyncio.Future[None] | None = None

    @classmethod
    async def open(cls, path: Path) -> "SqliteStaging":
        """Start with nothing staged for the job table at `path`. Raises TableError."""
        with table_errors(path):
            database = await connect_to_nothing()
            try:
                await database.call(begin)
            except BaseException:
                await database.close()
                raise
        return cls(path, database)

    async def add(self, manifest: str, rows: Sequence[StagedRow]) -> None:
        """Keep these rows. Raises TableError when the disk is full."""
        number = self._manifests.setdefault(manifest, len(self._manifests) + 1)
        with table_errors(self._path):
            await self._sorted()
            await self._database.call(take, rows)
            # Goes on in the connection's thread while the next rows are read. SQLite needs Python's
            # lock for each row that is bound, but not inside a statement.
            self._sorting = asyncio.ensure_future(self._database.call(sort_in, number))
            await asyncio.sleep(0)
        self._staged += len(rows)

    async def _sorted(self) -> None:
        sorting, self._sorting = self._sorting, None
        if sorting is not None:
            await sorting

    async def merge(self, at: int) -> Loaded:
        """Add the ranges that are new, in one transaction, and close. `at`: ms since 1970."""
        try:
            with table_errors(self._path):
                await self._sorted()
                await self._database.call(attach, self._path)
                seen = await self._database.call(prepare)
                added, retitled = await self._database.call(merge, seen, self._manifests, at)
        finally:
            await self.close()
        return Loaded(added, self._staged - added, retitled)

    async def close(self) -> None:
        """Forget the rows."""
        sorting, self._sorting = self._sorting, None
        if sorting is not None:
            await asyncio.gather(sorting, return_exceptions=True)
        await self._database.close()


async def connect_to_nothing() -> Database:
    """A connection to a file without a name, which SQLite deletes as soon as it makes it."""
    database = Database(
        lambda: sqlite3.connect("", uri=True, isolation_level=None, timeout=BUSY_SECONDS),
        iter_chunk_size=1,
    )
    await database
    return database


def begin(database: sqlite3.Connection) -> None:
    """Make the temporary tables."""
    # KiB: the numbers of some 200,000 files are found without going to the disk.
    database.execute("PRAGMA temp.cache_size = -8000")
    for table in TABLES:
        fetch(database, table)


def take(database: sqlite3.Connection, rows: Sequence[StagedRow]) -> None:
    """Take rows over as they are."""
    with transaction(database, "BEGIN"):
        database.executemany(sql("stage_batch"), rows)


def sort_in(database: sqlite3.Connection, manifest: int) -> None:
    """Put the rows that were taken over among the others, each with its file's number."""
    with transaction(database, "BEGIN"):
        fetch(database, "stage_files")
        fetch(database, "stage_rows", manifest=manifest)
        fetch(database, "stage_empty_batch")


def attach(database: sqlite3.Connection, path: Path) -> None:
    """Open the job table beside the temporary ones."""
    address = f"file:{quote(os.fsencode(path.absolute()))}?mode=rw"
    fetch(database, "load_attach", address=address)
    database.execute("PRAGMA job_table.synchronous = FULL")
    database.execute("PRAGMA job_table.cache_size = -8000")
    prepare_fronts(database)
