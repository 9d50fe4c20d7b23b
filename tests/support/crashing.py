"""The real `batchclip`, which kills itself with SIGKILL when it comes to an exact point.

`python -m tests.support.crashing KIND NUMBER FILE -- ARGUMENTS` dies at the NUMBER-th point of a
kind. One that comes to its end leaves the points that it met in FILE: with NUMBER 0, all of them.

The program has no seams for this: what it does its durable work with is wrapped from outside.
"""

import asyncio.selector_events
import io
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp.client_proto import ResponseHandler

HANG_SECONDS = 0.15

KINDS = ("statement", "byte", "answer", "disk")


class Points:
    """Counts the points of each kind, and dies at the one that is aimed at."""

    def __init__(self) -> None:
        self.met: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self._aim: tuple[str, int] | None = None

    def aim(self, kind: str, number: int) -> None:
        """Die at this point, the first of a kind being 1."""
        self._aim = (kind, number)

    def reach(self, kind: str, label: str) -> None:
        """Come to a point."""
        self.met[kind].append(label)
        if self._aim == (kind, len(self.met[kind])):
            die()

    @contextmanager
    def around(self, kind: str, label: str) -> Iterator[None]:
        """Come to a point before and to one after what is done inside."""
        self.reach(kind, f"before {label}")
        yield
        self.reach(kind, f"after {label}")

    def pass_through(self, content: bytes, label: str, send: Callable[[bytes], object]) -> None:
        """Come to as many points as there are bytes, and one; die with so many of them sent."""
        kind, number = self._aim or ("", 0)
        sent = number - len(self.met["byte"]) - 1
        if kind == "byte" and 0 <= sent <= len(content):
            if sent:
                send(content[:sent])
            die()
        total = len(content)
        self.met["byte"] += [f"{so_many} of {total} {label}" for so_many in range(total + 1)]


POINTS = Points()


def die() -> None:
    """Die as in a power cut: no `finally`, no flush, no farewell."""
    if threading.current_thread() is not threading.main_thread():
        # What is done in a thread hangs first, as on a slow disk: whoever does not wait for it, as
        # he should, has the time to do harm.
        time.sleep(HANG_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def first_words(statement: str) -> str:
    """A statement without its comments, cut short."""
    lines = (line for line in statement.splitlines() if not line.lstrip().startswith("--"))
    return " ".join(" ".join(lines).split())[:70]


def commits(statement: str) -> bool:
    """Whether this ends a transaction; a group of entries is one by itself."""
    return statement == "COMMIT" or statement.startswith("INSERT INTO entries")


class CrashingConnection(sqlite3.Connection):
    """Before each statement is after the one before it; what a commit has done has a point too.

    So has the middle of a statement: where it calls a function.
    """

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Run one statement."""
        words = first_words(sql)
        POINTS.reach("statement", f"before {words}")
        cursor = super().execute(sql, parameters)
        if commits(words):
            POINTS.reach("statement", f"after {words}")
        return cursor

    def create_function(
        self, name: str, narg: int, func: Callable[..., Any] | None, *, deterministic: bool = False
    ) -> None:
        """Make a function known."""

        def come_to_a_point(*values: Any) -> Any:
            POINTS.reach("statement", f"in {name}")
            return func(*values) if func else None

        super().create_function(name, narg, come_to_a_point, deterministic=deterministic)

    def executemany(self, sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
        """Run one statement for many rows."""
        POINTS.reach("statement", f"before {first_words(sql)}")
        return super().executemany(sql, parameters)


class CrashingFile(io.FileIO):
    """Dies before a write, in the middle of it or after it."""

    def write(self, content: Any) -> int:
        """Write in two halves."""
        half = len(content) // 2
        with POINTS.around("disk", f"a write of {len(content)} bytes"):
            written = super().write(content[:half])
            POINTS.reach("disk", "half of a write")
            return written + super().write(content[half:])


def wrap_database() -> None:
    """Have every connection to a job table come to points."""
    connect = sqlite3.connect

    def connect_crashing(*arguments: Any, **named: Any) -> sqlite3.Connection:
        made: sqlite3.Connection = connect(*arguments, **{"factory": CrashingConnection} | named)
        return made

    set_in(sqlite3, "connect", connect_crashing)


def wrap_disk() -> None:
    """Have what the operating system is asked to do with files come to points."""
    for name in ("open", "mkdir", "fchmod", "fsync", "ftruncate", "pwrite", "replace", "rename"):
        set_in(os, name, come_to_points(name, getattr(os, name)))
    fdopen = os.fdopen

    def fdopen_crashing(descriptor: int, mode: str = "r", *rest: Any, **named: Any) -> Any:
        if mode != "wb":
            return fdopen(descriptor, mode, *rest, **named)
        return io.BufferedWriter(CrashingFile(descriptor, mode))

    set_in(os, "fdopen", fdopen_crashing)


def come_to_points(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with a point before it and one after it."""

    def wrapped(*arguments: Any, **named: Any) -> Any:
        with POINTS.around("disk", f"{name} {arguments[0]}"):
            return original(*arguments, **named)

    return wrapped


def wrap_network() -> None:
    """Have each byte that is sent, and each piece of an answer, come to points."""
    transport: Any = asyncio.selector_events._SelectorSocketTransport  # type: ignore[attr-defined]
    write = transport.write
    receive = ResponseHandler.data_received

    def write_crashing(self: Any, content: Any) -> None:
        whole = bytes(content)
        POINTS.pass_through(whole, first_line(whole), self._sock.send)
        write(self, whole)

    def receive_crashing(self: ResponseHandler, data: bytes) -> None:
        with POINTS.around("answer", first_line(data)):
            receive(self, data)

    set_in(transport, "write", write_crashing)
    set_in(transport, "writelines", lambda self, pieces: self.write(b"".join(pieces)))
    set_in(ResponseHandler, "data_received", receive_crashing)


def first_line(content: bytes) -> str:
    """What a request or an answer begins with; it holds no secret."""
    return content.split(b"\r\n")[0][:60].decode("latin-1")


def set_in(owner: Any, name: str, value: object) -> None:
    """Put something in the place of what was there."""
    setattr(owner, name, value)


def main() -> None:
    """Run the program's command line with points in it."""
    kind, number, file, _, *arguments = sys.argv[1:]
    POINTS.aim(kind, int(number))
    sys.argv = ["batchclip", *arguments]
    # The points on the network are in asyncio's own transports.
    sys.modules["uvloop"] = None  # type: ignore[assignment]
    wrap_database()
    wrap_network()
    wrap_disk()
    from batchclip.cli import main as real_main  # noqa: PLC0415 -- it must find all this wrapped

    try:
        real_main()
    finally:
        met = json.dumps(POINTS.met)
        Path(file).write_text(met)


if __name__ == "__main__":
    main()
