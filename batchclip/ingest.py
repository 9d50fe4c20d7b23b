"""Manifests into the job table: everything is checked first, then all of it goes in, or nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from batchclip.manifest import Manifest, ManifestRow, RowError, read_manifest
from batchclip.store.base import Loaded, Staging

ROWS_AT_ONCE = 5_000


class Refusals(Protocol):
    """Is told of every row that cannot be loaded."""

    def refuse(self, manifest: Manifest, errors: Sequence[RowError]) -> None:
        """Take the errors of one row."""
        ...


@dataclass(slots=True)
class Intake:
    """What was read: good rows, bad rows, whether a file could not be read to its end."""

    rows: int = 0
    refused: int = 0
    errors: int = 0
    unreadable: int = 0
    force_ignored: int = 0

    def loadable(self, *, skip_invalid: bool) -> bool:
        """Whether anything may be loaded. A file that breaks off is never loaded in part."""
        return not self.errors or (skip_invalid and not self.unreadable)


class Ingest:
    """Takes manifests into a job table: first `read` all of them, then `merge`."""

    def __init__(self, staging: Staging, refusals: Refusals, *, skip_invalid: bool = False) -> None:
        self._staging = staging
        self._refusals = refusals
        self._skip_invalid = skip_invalid
        self.intake = Intake()

    @property
    def loadable(self) -> bool:
        """Whether what was read may be loaded."""
        return self.intake.loadable(skip_invalid=self._skip_invalid)

    async def read(self, names: Iterable[str], stdin: BinaryIO | None = None) -> None:
        """Check these manifests, and have their good rows wait. `stdin` is what `-` reads.

        Raises TableError when there is no room for them.
        """
        for name in names:
            await self._read(name, stdin)

    async def merge(self, at: int) -> Loaded | None:
        """Load the new ranges of what was read; None when errors forbid it.

        `at`: milliseconds since 1970. Raises TableError when the table can't be written.
        """
        if self.loadable:
            return await self._staging.merge(at)
        return None

    async def _read(self, name: str, stdin: BinaryIO | None) -> None:
        manifest = read_manifest(name, stdin)
        rows: list[ManifestRow] = []
        bad_row: list[RowError] = []
        for item in manifest:
            if isinstance(item, ManifestRow):
                rows.append(item)
                if len(rows) == ROWS_AT_ONCE:
                    await self._stage(name, rows)
                    rows = []
                continue
            if bad_row and (item.line != bad_row[0].line or item.fatal):
                self._refuse(manifest, bad_row)
            bad_row.append(item)
        if bad_row:
            self._refuse(manifest, bad_row)
        if rows:
            await self._stage(name, rows)

    async def _stage(self, name: str, rows: list[ManifestRow]) -> None:
        await self._staging.add(name, rows)
        self.intake.rows += len(rows)
        self.intake.force_ignored += sum(row.force_ignored for row in rows if row.force)

    def _refuse(self, manifest: Manifest, errors: list[RowError]) -> None:
        self.intake.refused += 1
        self.intake.errors += len(errors)
        self.intake.unreadable += any(error.fatal for error in errors)
        self._refusals.refuse(manifest, tuple(errors))
        errors.clear()
