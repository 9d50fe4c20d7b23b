"""Job tables put together: to read, to write, to load into."""

import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from batchclip.clock import Clock
from batchclip.errors import UsageError
from batchclip.ingest import Ingest, Intake
from batchclip.report.rejects import RejectsWriter
from batchclip.runner.alone import only_run, run_lock
from batchclip.settings import Settings
from batchclip.store.base import JobReader, Loaded, Staging, Store
from batchclip.store.connection import check_exists, check_place, sqlite_path
from batchclip.store.reading import SqliteReader
from batchclip.store.sqlite import SqliteStore
from batchclip.store.staging import SqliteStaging


def milliseconds(clock: Clock) -> int:
    """Milliseconds since 1970."""
    return round(1000 * clock.now())


@asynccontextmanager
async def reader(settings: Settings, clock: Clock) -> AsyncIterator[JobReader]:
    """The job table to read from. Raises TableError when there is none or it can't be read."""
    opened = await SqliteReader.open(sqlite_path(settings.db), milliseconds(clock))
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def store(settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    """The job table to write to. Raises TableError when it can't be opened or made."""
    opened = await SqliteStore.open(sqlite_path(settings.db), milliseconds(clock))
    try:
        yield opened
    finally:
        await opened.close()


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load came to; `loaded` is None when errors forbade it."""

    intake: Intake
    loaded: Loaded | None


async def load(
    settings: Settings,
    manifests: Sequence[str],
    clock: Clock,
    table: Store,
    errors: TextIO,
    first: Ingest | None = None,
) -> LoadResult:
    """Check manifests and load their new ranges; what was read `first` is not read again.

    Raises TableError, or UsageError for rejects.
    """
    if first is not None:
        return LoadResult(first.intake, await first.merge(milliseconds(clock)))
    async with reading(settings, manifests, await table.stage(), errors) as ingest:
        return LoadResult(ingest.intake, await ingest.merge(milliseconds(clock)))


@asynccontextmanager
async def read_first(
    settings: Settings, manifests: Sequence[str], errors: TextIO
) -> AsyncIterator[Ingest | None]:
    """Manifests for a new table, read before it is made, so that bad ones leave nothing behind.

    None when a table is there: what may be wrong with it is told before anything is read. Raises
    as `load` does.
    """
    path = sqlite_path(settings.db)
    if not manifests or path.exists():
        yield None
        return
    async with reading(settings, manifests, await SqliteStaging.open(path), errors) as ingest:
        yield ingest


@asynccontextmanager
async def reading(
    settings: Settings, manifests: Sequence[str], staging: Staging, errors: TextIO
) -> AsyncIterator[Ingest]:
    """Manifests that have been read. Their rows wait until this is left."""
    try:
        with rejects_file(settings.rejects) as rejects:
            writer = RejectsWriter(errors, rejects)
            ingest = Ingest(staging, writer, skip_invalid=settings.skip_invalid)
            await ingest.read(manifests, sys.stdin.buffer)
        yield ingest
    finally:
        await staging.close()


@contextmanager
def rejects_file(path: Path | None) -> Iterator[TextIO | None]:
    """Open the file of rejected rows, if one is asked for. Raises UsageError when it can't be
    written; nothing is loaded then."""
    if path is None:
        yield None
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as opened:
            yield opened
    except OSError as error:
        raise UsageError(f"--rejects: {path}: {error.strerror}") from None


@asynccontextmanager
async def table_for_run(
    settings: Settings, clock: Clock, *, may_be_new: bool
) -> AsyncIterator[Store]:
    """The job table, held by this run alone. Raises TableBusy or TableError.

    Without a manifest a missing table is a mistyped path, and a night without a clip.
    """
    path = sqlite_path(settings.db)
    check_place(path)
    if not may_be_new:
        check_exists(path)
    async with only_run(path, clock), store(settings, clock) as table:
        yield table


def running(settings: Settings) -> bool:
    """Whether a living run holds the table."""
    return run_lock(sqlite_path(settings.db)).held()


@asynccontextmanager
async def existing_store(settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    """The job table to write to, also while a run goes on. Raises TableError without one."""
    check_exists(sqlite_path(settings.db))
    async with store(settings, clock) as table:
        yield table
