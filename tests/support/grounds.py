"""Ground that gives way: a disk that is full from some moment on, or slow, or notes all."""

import base64
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from tests.support.disk import SQLITE_OK, Kind

FULL = 13
SYNC_FAILED = 10 | (4 << 8)
FOR_EVER = 1 << 60

SETTING = "BROKEN_GROUND"
"""Not `BATCHCLIP_`, where a name that is not known is an error."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with the machine. As a setting it goes into a process's environment."""

    kind: Kind = "write"
    first: int = 0
    """The first operation of this kind that fails, counted from 1; 0 for none."""
    last: int = FOR_EVER
    code: int = FULL
    sync_seconds: float = 0.0
    """How long every sync takes."""
    notes: str = ""
    """The file in which to note everything that was done."""
    checkpoint_pages: int = 0
    """After how many pages the log is copied into the table; 0 leaves it at SQLite's thousand."""
    clock: str = ""
    """A file that holds by how many seconds the clock is wrong."""
    token_full_from: int = 0
    """The first sync of a token file that finds the disk full, counted from 1."""
    dies_after_renaming: bool = False
    """SIGKILL between a token file's renaming and the sync of its folder."""

    @property
    def as_setting(self) -> dict[str, str]:
        return {SETTING: json.dumps(asdict(self))}


class Ground:
    """A disk with this trouble."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self.count = 0
        self._notes = note_file(trouble.notes) if trouble.notes else None

    def refuses(self, kind: Kind) -> int:
        trouble = self._trouble
        if kind == "sync":
            time.sleep(trouble.sync_seconds)
        if kind != trouble.kind or not trouble.first:
            return SQLITE_OK
        self.count += 1
        return trouble.code if trouble.first <= self.count <= trouble.last else SQLITE_OK

    def did(self, kind: Kind, file: str, at: int, data: bytes) -> None:
        # Temporary files have no name, and nothing of them is wanted after a crash.
        if self._notes is not None and file:
            note = json.dumps([kind, file, at, base64.b64encode(data).decode()])
            os.write(self._notes, note.encode() + b"\n")


def note_file(path: str) -> int:
    """Open a file to note in; what is in it outlives the process, however that ends."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


class Done(NamedTuple):
    """Something that the disk did, and how long the notes were when it had been noted."""

    kind: Kind
    file: str
    at: int
    """An offset; of a cut file, its new length; of a removed one, whether its folder is synced."""
    data: bytes
    noted_at: int


def noted(notes: Path) -> Iterator[Done]:
    """Read the notes of all processes, one after the other."""
    length = 0
    with notes.open("rb") as lines:
        for line in lines:
            length += len(line)
            kind, file, at, data = json.loads(line)
            yield Done(kind, file, at, base64.b64decode(data), length)
