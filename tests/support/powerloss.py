"""What a power loss leaves: all that was synced, and of the rest whatever the disk had got to."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.grounds import Done

Loss = Callable[[Sequence[Done], random.Random], list[Done]]
"""Chooses, of what a file was told and never synced, what has come to the disk."""


def nothing_unsynced(pending: Sequence[Done], _: random.Random) -> list[Done]:
    return []


def everything(pending: Sequence[Done], _: random.Random) -> list[Done]:
    return list(pending)


def torn(pending: Sequence[Done], dice: random.Random) -> list[Done]:
    """In order up to some point, and the last of them only in part."""
    come = list(pending[: dice.randint(0, len(pending))])
    if come:
        come[-1] = come[-1]._replace(data=come[-1].data[: dice.randint(0, len(come[-1].data))])
    return come


def zeros(pending: Sequence[Done], _: random.Random) -> list[Done]:
    """The files have their lengths, and their new blocks were never written."""
    return [one._replace(data=bytes(len(one.data))) for one in pending]


def scattered(pending: Sequence[Done], dice: random.Random) -> list[Done]:
    """Any of them, in no order: the disk has put off what it liked."""
    return [one for one in pending if one.kind == "remove" or dice.random() < 0.5]


SYNCED_WITH_FOLDER = ("-journal", "-wal")
"""SQLite syncs the folder when it first syncs one of these after having opened it."""

LOSSES: tuple[Loss, ...] = (nothing_unsynced, everything, torn, zeros, scattered)


class Platter:
    """Files as a disk holds them: what is surely there, and what is still on its way."""

    def __init__(self) -> None:
        self._synced: dict[str, bytes] = {}
        self._pending: dict[str, list[Done]] = {}
        self._just_opened: set[str] = set()

    @property
    def unsynced(self) -> int:
        """How many operations a power loss could take."""
        return sum(map(len, self._pending.values()))

    def happen(self, done: Done) -> None:
        """Take up what was done."""
        if done.kind == "open":
            self._just_opened.add(done.file)
        elif done.kind == "sync":
            self._sync(done.file)
            if done.file in self._just_opened and done.file.endswith(SYNCED_WITH_FOLDER):
                self._sync_folder()
            self._just_opened.discard(done.file)
        else:
            self._pending.setdefault(done.file, []).append(done)
            if done.kind == "remove" and done.at:
                self._sync_folder()

    def _sync(self, file: str) -> None:
        self._put(self._synced, file, self._pending.pop(file, []))

    def _sync_folder(self) -> None:
        """Files that were removed stay so, whatever happened before."""
        for file, pending in list(self._pending.items()):
            gone = [place for place, done in enumerate(pending) if done.kind == "remove"]
            if gone:
                self._synced.pop(file, None)
                self._pending[file] = pending[gone[-1] + 1 :]

    def lose_power(self, folder: Path, loss: Loss, dice: random.Random) -> None:
        """Write the files into a folder as the power loss leaves them."""
        left = dict(self._synced)
        for file, pending in self._pending.items():
            self._put(left, file, loss(pending, dice))
        for file, content in left.items():
            (folder / file).write_bytes(content)

    def _put(self, files: dict[str, bytes], file: str, happened: Sequence[Done]) -> None:
        content = after(files.pop(file, None), happened)
        if content is not None:
            files[file] = content


def after(content: bytes | None, happened: Sequence[Done]) -> bytes | None:
    """What a file holds after all this; None when it is gone."""
    new = None if content is None else bytearray(content)
    for done in happened:
        if done.kind == "remove":
            new = None
            continue
        new = bytearray() if new is None else new
        if done.kind == "cut":
            new = new[: done.at].ljust(done.at, b"\0")
        else:
            new.extend(bytes(max(0, done.at - len(new))))
            new[done.at : done.at + len(done.data)] = done.data
    return None if new is None else bytes(new)
