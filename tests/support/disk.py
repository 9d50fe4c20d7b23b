"""The disk under SQLite, watched and broken: a layer over the machine's own file system.

SQLite reaches its files through a VFS, a table of functions. `laid_under` puts a copy of that table
in front, in which writing, cutting, syncing and removing go by way of a `Ground` first.
"""

import _sqlite3
import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, Literal, Protocol

SQLITE_OK = 0
Kind = Literal["open", "write", "cut", "sync", "remove"]


class Ground(Protocol):
    """What the files stand on."""

    def refuses(self, kind: Kind) -> int:
        """SQLite's code for the error with which this fails, 0 when it is to be done."""
        ...

    def did(self, kind: Kind, file: str, at: int, data: bytes) -> None:
        """Hear of something done: `at` is an offset or, of a cut file, its new length."""
        ...


class Vfs(Structure):
    """`sqlite3_vfs`, its first version: the others only add to it."""

    _fields_ = (
        ("version", c_int),
        ("size_of_file", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("remove", c_void_p),
        ("rest", c_void_p * 10),
    )


class Methods(Structure):
    """`sqlite3_io_methods`, version 3, as the file system of every POSIX machine has it."""

    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", c_void_p),
        ("cut", c_void_p),
        ("sync", c_void_p),
        ("rest", c_void_p * 13),
    )


class File(Structure):
    """`sqlite3_file`: what belongs to the file system itself stands behind it."""

    _fields_ = (("methods", POINTER(Methods)),)


# A path is a bare address: SQLite goes on using it after the call, so that no copy will do.
OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(File), c_int, c_void_p)
REMOVE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
CUT = CFUNCTYPE(c_int, c_void_p, c_int64)
SYNC = CFUNCTYPE(c_int, c_void_p, c_int)

kept: list[object] = []
"""What C still points to, also while the interpreter ends."""


class Layer:
    """A VFS of our own, in front of the machine's."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        self._library.sqlite3_vfs_find.restype = POINTER(Vfs)
        below = self._library.sqlite3_vfs_find(None).contents
        self._vfs = Vfs.from_buffer_copy(below)
        self._vfs.version, self._vfs.name = 1, b"ground"
        self._open, self._remove = OPEN(below.open), REMOVE(below.remove)
        self._vfs.open = self._keep(OPEN(self._opened))
        self._vfs.remove = self._keep(REMOVE(self._removed))
        self._names: dict[int, str] = {}
        self._methods: dict[int, Methods] = {}
        kept.append(self)

    def lay(self) -> None:
        """Have every connection made from now on stand on it."""
        assert self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1) == SQLITE_OK

    def take_away(self) -> None:
        """Leave it to those connections that stand on it."""
        self._library.sqlite3_vfs_unregister(ctypes.byref(self._vfs))

    def _keep(self, function: Any) -> int | None:
        kept.append(function)
        return ctypes.cast(function, c_void_p).value

    def _opened(self, vfs: int, path: int | None, file: Any, flags: int, out: int | None) -> int:
        code: int = self._open(vfs, path, file, flags, out)
        if code == SQLITE_OK:
            self._names[ctypes.addressof(file.contents)] = name_at(path)
            self._ground.did("open", name_at(path), 0, b"")
            methods = file.contents.methods
            file.contents.methods = ctypes.pointer(self._watched(methods.contents))
        return code

    def _watched(self, below: Methods) -> Methods:
        """The same methods, but for those that change a file; made once for each kind of file."""
        address = ctypes.addressof(below)
        if address not in self._methods:
            ours = Methods.from_buffer_copy(below)
            ours.write = self._keep(WRITE(self._written(WRITE(below.write))))
            ours.cut = self._keep(CUT(self._cut(CUT(below.cut))))
            ours.sync = self._keep(SYNC(self._synced(SYNC(below.sync))))
            self._methods[address] = ours
        return self._methods[address]

    def _written(self, below: Any) -> Callable[[int, int, int, int], int]:
        def write(file: int, data: int, size: int, at: int) -> int:
            content = ctypes.string_at(data, size)
            return self._do("write", file, at, content, lambda: below(file, data, size, at))

        return write

    def _cut(self, below: Any) -> Callable[[int, int], int]:
        return lambda file, size: self._do("cut", file, size, b"", lambda: below(file, size))

    def _synced(self, below: Any) -> Callable[[int, int], int]:
        return lambda file, how: self._do("sync", file, 0, b"", lambda: below(file, how))

    def _do(self, kind: Kind, file: int, at: int, data: bytes, do: Callable[[], int]) -> int:
        name = self._names[file]
        code = self._ground.refuses(kind) or do()
        if code == SQLITE_OK:
            self._ground.did(kind, name, at, data)
        return code

    def _removed(self, vfs: int, path: int, and_sync: int) -> int:
        code: int = self._remove(vfs, path, and_sync)
        if code == SQLITE_OK:
            self._ground.did("remove", name_at(path), and_sync, b"")
        return code


def name_at(path: int | None) -> str:
    """The name of a file without its folder; empty for a temporary one, which has none."""
    return Path(os.fsdecode(ctypes.string_at(path))).name if path else ""


@contextmanager
def laid_under(ground: Ground) -> Iterator[None]:
    """Put this ground under every connection that is made meanwhile in this process."""
    layer = Layer(ground)
    layer.lay()
    try:
        yield
    finally:
        layer.take_away()
