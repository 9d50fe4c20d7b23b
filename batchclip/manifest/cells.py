"""What may stand in a cell, column by column.

Every function takes the cell as it was read and raises ValueError with a sentence for the operator.
"""

import re
from functools import lru_cache

from batchclip.job import MAX_SINGLE_CLIP_MS, MIN_RANGE_MS, Mode
from batchclip.manifest.times import format_seconds, parse_time
from batchclip.manifest.wording import quoted

MAX_TITLE = 1_000
"""The longest title, in characters; Restream's page "Create Project" names no limit."""

PRIORITIES = range(-(2**31), 2**31)
"""What a priority may be: the integers of a column in either kind of job table."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)(?:[0-9a-fA-F]{4}\1){3}[0-9a-fA-F]{12}")
LONGEST_KEPT = 16
"""The longest text, in characters, that is worth remembering with what it means."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_FORCE = dict.fromkeys(("true", "yes", "1"), True) | dict.fromkeys(("", "false", "no", "0"), False)
_MODES = {"": Mode.CLIPS} | {str(mode): mode for mode in Mode}


def parse_file_id(text: str) -> bytes:
    """The 16 bytes of a file's id: a UUID in 8-4-4-4-12 form or as 32 bare digits, in any case."""
    return _file_id(text.strip())


# The ranges of a file stand together in most manifests.
@lru_cache(maxsize=1024)
def _file_id(text: str) -> bytes:
    if _UUID.fullmatch(text):
        return bytes.fromhex(text.replace("-", ""))
    wrong = f"{quoted(text)} is not a file id" if text else "is empty"
    raise ValueError(f"{wrong}: expected a UUID such as 1b4e28ba-2fa1-11d2-883f-0016d3cca427")


def parse_offset(text: str) -> int | None:
    """An offset in milliseconds, or None for an empty cell."""
    if not text:
        return None
    # Only short texts are kept, so that the cache stays small whatever a file holds.
    return _known_offset(text) if len(text) <= LONGEST_KEPT else _offset(text)


def _offset(text: str) -> int | None:
    return None if text.isspace() else parse_time(text)


# The same few thousand offsets come back file after file.
_known_offset = lru_cache(maxsize=16_384)(_offset)


def parse_title(text: str) -> str | None:
    """A title without the spaces around it, or None for an empty cell."""
    title = text.strip()
    if len(title) > MAX_TITLE:
        raise ValueError(f"has {len(title):,} characters: expected at most {MAX_TITLE:,}")
    return title or None


def parse_mode(text: str) -> Mode:
    """A mode, in any case; `clips` when empty."""
    mode = _MODES.get(text) or _MODES.get(text.strip().lower())
    if mode is None:
        raise ValueError(f"{quoted(text.strip())} is not a mode: expected clips or single")
    return mode


def parse_force(text: str) -> bool:
    """Whether a clipped video is to be clipped again: true, yes or 1; false when empty."""
    force = _FORCE.get(text.strip().lower())
    if force is None:
        raise ValueError(f"{quoted(text.strip())} is neither yes nor no: expected true or false")
    return force


def parse_priority(text: str) -> int:
    """A priority, higher first; 0 when empty."""
    digits = text.strip()
    if not digits:
        return 0
    if _INTEGER.fullmatch(digits) and int(digits) in PRIORITIES:
        return int(digits)
    raise ValueError(
        f"{quoted(digits)} is not a priority: expected an integer from "
        f"{PRIORITIES[0]} to {PRIORITIES[-1]}"
    )


def span_problem(start: int | None, end: int | None, mode: Mode) -> tuple[str, str] | None:
    """What is wrong with two good offsets together, in milliseconds: the field, and a sentence.

    The shortest range and the longest single clip are those of Restream's page "Create Project".
    """
    if start is None or end is None:
        return None if start == end else _half_empty(start)
    if end - start >= MIN_RANGE_MS and (mode is Mode.CLIPS or end - start <= MAX_SINGLE_CLIP_MS):
        return None
    if end <= start:
        return "end", f"{_s(end)} is not after the start at {_s(start)}: expected a later time"
    if end - start < MIN_RANGE_MS:
        return "end", f"is {_s(end - start)} after the start: expected at least {_s(MIN_RANGE_MS)}"
    return "end", (
        f"is {_s(end - start)} after the start: expected at most {_s(MAX_SINGLE_CLIP_MS)} "
        "in mode single"
    )


def _half_empty(start: int | None) -> tuple[str, str]:
    empty, given = ("start", "end") if start is None else ("end", "start")
    return empty, f"is empty but {given} is not: expected both, or neither for the whole video"


def _s(ms: int) -> str:
    return f"{format_seconds(ms)} s"
