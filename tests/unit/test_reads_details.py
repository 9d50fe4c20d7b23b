"""What is read in a project's details and in the list of files, and what is called unreadable."""

import copy
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings

from batchclip.api.reads import (
    LATEST_MS,
    MAX_SECONDS,
    Unreadable,
    read_clip,
    read_files,
    read_page,
    read_project,
)
from batchclip.clips import Clip
from batchclip.envelope import read_json
from batchclip.evidence import Project
from tests.support.documents import (
    AT,
    AT_MS,
    CLIP,
    DETAILS,
    DROPPED,
    ENTRY,
    FILE,
    FILES,
    LAST,
    PAGE,
    with_field,
)
from tests.support.hostile import bodies, spoiled
from tests.support.proof import size

# A project's details.


def test_details_as_on_restreams_page() -> None:
    clip = Clip("clip-1", 61_500, 90_000, AT_MS)
    assert read_project("p-1", DETAILS) == Project("p-1", False, (clip,))
    assert read_project("p-1", DETAILS | {"generatingClipsNow": True}).generating
    assert read_project("p-1", DETAILS | {"clips": []}).clips == ()


@pytest.mark.parametrize("value", [DROPPED, None, 0, 1, "false", "", []])
def test_details_that_do_not_say_whether_clips_are_being_made(value: object) -> None:
    with pytest.raises(Unreadable, match="generatingClipsNow is missing"):
        read_project("p-1", with_field(DETAILS, "generatingClipsNow", value))


@pytest.mark.parametrize("value", [DROPPED, None, 3, "x", {}])
def test_details_without_a_list_of_clips(value: object) -> None:
    with pytest.raises(Unreadable, match="clips is missing"):
        read_project("p-1", with_field(DETAILS, "clips", value))


@pytest.mark.parametrize("document", [None, [], "x", 1])
def test_details_that_are_no_object(document: object) -> None:
    with pytest.raises(Unreadable):
        read_project("p-1", document)


PARTS = [{"hasMore": True}, {"hasMore": "yes"}, {"nextCursor": "c"}]


@pytest.mark.parametrize("pagination", PARTS)
def test_a_part_of_the_clips_or_files_is_not_taken_for_all(pagination: object) -> None:
    with pytest.raises(Unreadable, match="more clips"):
        read_project("p-1", DETAILS | {"pagination": pagination})
    with pytest.raises(Unreadable, match="more files"):
        read_files(FILES | {"pagination": pagination})


def test_a_pagination_that_says_that_this_is_all_is_believed() -> None:
    end = {"pagination": {"hasMore": False, "nextCursor": None}}
    assert len(read_project("p-1", DETAILS | end).clips) == 1
    assert read_files(FILES | end) == {UUID(FILE)}


@pytest.mark.parametrize("entry", [None, 1, "x", [], {}])
def test_a_clip_of_which_nothing_can_be_read_is_there_all_the_same(entry: object) -> None:
    details = DETAILS | {"clips": [entry]}
    assert read_project("p-1", details).clips == (Clip("", None, None, None),)


UNREADABLE_SECONDS = [
    DROPPED, None, "61.5", True, False, -1, -0.001, float("nan"), float("inf"), -float("inf"),
    10**400, MAX_SECONDS + 1, [61], {},
]  # fmt: skip


@pytest.mark.parametrize("field", ["sourceStartSeconds", "sourceEndSeconds"])
@pytest.mark.parametrize("value", UNREADABLE_SECONDS)
def test_a_clips_span_is_read_whole_or_not_at_all(field: str, value: object) -> None:
    clip = read_clip(with_field(CLIP, field, value))
    assert clip == Clip("clip-1", None, None, AT_MS)


@pytest.mark.parametrize(("start", "end"), [(90, 61), (0, 0), (61, 61), (61.0001, 61.0004)])
def test_a_span_of_no_length_is_none(start: float, end: float) -> None:
    clip = read_clip(CLIP | {"sourceStartSeconds": start, "sourceEndSeconds": end})
    assert (clip.start_ms, clip.end_ms) == (None, None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (AT, AT_MS),
        ("2026-01-28T15:50:30.420+00:00", AT_MS),
        ("2026-01-28T16:50:30.420+01:00", AT_MS),
        ("2026-01-28T15:50:30Z", AT_MS - 420),
        ("1970-01-01T00:00:00Z", 0),
        ("3000-01-01T00:00:00Z", LATEST_MS),
        ("3000-01-01T00:00:01Z", None),
        ("1969-12-31T23:59:59Z", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("2026-01-28T15:50:30.420", None),
        ("2026-01-28", None),
        ("yesterday", None),
        ("", None),
        ("2026-01-28T15:50:30Z" + " " * 60, None),
        (AT_MS, None),
        (None, None),
        (DROPPED, None),
    ],
)
def test_a_moment_without_a_zone_may_be_anybodys(text: object, moment: int | None) -> None:
    assert read_clip(with_field(CLIP, "createdAt", text)).created_at == moment
    assert (
        read_page(LAST | {"projects": [with_field(ENTRY, "createdAt", text)]})
        .projects[0]
        .created_at
        == moment
    )


@pytest.mark.parametrize(
    ("value", "clip_id"), [(DROPPED, ""), (None, ""), (7, ""), ("a\x1b[0m\nb", "a [0m b")]
)
def test_a_clips_id_is_plain_text(value: object, clip_id: str) -> None:
    assert read_clip(with_field(CLIP, "clipId", value)).clip_id == clip_id


# The files.


def test_files_as_on_restreams_page() -> None:
    assert read_files(FILES) == {UUID(FILE)}
    assert read_files({"files": []}) == frozenset()


@pytest.mark.parametrize("entry", [None, 1, "x", {}, {"id": None}, {"id": "4711"}, {"id": 5}])
def test_a_file_without_an_id_makes_the_list_unreadable(entry: object) -> None:
    with pytest.raises(Unreadable, match="a file has no id"):
        read_files({"files": [*FILES["files"], entry]})


@pytest.mark.parametrize("document", [None, [], {}, {"files": None}])
def test_an_answer_that_is_no_list_of_files(document: object) -> None:
    with pytest.raises(Unreadable, match="files is missing"):
        read_files(document)


# Whatever comes.


def checked(document: Any) -> None:
    """Read it as each of the three; every clip and project must be safe to work with."""
    for read in (read_page, lambda one: read_project("p-1", one), read_files):
        try:
            found = read(document)
        except Unreadable:
            continue
        json.dumps(repr(found))
        for clip in found.clips if isinstance(found, Project) else ():
            span = (clip.start_ms, clip.end_ms)
            assert span == (None, None) or 0 <= clip.start_ms < clip.end_ms  # type: ignore[operator]
            assert clip.clip_id.isprintable()


@settings(max_examples=size(100, 20_000), deadline=None)
@given(document=spoiled(copy.deepcopy(PAGE | DETAILS | FILES)))
def test_a_spoiled_document_is_read_or_called_unreadable(document: Any) -> None:
    checked(document)


@settings(max_examples=size(60, 20_000), deadline=None)
@given(body=bodies(copy.deepcopy(PAGE | DETAILS | FILES)))
def test_a_garbled_body_is_read_or_called_unreadable(body: bytes) -> None:
    checked(read_json(body))
