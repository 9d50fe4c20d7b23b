"""The header: which column holds what, and everything that can be wrong with it."""

import difflib
import re
from collections.abc import Iterator, Sequence
from operator import itemgetter

from batchclip.manifest.wording import MAX_SHOWN, quoted, shortened

FIELDS = ("file_id", "start", "end", "title", "mode", "force", "priority")
"""The settled names of the columns, in the order in which rows are taken apart."""

_ALIASES = {
    "file_id": ("video_storage_file_id", "file"),
    "start": ("start_offset_seconds", "start_seconds", "start_time"),
    "end": ("end_offset_seconds", "end_seconds", "end_time"),
    "force": ("force_reprocess",),
}
_SEPARATORS = re.compile(r"[\s_-]+")
_MAX_NAMED = 50  # a file that is no manifest may have thousands of columns: enough is enough
_MAX_UNNAMED = 1_000  # every row is made as wide as its header, so one wide header costs every row
_EXPECTED = "file_id, start, end, title, mode, force or priority"

Problem = tuple[str, str]
"""A column's name, and what is wrong with it."""


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


_KNOWN = {_plain(name): field for field in FIELDS for name in (field, *_ALIASES.get(field, ()))}


class Layout:
    """Where a good header puts each field.

    `width` is the number of its cells, `unnamed` the places of its empty ones, and `pick` takes
    the seven fields out of a row of `width` cells and one empty one, which stands for every
    column that the header does not have.
    """

    def __init__(self, header: Sequence[str]) -> None:
        places = {_KNOWN[_plain(name)]: at for at, name in enumerate(header) if name.strip()}
        self.width = len(header)
        self.unnamed = tuple(at for at, name in enumerate(header) if not name.strip())
        self.pick = itemgetter(*(places.get(field, self.width) for field in FIELDS))
        self._names = {field: shortened(header[at].strip()) for field, at in places.items()}

    def name(self, field: str) -> str:
        """A field's name as this header spells it: what the operator looks for in the file."""
        return self._names.get(field, field)


def column_name(header: Sequence[str], at: int) -> str:
    """What to call the column at a place: its name, or its number when it has none."""
    name = header[at].strip() if at < len(header) else ""
    return shortened(name) or f"column {at + 1}"


def header_problems(header: Sequence[str]) -> Iterator[Problem]:
    """Everything that is wrong with a header; nothing when rows can be read by it."""
    spellings: dict[str, list[str]] = {}
    unknown = []
    for name in filter(None, map(str.strip, header)):
        field = _KNOWN.get(_plain(name))
        if field is None:
            unknown.append(name)
        else:
            spellings.setdefault(field, []).append(name)
    yield from _unknown(unknown)
    yield from _repeated(spellings)
    yield from _missing(spellings)
    unnamed = sum(not name.strip() for name in header)
    if unnamed > _MAX_UNNAMED:
        yield "", f"has {unnamed:,} columns without a name: expected at most {_MAX_UNNAMED:,}"


def _unknown(names: list[str]) -> Iterator[Problem]:
    for name in names[:_MAX_NAMED]:
        yield (
            shortened(name),
            f'is not a known column, the nearest is "{_nearest(name)}": expected {_EXPECTED}',
        )
    more = names[_MAX_NAMED:]
    if more:
        yield shortened(more[0]), f"and {len(more)} more are not known: expected {_EXPECTED}"


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(_plain(name[:MAX_SHOWN]), _KNOWN, n=1, cutoff=0.0)
    return _KNOWN[near[0]]


def _repeated(spellings: dict[str, list[str]]) -> Iterator[Problem]:
    for field, names in spellings.items():
        if len(names) > 1:
            both = f"{quoted(names[0])} and {quoted(names[1])}"
            yield field, f"is there {len(names)} times, as {both}: expected one such column"


def _missing(spellings: dict[str, list[str]]) -> Iterator[Problem]:
    if "file_id" not in spellings:
        yield "file_id", "is missing: expected a column with the id of the file in video storage"
    for here, other in (("start", "end"), ("end", "start")):
        if here in spellings and other not in spellings:
            yield other, f"is missing: expected it beside the column {quoted(spellings[here][0])}"
