"""Counts the requests on the wire, and knows the hold-offs that were given out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

_GRACE_SECONDS = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One request on the wire."""

    file: str | None
    transport: asyncio.BaseTransport | None

    @property
    def cut(self) -> bool:
        """Tell whether the client has closed the connection, so that nothing is on the wire."""
        return self.transport is None or self.transport.is_closing()


class Wire:
    """The requests on the wire now, and the most there ever were, in all and for one file."""

    def __init__(self) -> None:
        self.highest = 0
        self.highest_for_one_file = 0
        self._lines: set[Line] = set()
        self._by_file: dict[str, set[Line]] = {}

    def enter(self, file: str | None, transport: asyncio.BaseTransport | None) -> Line:
        """Put a request on the wire; a request whose file could not be read counts for no file."""
        line = Line(file, transport)
        self._lines.add(line)
        if file is not None:
            self._by_file.setdefault(file, set()).add(line)
            of_file = _uncut(self._by_file[file])
            self.highest_for_one_file = max(self.highest_for_one_file, of_file)
        if len(self._lines) > self.highest:
            self.highest = max(self.highest, _uncut(self._lines))
        return line

    def leave(self, line: Line) -> None:
        """Take a request off the wire."""
        self._lines.discard(line)
        if line.file is None:
            return
        of_file = self._by_file[line.file]
        of_file.discard(line)
        if not of_file:
            del self._by_file[line.file]


def _uncut(lines: set[Line]) -> int:
    return sum(not line.cut for line in lines)


class HoldOffs:
    """The hold-offs that clients were told to keep, by the monotonic clock."""

    def __init__(self) -> None:
        self._spans: deque[tuple[float, float]] = deque()

    def give(self, now: float, seconds: float) -> None:
        """Note a Retry-After; what arrives within the grace was on the wire already."""
        self._spans.append((now + _GRACE_SECONDS, now + seconds))

    def forbid(self, now: float) -> bool:
        """Tell whether a request that arrives now breaks a hold-off."""
        while self._spans and self._spans[0][1] <= now:
            self._spans.popleft()
        return any(begin < now < end for begin, end in self._spans)
