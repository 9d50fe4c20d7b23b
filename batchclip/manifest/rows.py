"""A row's cells to a range, or to everything that is wrong with them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from batchclip.job import Mode
from batchclip.manifest.cells import (
    LONGEST_KEPT,
    parse_file_id,
    parse_force,
    parse_mode,
    parse_offset,
    parse_priority,
    parse_title,
    span_problem,
)
from batchclip.manifest.columns import FIELDS, Layout, Problem, column_name
from batchclip.manifest.wording import printable, quoted


class ManifestRow(NamedTuple):
    """A good row: the line of the file on which it begins (the first is 1), and its range.

    The range stands there as a job table stores it: the 16 bytes of the file's id, milliseconds
    (None for the whole video), whether it is one single clip.
    """

    line: int
    file_id: bytes
    start_ms: int | None
    end_ms: int | None
    single: bool
    force: bool
    title: str | None
    priority: int

    @property
    def force_ignored(self) -> bool:
        """Whether the row asks for force that will not count: Restream ignores it with a range."""
        return self.force and self.start_ms is not None


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong with a manifest.

    `line` is 0 when the file as a whole is meant, and `column` is empty when no one column is.
    `cells` is the row as it stood, empty when there is none. After a `fatal` error nothing more
    of the file can be read, so it must never be skipped as if the rest were fine.
    """

    manifest: str
    line: int
    column: str
    problem: str
    cells: tuple[str, ...] = ()
    fatal: bool = False

    def __str__(self) -> str:
        place = f"{self.manifest}:{self.line}" if self.line else self.manifest
        parts = (place, self.column, self.problem) if self.column else (place, self.problem)
        return printable(": ".join(parts))


_PARSERS: dict[str, Callable[[str], object]] = {
    "file_id": parse_file_id,
    "start": parse_offset,
    "end": parse_offset,
    "title": parse_title,
    "mode": parse_mode,
    "force": parse_force,
    "priority": parse_priority,
}


class RowReader:
    """Reads the rows below one header."""

    def __init__(self, header: Sequence[str]) -> None:
        self._header = header
        self._layout = Layout(header)

    def row(self, line: int, cells: list[str]) -> ManifestRow | None:
        """What a row asks for; None when it is blank or something is wrong with it."""
        try:
            return self._row(line, cells)
        except ValueError:
            return None

    def problems(self, cells: list[str]) -> Iterator[Problem]:
        """Everything that is wrong with a row that is no range; nothing when it is blank."""
        if any(cell and not cell.isspace() for cell in cells):
            yield from self._unexpected(cells)
            for field, problem in _wrong_cells(self._fields(cells)):
                yield self._layout.name(field), problem

    def _row(self, line: int, cells: list[str]) -> ManifestRow:
        layout = self._layout
        if len(cells) != layout.width or layout.unnamed:
            for _, problem in self._unexpected(cells):
                raise ValueError(problem)
        file_id, start, end, title, *way = self._fields(cells)
        start_ms, end_ms, single, force, priority = _asked(start, end, *way)
        # By place: keywords would cost a tenth of the time that a row takes.
        return ManifestRow(
            line,
            parse_file_id(file_id),
            start_ms,
            end_ms,
            single,
            force,
            parse_title(title),
            priority,
        )

    def _fields(self, cells: list[str]) -> tuple[str, ...]:
        width = self._layout.width
        if len(cells) != width:
            cells = cells[:width] + [""] * (width - len(cells))
        picked: tuple[str, ...] = self._layout.pick([*cells, ""])
        return picked

    def _unexpected(self, cells: list[str]) -> Iterator[Problem]:
        width = self._layout.width
        beyond = next((at for at in range(width, len(cells)) if cells[at].strip()), None)
        if beyond is not None:
            holds = f"holds {quoted(cells[beyond])}"
            yield (
                column_name(self._header, beyond),
                f"{holds}: expected at most the {width} cells that the header has",
            )
        for at in self._layout.unnamed:
            if at < len(cells) and cells[at].strip():
                holds = f"holds {quoted(cells[at])}"
                yield (
                    column_name(self._header, at),
                    f"{holds} but the header has no name for it: expected a name, or no cell",
                )


Asked = tuple[int | None, int | None, bool, bool, int]
"""Start, end, whether single, force, priority."""


def _asked(start: str, end: str, mode: str, force: str, priority: str) -> Asked:
    if len(start) + len(end) + len(mode) + len(force) + len(priority) > 2 * LONGEST_KEPT:
        return _asked_by(start, end, mode, force, priority)
    return _often_asked(start, end, mode, force, priority)


def _asked_by(start: str, end: str, mode: str, force: str, priority: str) -> Asked:
    way = parse_mode(mode)
    start_ms, end_ms = parse_offset(start), parse_offset(end)
    if span_problem(start_ms, end_ms, way):
        raise ValueError("start and end do not go together")
    return start_ms, end_ms, way is Mode.SINGLE, parse_force(force), parse_priority(priority)


# A few thousand spans come back file after file, and nearly all rows have the same way.
_often_asked = lru_cache(maxsize=8_192)(_asked_by)


def _wrong_cells(cells: Sequence[str]) -> Iterator[Problem]:
    good: dict[str, object] = {}
    for field, cell in zip(FIELDS, cells, strict=True):
        try:
            good[field] = _PARSERS[field](cell)
        except ValueError as error:
            yield field, str(error)
    if "start" in good and "end" in good:
        start, end = cells[FIELDS.index("start")], cells[FIELDS.index("end")]
        mode = good.get("mode")
        way = mode if isinstance(mode, Mode) else Mode.CLIPS
        problem = span_problem(parse_offset(start), parse_offset(end), way)
        if problem:
            yield problem
