"""The job table in SQLite."""

from collections.abc import Sequence
from pathlib import Path

from batchclip.evidence import Doubt
from batchclip.store.base import Claim, Claims, Intend, LeftClaim, Write
from batchclip.store.connection import open_for_writing, table_errors
from batchclip.store.database import Database
from batchclip.store.doubts import doubts_of
from batchclip.store.groups import GroupWriter
from batchclip.store.mark import Mark
from batchclip.store.reading import SqliteReader
from batchclip.store.staging import SqliteStaging
from batchclip.store.writes import left_claims


class SqliteStore(SqliteReader):
    """Reads and writes one SQLite job table: WAL, and a commit is on disk when it returns."""

    def __init__(self, path: Path, database: Database, writer: GroupWriter) -> None:
        super().__init__(path, database)
        self._writer = writer
        self._mark = Mark(path)

    @classmethod
    async def open(cls, path: Path, at: int) -> "SqliteStore":
        """Open the table, made or brought up to date where needed. Raises TableError."""
        with table_errors(path):
            await Mark(path).check()
        database = await open_for_writing(path, at)
        try:
            with table_errors(path):
                return cls(path, database, await database.call(GroupWriter))
        except BaseException:
            await database.close()
            raise

    async def commit(self, writes: Sequence[Write[object]]) -> list[object]:
        """Write all of these durably, or none. Raises TableError."""
        with table_errors(self._path):
            if any(intends_to_send(write) for write in writes):
                self._mark.prepare()
            answers = await self._database.call(self._writer.write, writes)
        newest = newest_intent(writes, answers)
        if newest:
            self._mark.note(newest)
        return answers

    async def close(self) -> None:
        """Close the connection."""
        self._mark.close()
        await super().close()

    async def left_claims(self) -> list[LeftClaim]:
        """Return the claims that dead runs have left."""
        with table_errors(self._path):
            return await self._database.call(left_claims)

    async def doubts(self) -> list[Doubt]:
        """Return the ranges in doubt with what the table knows of their files."""
        with table_errors(self._path):
            return await self._database.call(doubts_of)

    async def newest_projects(self) -> frozenset[str]:
        """Return the projects that the table's latest ranges told of."""
        return frozenset(row[0] for row in await self._rows("newest_projects"))

    async def stage(self) -> SqliteStaging:
        """Begin a load. Raises TableError."""
        return await SqliteStaging.open(self._path)


def intends_to_send(write: Write[object]) -> bool:
    """Whether this sets intents."""
    return isinstance(write, Intend) or (isinstance(write, Claim) and write.intent is not None)


def newest_intent(writes: Sequence[Write[object]], answers: Sequence[object]) -> int:
    """The highest generation that these writes have set an intent of, 0 for none.

    One that was refused stands nowhere else: a mark of it would be ahead of the table.
    """
    newest = 0
    for write, answer in zip(writes, answers, strict=True):
        if isinstance(write, Intend) and answer:
            newest = max(newest, write.generation)
        elif isinstance(answer, Claims) and answer.claimed and intends_to_send(write):
            # They ascend.
            newest = max(newest, answer.claimed[-1].generation)
    return newest
