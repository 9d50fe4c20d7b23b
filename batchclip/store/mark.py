"""A mark beside the table of what was last meant to be sent, so that a lost log is noticed.

SQLite takes a log (`-wal`) that is gone, or has a bad byte in it, for one that ends earlier: the
table is then older than what has left, and nothing in it tells. The mark is written after a commit
and never synced: after a power loss it may be behind the table, but it is never ahead of it.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import aiosqlite

from batchclip.errors import TableError
from batchclip.store.statements import sql


class Mark:
    """Holds the generation of the newest intent that was committed."""

    def __init__(self, table: Path) -> None:
        resolved = table.resolve()
        self._table = resolved
        self.path = resolved.with_name(resolved.name + ".sent")
        self._descriptor: int | None = None

    def prepare(self) -> None:
        """Make room for the mark before anything is committed. Raises OSError."""
        if self._descriptor is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(self.path, flags, 0o600)
            os.pwrite(self._descriptor, os.pread(self._descriptor, 20, 0).ljust(20), 0)

    def note(self, generation: int) -> None:
        """Remember this one. A mark that can't be written is behind, which does no harm."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.pwrite(self._descriptor, b"%019d\n" % generation, 0)

    def read(self) -> int:
        """The generation that was noted last, 0 without a mark."""
        try:
            return int(self.path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    async def check(self) -> None:
        """Raise TableError when the table knows less than the mark. Changes nothing.

        A new table begins without a mark.
        """
        if not self._table.exists():
            self.path.unlink(missing_ok=True)
            return
        # Read before the table: a run that is going on moves both, the table first.
        generation = self.read()
        if generation and await self._is_older_than(generation):
            raise TableError(
                f"{self._table}: is older than what was sent from it: its -wal file was lost or "
                "damaged, or it is an older copy. Put the right one back; if there is none, look "
                f"at `batchclip audit`, cancel what was sent since, and remove {self.path}"
            )

    async def _is_older_than(self, generation: int) -> bool:
        # Only to read: a connection that may write would do away with a damaged log at its close.
        address = f"file:{quote(os.fsencode(self._table))}?mode=ro"
        try:
            async with aiosqlite.connect(address, uri=True) as database:
                rows = await database.execute_fetchall(sql("older"), {"generation": generation})
        except sqlite3.Error:
            # What is wrong with the file is said by whoever opens it.
            return False
        return bool(next(iter(rows))[0])

    def close(self) -> None:
        """Let the file go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
