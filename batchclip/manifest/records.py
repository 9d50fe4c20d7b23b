"""Lines of text to rows of cells: CSV read strictly, so that no wrong quote passes unseen."""

import csv
import re
from collections.abc import Iterator

from batchclip.manifest.source import MAX_LINE_BYTES, Unreadable

Record = tuple[int, list[str], int | None]
"""The line where a row begins, its cells, and the place of the first cell whose quotes are wrong.

Such a cell is kept as it was written, with its quotes.
"""

_ENDS = "\r\n"
_DELIMITERS = ",;\t"
_QUOTED_PART = re.compile(r'"[^"]*"?')


class Records:
    """The rows of one file. `line` counts the lines that were read so far."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.line = 0
        self._lines = lines
        self._delimiter = _DELIMITERS[0]
        # The line that a quoted row is read from, its length without the end, and how far.
        self._text, self._end, self._at = "", 0, 0
        self._size = 0

    def header(self) -> Record | None:
        """The first row that is not blank, which shows the delimiter; None when there is none."""
        for text in self._lines:
            self.line += 1
            if text.strip(_DELIMITERS + _ENDS + " "):
                self._delimiter = _delimiter_of(text)
                return self._record(text)
        return None

    def __iter__(self) -> Iterator[Record]:
        for text in self._lines:
            self.line += 1
            if '"' in text:
                yield self._record(text)
            else:
                yield self.line, text.rstrip(_ENDS).split(self._delimiter), None

    def _record(self, text: str) -> Record:
        try:
            # In C, for the many files that have every cell quoted.
            cells = next(csv.reader((text,), delimiter=self._delimiter, strict=True))
        except csv.Error:
            return self._quoted_record(text)
        return self.line, cells, None

    def _quoted_record(self, text: str) -> Record:
        """A row that goes on over several lines, has a very long cell, or has wrong quotes."""
        first, cells, wrong = self.line, list[str](), None
        self._size = 0
        self._read_from(text)
        while True:
            cell, sound = self._cell()
            if not sound and wrong is None:
                wrong = len(cells)
            cells.append(cell)
            if self._at >= self._end:
                return first, cells, wrong
            self._at += 1

    def _read_from(self, text: str) -> None:
        self._text, self._end, self._at = text, len(text.rstrip(_ENDS)), 0
        self._size += len(text)

    def _cell(self) -> tuple[str, bool]:
        if not self._text.startswith('"', self._at):
            return self._plain(), True
        cell = self._quoted()
        rest = self._plain()
        if rest:
            return '"' + cell.replace('"', '""') + '"' + rest, False
        return cell, True

    def _plain(self) -> str:
        start, stop = self._at, self._text.find(self._delimiter, self._at, self._end)
        self._at = self._end if stop < 0 else stop
        return self._text[start : self._at]

    def _quoted(self) -> str:
        opened, parts, start = self.line, list[str](), self._at + 1
        while (stop := _closing_quote(self._text, start)) < 0:
            parts.append(self._text[start:])
            self._next_line(opened)
            start = 0
        parts.append(self._text[start:stop])
        self._at = stop + 1
        return "".join(parts).replace('""', '"')

    def _next_line(self, opened: int) -> None:
        text = next(self._lines, None)
        if text is None:
            raise Unreadable(
                "has a quote that is never closed: expected a closing quote", line=opened
            )
        self.line += 1
        self._read_from(text)
        if self._size > MAX_LINE_BYTES:
            raise Unreadable(
                "has a quote that is not closed within 1 MiB: expected a closing quote",
                line=opened,
            )


def _closing_quote(text: str, start: int) -> int:
    """Where the quoted text that goes on at `start` ends; -1 when it goes on after this line."""
    stop = text.find('"', start)
    while stop >= 0 and text.startswith('""', stop):
        stop = text.find('"', stop + 2)
    return stop


def _delimiter_of(header: str) -> str:
    bare = _QUOTED_PART.sub("", header)
    return max(_DELIMITERS, key=bare.count)
