"""Job tables put together: to read, to write, to load into."""

import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TextIO

from batchclip.clock import Clock
from batchclip.errors import UsageError
from batchclip.ingest import Ingest, Intake, Nowhere, Stages
from batchclip.report.rejects import RejectsWriter
from batchclip.runner.alone import only_run, run_lock
from batchclip.settings import Settings
from batchclip.store.base import JobReader, Loaded, Store
from batchclip.store.connection import check_exists, check_place, sqlite_path
from batchclip.store.reading import SqliteReader
from batchclip.store.sqlite import SqliteStore


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
    settings: Settings, manifests: Sequence[str], clock: Clock, into: Stages, errors: TextIO
) -> LoadResult:
    """Check manifests and load their new ranges. Raises TableError, or UsageError for rejects."""
    with rejects_file(settings.rejects) as rejects:
        ingest = Ingest(into, RejectsWriter(errors, rejects), sys.stdin.buffer)
        loaded = await ingest.load(
            manifests, lambda: milliseconds(clock), skip_invalid=settings.skip_invalid
        )
    return LoadResult(ingest.intake, loaded)


async def check_first(
    settings: Settings, manifests: Sequence[str], clock: Clock, errors: TextIO
) -> LoadResult | None:
    """Check manifests that would make a new table, so that bad ones leave nothing behind.

    None when they can be loaded, or when only loading tells: a table is there, or one of them can
    be read but once, as standard input and a pipe can. Raises as `load` does.
    """
    if sqlite_path(settings.db).exists() or any(read_once(name) for name in manifests):
        return None
    quiet = Ingest(Nowhere(), RejectsWriter(StringIO()))
    if await quiet.load(manifests, lambda: 0, skip_invalid=settings.skip_invalid):
        return None
    return await load(settings, manifests, clock, Nowhere(), errors)


def read_once(manifest: str) -> bool:
    """Whether reading this takes it away: standard input, a pipe, `<(command)`."""
    path = Path(manifest)
    try:
        return manifest == "-" or (path.exists() and not path.is_file() and not path.is_dir())
    except OSError:
        # A name that is too long is said to be so when the manifest is opened.
        return False


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
