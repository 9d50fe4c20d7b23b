"""One run at a time on a SQLite table, by a lock that dies with its holder."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from batchclip.clock import Clock
from batchclip.errors import TableBusy, TableError
from batchclip.lock import FileLock

TRIES = 20
PAUSE_SECONDS = 0.01
"""`status` holds the lock for an instant to look at it; a run that meets it then tries again."""


def run_lock(table: Path) -> FileLock:
    """The lock that a run holds on this table, under whatever name it is reached."""
    path = table.resolve()
    return FileLock(path.with_name(path.name + ".lock"))


@asynccontextmanager
async def only_run(table: Path, clock: Clock) -> AsyncIterator[None]:
    """Hold the lock. Raises TableBusy, which names the holder, or TableError."""
    lock = run_lock(table)
    since = datetime.fromtimestamp(clock.now(), UTC).isoformat(timespec="seconds")
    note = f"process {os.getpid()} on {socket.gethostname()}, since {since}"
    try:
        taken = await try_acquire(lock, note, clock)
    except OSError as error:
        raise TableError(f"{table}: its lock file: {error.strerror}") from None
    if not taken:
        raise TableBusy(f"{table}: another run holds this table: {lock.note()}")
    try:
        yield
    finally:
        lock.release()


async def try_acquire(lock: FileLock, note: str, clock: Clock) -> bool:
    """Take the lock, trying again for a moment while it is held."""
    for _ in range(TRIES):
        if lock.try_acquire(note):
            return True
        await clock.sleep(PAUSE_SECONDS)
    return False
