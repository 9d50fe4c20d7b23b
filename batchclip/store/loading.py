"""Loading: rows wait in a temporary table until all are known to be good, then go in at once."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from batchclip.store.base import Loaded, StagedRow
from batchclip.store.connection import table_errors
from batchclip.store.database import Database
from batchclip.store.rows import staged_values
from batchclip.store.statements import sql
from batchclip.store.transaction import transaction
from batchclip.store.writes import choose_fronts, fetch

TOUCHED_AT_ONCE = 10_000


class SqliteStaging:
    """Rows on their way in. The temporary table is a file of its own, so a run is not held up."""

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database
        self._manifests: dict[str, int] = {}
        self._staged = 0

    async def begin(self) -> None:
        """Start with nothing staged."""
        with table_errors(self._path):
            await self._database.call(begin)

    async def add(self, rows: Sequence[StagedRow]) -> None:
        """Keep these rows. Raises TableError when the disk is full."""
        values = [staged_values(self._number_of(row.manifest), row) for row in rows]
        with table_errors(self._path):
            await self._database.call(add, values)
        self._staged += len(rows)

    def _number_of(self, manifest: str) -> int:
        return self._manifests.setdefault(manifest, len(self._manifests) + 1)

    async def merge(self, at: int) -> Loaded:
        """Add the ranges that are new, in one transaction. `at`: milliseconds since 1970."""
        with table_errors(self._path):
            added, retitled = await self._database.call(merge, self._manifests, at)
        return Loaded(added, self._staged - added, retitled)


def begin(database: sqlite3.Connection) -> None:
    """Make the temporary table anew."""
    for statement in ("stage_drop", "stage_create", "stage_identity"):
        fetch(database, statement)


def add(database: sqlite3.Connection, values: Sequence[tuple[object, ...]]) -> None:
    """Put rows into the temporary table."""
    with transaction(database, "BEGIN"):
        database.executemany(sql("stage_add"), values)


def merge(database: sqlite3.Connection, manifests: Mapping[str, int], at: int) -> tuple[int, int]:
    """Take what is new into the job table, all or nothing; say how many ranges and titles."""
    with transaction(database):
        before_first = name_manifests(database, manifests, at)
        fetch(database, "load_sources")
        fetch(database, "load_match")
        fetch(database, "load_titles", at=at)
        retitled = changes(database)
        fetch(database, "load_jobs", at=at, manifests=before_first)
        added = changes(database)
        choose_all_fronts(database)
    fetch(database, "stage_drop")
    return added, retitled


def changes(database: sqlite3.Connection) -> int:
    """Rows that the last statement wrote (a cursor knows no rowcount behind a WITH)."""
    return int(fetch(database, "changes")[0][0])


def name_manifests(database: sqlite3.Connection, manifests: Mapping[str, int], at: int) -> int:
    """Note the manifests; return the id before the first one's."""
    before_first = int(fetch(database, "last_manifest")[0][0])
    for name, number in manifests.items():
        fetch(database, "load_manifest", id=before_first + number, name=name, at=at)
    return before_first


def choose_all_fronts(database: sqlite3.Connection) -> None:
    """Choose the fronts of all files that have a new range."""
    touched = database.execute(sql("load_touched"))
    while rows := touched.fetchmany(TOUCHED_AT_ONCE):
        choose_fronts(database, (row[0] for row in rows))
