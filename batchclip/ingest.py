"""Manifests into the job table: everything is checked first, then all of it goes in, or nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from batchclip.manifest import Manifest, ManifestRow, RowError, read_manifest
from batchclip.store.base import Loaded, StagedRow, Staging

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


class Stages(Protocol):
    """Where rows can wait: the store, or nowhere when they are only to be checked."""

    async def stage(self) -> Staging:
        """Begin a load."""
        ...


class Nowhere:
    """Keeps nothing, so that manifests can be checked before a job table is made for them."""

    async def stage(self) -> Staging:
        """Begin a check."""
        return self

    async def add(self, rows: Sequence[StagedRow]) -> None:
        """Keep nothing."""

    async def merge(self, at: int) -> Loaded:  # noqa: ARG002 -- the contract's
        """Add nothing."""
        return Loaded(0, 0, 0)


class Ingest:
    """Takes manifests into a store."""

    def __init__(self, store: Stages, refusals: Refusals, stdin: BinaryIO | None = None) -> None:
        self._store = store
        self._refusals = refusals
        self._stdin = stdin
        self.intake = Intake()

    async def load(
        self, names: Iterable[str], at: Callable[[], int], *, skip_invalid: bool = False
    ) -> Loaded | None:
        """Check these manifests and load their new ranges; None when errors forbid it.

        `at` tells the milliseconds since 1970. Raises TableError when the table can't be written.
        """
        staging = await self._store.stage()
        for name in names:
            await self._stage(name, staging)
        if not self.intake.loadable(skip_invalid=skip_invalid):
            return None
        return await staging.merge(at())

    async def _stage(self, name: str, staging: Staging) -> None:
        manifest = read_manifest(name, self._stdin)
        rows: list[StagedRow] = []
        bad_row: list[RowError] = []
        for item in manifest:
            if isinstance(item, ManifestRow):
                self.intake.force_ignored += item.force_ignored
                rows.append(StagedRow(name, item.line, item.range))
                if len(rows) == ROWS_AT_ONCE:
                    await self._add(staging, rows)
                continue
            if bad_row and (item.line != bad_row[0].line or item.fatal):
                self._refuse(manifest, bad_row)
            bad_row.append(item)
        if bad_row:
            self._refuse(manifest, bad_row)
        if rows:
            await self._add(staging, rows)

    async def _add(self, staging: Staging, rows: list[StagedRow]) -> None:
        await staging.add(rows)
        self.intake.rows += len(rows)
        rows.clear()

    def _refuse(self, manifest: Manifest, errors: list[RowError]) -> None:
        self.intake.refused += 1
        self.intake.errors += len(errors)
        self.intake.unreadable += any(error.fatal for error in errors)
        self._refusals.refuse(manifest, tuple(errors))
        errors.clear()
