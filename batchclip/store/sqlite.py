"""The job table in SQLite."""

from collections.abc import Sequence
from pathlib import Path

import aiosqlite

from batchclip.store.base import LeftClaim, Write
from batchclip.store.connection import open_for_writing, table_errors
from batchclip.store.loading import SqliteStaging
from batchclip.store.reading import SqliteReader
from batchclip.store.rows import left_claim_of
from batchclip.store.transaction import transaction
from batchclip.store.writes import WRITERS, fetch


class SqliteStore(SqliteReader):
    """Reads and writes one SQLite job table: WAL, and a commit is on disk when it returns."""

    @classmethod
    async def open(cls, path: Path, at: int) -> "SqliteStore":
        """Open the table, made or brought up to date where needed. Raises TableError."""
        return cls(path, await open_for_writing(path, at))

    async def commit(self, writes: Sequence[Write[object]]) -> list[object]:
        """Write all of these durably, or none. Raises TableError."""
        with table_errors(self._path):
            async with transaction(self._database):
                answers = await write_all(self._database, writes)
        return answers

    async def held_until(self, at: int) -> int | None:
        """Return until when runs that began before `at` were asked to hold off."""
        with table_errors(self._path):
            rows = await fetch(self._database, "held_until", at=at)
        return None if rows[0][0] is None else int(rows[0][0])

    async def left_claims(self) -> list[LeftClaim]:
        """Return the claims that dead runs have left."""
        with table_errors(self._path):
            rows = await fetch(self._database, "claimed", first_generation=0)
        return [left_claim_of(row) for row in rows]

    async def stage(self) -> SqliteStaging:
        """Begin a load. Raises TableError."""
        staging = SqliteStaging(self._path, self._database)
        await staging.begin()
        return staging


async def write_all(
    database: aiosqlite.Connection, writes: Sequence[Write[object]]
) -> list[object]:
    """Do the writes kind by kind; answer in the order in which they came."""
    answers: dict[int, object] = {}
    for kind, writer in WRITERS.items():
        places = [place for place, write in enumerate(writes) if type(write) is kind]
        if places:
            done = await writer(database, [writes[place] for place in places])
            answers.update(zip(places, done, strict=True))
    return [answers[place] for place in range(len(writes))]
