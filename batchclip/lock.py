"""A lock between processes that the operating system drops however its holder dies."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An exclusive `flock` on a file of its own, which may carry a note about its holder.

    The file is never deleted: two processes must always meet on the same inode.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def try_acquire(self, note: str = "") -> bool:
        """Take the lock if it is free and leave the note in it; False when another holds it.

        Raises OSError when the file cannot be opened or written.
        """
        descriptor = os.open(
            self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, note.encode(), 0)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            # A full disk has no room for the note; the lock must not outlive the failure.
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def note(self) -> str:
        """Return what the holder wrote, empty when nobody did."""
        try:
            return self._path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def held(self) -> bool:
        """Whether a living process holds it. Asks with a shared lock, for an instant."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False
