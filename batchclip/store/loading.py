"""Loading: rows wait in a temporary table until all are known to be good, then go in at once."""

from collections.abc import Sequence
from pathlib import Path

import aiosqlite

from batchclip.store.base import Loaded, StagedRow
from batchclip.store.connection import table_errors
from batchclip.store.rows import staged_values
from batchclip.store.statements import sql
from batchclip.store.transaction import transaction
from batchclip.store.writes import choose_fronts, fetch

TOUCHED_AT_ONCE = 10_000


class SqliteStaging:
    """Rows on their way in. The temporary table is a file of its own, so a run is not held up."""

    def __init__(self, path: Path, database: aiosqlite.Connection) -> None:
        self._path = path
        self._database = database
        self._manifests: dict[str, int] = {}
        self._staged = 0

    async def begin(self) -> None:
        """Start with nothing staged."""
        with table_errors(self._path):
            await self._database.execute(sql("stage_drop"))
            await self._database.execute(sql("stage_create"))
            await self._database.execute(sql("stage_identity"))

    async def add(self, rows: Sequence[StagedRow]) -> None:
        """Keep these rows. Raises TableError when the disk is full."""
        values = [staged_values(self._number_of(row.manifest), row) for row in rows]
        with table_errors(self._path):
            async with transaction(self._database, "BEGIN"):
                await self._database.executemany(sql("stage_add"), values)
        self._staged += len(rows)

    def _number_of(self, manifest: str) -> int:
        return self._manifests.setdefault(manifest, len(self._manifests) + 1)

    async def merge(self, at: int) -> Loaded:
        """Add the ranges that are new, in one transaction. `at`: milliseconds since 1970."""
        with table_errors(self._path):
            async with transaction(self._database):
                loaded = await self._merge(at)
            await self._database.execute(sql("stage_drop"))
        return loaded

    async def _merge(self, at: int) -> Loaded:
        before_first = await self._name_manifests(at)
        await self._database.execute(sql("load_sources"))
        await self._database.execute(sql("load_match"))
        await self._database.execute(sql("load_titles"), {"at": at})
        retitled = await self._changes()
        values = {"at": at, "manifests": before_first}
        await self._database.execute(sql("load_jobs"), values)
        added = await self._changes()
        await self._choose_fronts()
        return Loaded(added, self._staged - added, retitled)

    async def _changes(self) -> int:
        """Rows that the last statement wrote (a cursor knows no rowcount behind a WITH)."""
        return int((await fetch(self._database, "changes"))[0][0])

    async def _name_manifests(self, at: int) -> int:
        """Note the manifests; return the id before the first one's."""
        before_first = int((await fetch(self._database, "last_manifest"))[0][0])
        for name, number in self._manifests.items():
            values = {"id": before_first + number, "name": name, "at": at}
            await fetch(self._database, "load_manifest", **values)
        return before_first

    async def _choose_fronts(self) -> None:
        async with self._database.execute(sql("load_touched")) as touched:
            while rows := await touched.fetchmany(TOUCHED_AT_ONCE):
                await choose_fronts(self._database, (row[0] for row in rows))
