"""What Restream answers to questions, read tolerantly: what can't be read is said to be so.

The fields are those of Restream's pages "Project List", "Project Details" and "Storage Files".
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from batchclip.clips import Clip
from batchclip.envelope import plain, squash
from batchclip.evidence import Project

ID = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]{0,199}")
"""What can stand in an address as it is, and leads nowhere else."""

VIDEO_FILE = "videostoragefile"
LONGEST_CURSOR = 2_000
MAX_SECONDS = 10_000_000.0
"""Longer than any video; a larger offset is a misreading."""
LATEST_MS = 32_503_680_000_000
"""The year 3000; a later moment is a misreading."""


class Unreadable(ValueError):
    """An answer, or a part of it, doesn't say what its page says that it says."""


@dataclass(frozen=True, slots=True)
class ListedProject:
    """A project of the list.

    `of_video`: its source is a file of the video storage, as every project of ours is. `file_id`
    is None when another kind of source has a name that is no UUID.
    """

    project_id: str
    file_id: UUID | None
    of_video: bool
    created_at: int | None
    title: str = ""


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """A page of the project list. `next_cursor` is None on the last one.

    `whole`: every entry could be read, and whether there is more is said clearly.
    """

    projects: tuple[ListedProject, ...]
    next_cursor: str | None
    whole: bool


def read_page(document: Any) -> ProjectPage:
    """Read a page of the project list. Raises Unreadable."""
    entries = list_of(document, "projects")
    projects = tuple(read_entries(entries))
    cursor, clear = next_cursor_of(field_of(document, "pagination"))
    # A page of nothing that is not the last has left something out.
    empty = not entries and cursor is not None
    return ProjectPage(projects, cursor, clear and len(projects) == len(entries) and not empty)


def read_entries(entries: list[Any]) -> Iterator[ListedProject]:
    """The entries that can be read."""
    for entry in entries:
        project_id, source = text_of(entry, "projectId"), text_of(entry, "sourceIdentifier")
        kind, file_id = squash(text_of(entry, "sourceTypeName")), uuid_of(source)
        # A video whose file can't be told may be the one that is looked for.
        known = file_id is not None or (source and kind and kind != VIDEO_FILE)
        if ID.fullmatch(project_id) and kind and known:
            created_at = moment_of(field_of(entry, "createdAt"))
            title = plain(text_of(entry, "title"))
            yield ListedProject(project_id, file_id, kind == VIDEO_FILE, created_at, title)


def next_cursor_of(pagination: Any) -> tuple[str | None, bool]:
    """The next page's cursor, and whether it is clear that there is, or is not, such a page."""
    more = field_of(pagination, "hasMore")
    cursor = field_of(pagination, "nextCursor")
    if isinstance(cursor, int) and not isinstance(cursor, bool):
        cursor = str(cursor)
    if more is False:
        return None, True
    if more is True and isinstance(cursor, str) and good_cursor(cursor):
        return cursor, True
    return None, False


def good_cursor(cursor: str) -> bool:
    """Whether a cursor can be asked for."""
    return 0 < len(cursor) <= LONGEST_CURSOR and cursor.isprintable()


def read_project(project_id: str, document: Any) -> Project:
    """Read a project's details. Raises Unreadable when they don't say how far it is."""
    generating = field_of(document, "generatingClipsNow")
    if not isinstance(generating, bool):
        raise Unreadable("generatingClipsNow is missing")
    clips = tuple(read_clip(entry) for entry in whole_list_of(document, "clips"))
    return Project(project_id, generating, clips)


def read_clip(entry: Any) -> Clip:
    """Read a clip, with None for what can't be read."""
    start = offset_of(field_of(entry, "sourceStartSeconds"))
    end = offset_of(field_of(entry, "sourceEndSeconds"))
    if start is None or end is None or end <= start:
        # Nothing is cut that is no time long: its span isn't known yet, or is misread.
        start = end = None
    clip_id = plain(text_of(entry, "clipId"))
    return Clip(clip_id, start, end, moment_of(field_of(entry, "createdAt")))


def read_files(document: Any) -> frozenset[UUID]:
    """The ids of the files in video storage. Raises Unreadable when any of them can't be read."""
    ids = [uuid_of(text_of(entry, "id")) for entry in whole_list_of(document, "files")]
    known = frozenset(one for one in ids if one is not None)
    if None in ids:
        raise Unreadable("a file has no id")
    return known


def field_of(document: Any, name: str) -> Any:
    """A field of a JSON object, None when it isn't there or this is no object."""
    return document.get(name) if isinstance(document, dict) else None


def list_of(document: Any, name: str) -> list[Any]:
    """A field that is a list. Raises Unreadable."""
    value = field_of(document, name)
    if not isinstance(value, list):
        raise Unreadable(f"{name} is missing")
    return value


def whole_list_of(document: Any, name: str) -> list[Any]:
    """A list that its page shows without pagination. Raises Unreadable when there is more of it."""
    pagination = field_of(document, "pagination")
    if field_of(pagination, "hasMore") or field_of(pagination, "nextCursor"):
        raise Unreadable(f"there are more {name} than were sent")
    return list_of(document, name)


def text_of(document: Any, name: str) -> str:
    """A field that is text, empty when it is none."""
    value = field_of(document, name)
    return value if isinstance(value, str) else ""


def uuid_of(text: str) -> UUID | None:
    """A UUID in its usual form."""
    try:
        found = UUID(text)
    except ValueError:
        return None
    # Python reads braces, underscores and hyphens in any place, too.
    return found if str(found) == text.lower() else None


def offset_of(value: Any) -> int | None:
    """Seconds from a video's beginning as milliseconds."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # An int may be too large to become a float.
    if not 0 <= value <= MAX_SECONDS or not math.isfinite(value):
        return None
    return round(1000 * value)


def moment_of(value: Any) -> int | None:
    """An ISO 8601 moment as milliseconds since 1970; without a zone it may be anybody's time."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        moment = datetime.fromisoformat(value)
        milliseconds = round(1000 * moment.timestamp()) if moment.tzinfo else -1
    except (ValueError, OverflowError):
        return None
    return milliseconds if 0 <= milliseconds <= LATEST_MS else None
