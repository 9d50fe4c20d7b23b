"""What a create request asks for, read from its body."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CreateAsk:
    """A create request's fields as far as they could be read, and the first thing wrong.

    `file` is in lower case, offsets are in seconds, no offsets mean the whole video.
    """

    file: str | None = None
    start: float | None = None
    end: float | None = None
    single: bool = False
    force: bool = False
    title: str | None = None
    problem: str | None = None

    @property
    def whole(self) -> bool:
        """Tell whether no range was given."""
        return self.start is None and self.end is None


def read_ask(body: bytes) -> CreateAsk:
    """Read a create's body; keys that the page does not name are ignored, as nulls are."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return CreateAsk(problem="The body must be a JSON object")
    return _Reader(document).ask()


class _Reader:
    """Takes typed values out of a JSON object and notes what is wrong on the way."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._problem: str | None = None

    def ask(self) -> CreateAsk:
        if self._document.get("sourceType") != "VideoStorageFile":
            self._wrong('sourceType must be "VideoStorageFile"')
        file = self._file()
        start, end = self._range()
        single, force = self._flag("singleClipMode"), self._flag("forceReprocess")
        return CreateAsk(file, start, end, single, force, self._title(), self._problem)

    def _wrong(self, problem: str) -> None:
        self._problem = self._problem or problem

    def _file(self) -> str | None:
        file = self._document.get("videoStorageFileId")
        if isinstance(file, str) and _UUID.fullmatch(file):
            return file.lower()
        self._wrong("videoStorageFileId must be a UUID")
        return None

    def _range(self) -> tuple[float | None, float | None]:
        span = self._document.get("selectedTimeRange")
        if span is None:
            return None, None
        if not isinstance(span, dict):
            self._wrong("selectedTimeRange must be an object")
            return None, None
        return self._offset(span, "startOffsetSeconds"), self._offset(span, "endOffsetSeconds")

    def _offset(self, span: dict[str, Any], key: str) -> float | None:
        value = span.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and _is_offset(value):
            return value
        self._wrong(f"{key} must be a number, 0 or greater")
        return None

    def _flag(self, key: str) -> bool:
        value = self._document.get(key)
        if value is not None and not isinstance(value, bool):
            self._wrong(f"{key} must be a boolean")
        return value is True

    def _title(self) -> str | None:
        title = self._document.get("title")
        if title is None or isinstance(title, str):
            return title
        self._wrong("title must be a string")
        return None


def _is_offset(value: float) -> bool:
    # Holds for no NaN, and for an int too large to be a float.
    return 0 <= value < math.inf
