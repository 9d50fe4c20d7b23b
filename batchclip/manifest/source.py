"""A manifest's text, line by line: from a path, a `.gz` or standard input, always UTF-8."""

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

MAX_LINE_BYTES = 1024 * 1024
"""The longest line; one without an end must not be read into memory."""

# Smaller than a line may be, so that lines, not blocks, decide what memory is needed.
_BLOCK_BYTES = 256 * 1024

_REASONS: dict[type[OSError], str] = {
    FileNotFoundError: "no such file",
    IsADirectoryError: "it is a folder",
    NotADirectoryError: "a part of its path is not a folder",
    PermissionError: "no permission to read it",
    gzip.BadGzipFile: "it is not a sound gzip file",
}
_SAVE_AS = 'expected UTF-8 text (in a spreadsheet, save it as "CSV UTF-8")'


class Unreadable(Exception):
    """Nothing more of a manifest can be read.

    `line` is where, 0 for the file as a whole, None for the line that would have come next.
    """

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


@contextmanager
def opened(name: str, stdin: BinaryIO | None = None) -> Iterator[BinaryIO]:
    """A manifest's bytes, unpacked. `-` is standard input, which is not closed.

    Raises Unreadable when it cannot be opened.
    """
    with ExitStack() as closing:
        try:
            if name == "-":
                stream = _standard_input(stdin)
            else:
                stream = closing.enter_context(Path(name).open("rb"))
        except OSError as error:
            raise Unreadable(_cannot_be_read(error), line=0) from error
        except ValueError as error:  # a NUL in the name
            raise Unreadable("cannot be read: no file can have this name", line=0) from error
        if name.lower().endswith(".gz"):
            unpacked = closing.enter_context(gzip.GzipFile(fileobj=stream, mode="rb"))
            stream = cast("BinaryIO", unpacked)
        yield stream


def text_lines(stream: BinaryIO) -> Iterator[str]:
    r"""Each line with its end, which is ``\n``, ``\r\n`` or ``\r``; a byte-order mark is dropped.

    Raises Unreadable, without a line, for what is not UTF-8 text in lines of at most 1 MiB.
    """
    first = True
    for lines in _whole_lines(stream):
        yield from _texts(_without_mark(lines) if first else lines)
        first = False


def _standard_input(stdin: BinaryIO | None) -> BinaryIO:
    # A program that was started without any standard input has None for it.
    stream = stdin or cast("BinaryIO | None", getattr(sys.stdin, "buffer", None))
    if stream is None:
        raise OSError("there is no standard input")
    return stream


def _whole_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Blocks that end where a line ends."""
    rest = b""
    while block := _block(stream):
        block = rest + block
        lines = block.splitlines(keepends=True)
        # The last line may go on in the next block, if only by the second half of its CRLF.
        rest = lines.pop()
        if lines:
            _check_length(lines[0])
            yield block[: -len(rest)]
        _check_length(rest)
    if rest:
        yield rest


def _texts(lines: bytes) -> Iterator[str]:
    """The lines of a block, decoded one by one only where one of them is wrong."""
    with suppress(UnicodeDecodeError):
        if b"\0" not in lines:
            return iter(io.StringIO(lines.decode(), newline=""))
    return map(_decoded, lines.splitlines(keepends=True))


def _block(stream: BinaryIO) -> bytes:
    try:
        block = cast("bytes | None", stream.read(_BLOCK_BYTES))
    except (OSError, ValueError) as error:
        raise Unreadable(_cannot_be_read(error)) from error
    except EOFError as error:
        raise Unreadable("ends too early: expected a whole gzip file") from error
    except zlib.error as error:
        raise Unreadable("is corrupt: expected a sound gzip file") from error
    if block is None:  # no end of the file: a pipe that does not wait, and has nothing just now
        raise Unreadable("cannot be read: expected an input that waits for its next line")
    return block


def _check_length(line: bytes) -> None:
    if len(line) > MAX_LINE_BYTES:
        raise Unreadable("is longer than 1 MiB: expected lines of at most 1,048,576 bytes")


def _without_mark(first: bytes) -> bytes:
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable(f"is UTF-16: {_SAVE_AS}")
    return first.removeprefix(codecs.BOM_UTF8)


def _decoded(line: bytes) -> str:
    if b"\0" in line:
        raise Unreadable(f"holds a NUL byte, so it is not text: {_SAVE_AS}")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        wrong = f"0x{line[error.start]:02x} at byte {error.start + 1} of the line"
        raise Unreadable(f"is not UTF-8 ({wrong}): {_SAVE_AS}") from error


def _cannot_be_read(error: OSError | ValueError) -> str:
    known = next((text for kind, text in _REASONS.items() if isinstance(error, kind)), None)
    reason = known or getattr(error, "strerror", None) or str(error)
    return f"cannot be read: {reason}"
