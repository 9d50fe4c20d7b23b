"""Standard streams that may be closed, full, or without a reader."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

import typer

from batchclip.errors import UsageError


class Messages(io.TextIOWrapper):
    """Standard error, whose loss stops nothing: a night must not end because its log is full."""

    def write(self, text: str) -> int:
        """Write, if it can be written."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if it can be written."""
        with suppress(OSError):
            super().flush()


def take_number(number: int) -> None:
    """See that a standard stream's number belongs to nothing else: neither to the job table, which
    a message would be written into, nor to an event loop, whose library ends the process then."""
    try:
        os.fstat(number)
    except OSError:
        # The lowest number that is free, and those below it are taken.
        os.open(os.devnull, os.O_RDWR)


def prepare() -> None:
    """Open what was closed, take UTF-8 for results as for manifests, and guard the messages."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            take_number(number)
            # Open until the process ends, as a standard stream is.
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 -- see above
            setattr(sys, name, stream)
    cast("io.TextIOWrapper", sys.stdout).reconfigure(encoding="utf-8", errors="backslashreplace")
    encoding = sys.stderr.encoding
    # Not closed with the old stream, which Python itself keeps.
    raw = open(sys.stderr.fileno(), "wb", closefd=False)  # noqa: SIM115 -- see above
    sys.stderr = Messages(raw, encoding=encoding, errors="backslashreplace", line_buffering=True)


def forget_results() -> None:
    """Let what is yet to be written go nowhere, so that leaving doesn't fail over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(line: str) -> None:
    """Print what was done. That it can't be written doesn't change the exit code of what was."""
    try:
        typer.echo(line)
    except OSError:
        forget_results()


@contextmanager
def results() -> Iterator[None]:
    """Print what was asked for. Raises UsageError when standard output can't be written."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        forget_results()
        raise UsageError(f"standard output cannot be written: {error.strerror}") from None
