"""What is read in a page of Restream's project list, and what makes it not whole."""

from uuid import UUID

import pytest

from batchclip.api.reads import ListedProject, ProjectPage, Unreadable, read_page
from tests.support.documents import AT_MS, DROPPED, ENTRY, EVENT, FILE, LAST, PAGE, with_field


def page_of(*entries: object) -> ProjectPage:
    return read_page(LAST | {"projects": list(entries)})


def test_a_page_as_on_restreams_page() -> None:
    assert read_page(PAGE) == ProjectPage(
        (
            ListedProject(ENTRY["projectId"], UUID(FILE), True, AT_MS, "A webinar"),
            ListedProject("event-1", None, False, AT_MS, "A webinar"),
        ),
        next_cursor="abc=",
        whole=True,
    )


def test_the_last_page() -> None:
    page = read_page(LAST)
    assert (len(page.projects), page.next_cursor, page.whole) == (1, None, True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((name, DROPPED) for name in ("projectId", "sourceTypeName", "sourceIdentifier")),
        *((name, None) for name in ("projectId", "sourceTypeName", "sourceIdentifier")),
        ("projectId", ""),
        ("projectId", 17),
        ("projectId", "../oauth/revoke"),
        ("projectId", "a/b"),
        ("projectId", "a?b"),
        ("projectId", "a b"),
        ("projectId", ".."),
        ("projectId", "x" * 201),
        ("sourceTypeName", ""),
        ("sourceTypeName", 1),
        ("sourceIdentifier", ""),
        ("sourceIdentifier", "4711"),
        ("sourceIdentifier", "{" + FILE + "}"),
        ("sourceIdentifier", FILE.replace("-", "")),
        ("sourceIdentifier", "a1b2-c3d4e5f64890abcdef12-34-567890-"),
        ("sourceIdentifier", FILE[:-3] + "_1_"),
    ],
)
def test_an_entry_that_cannot_be_told_from_the_wanted_one_makes_the_page_not_whole(
    field: str, value: object
) -> None:
    page = page_of(with_field(ENTRY, field, value), EVENT)
    assert ([one.project_id for one in page.projects], page.whole) == (["event-1"], False)


@pytest.mark.parametrize("entry", [None, 1, "x", [], {}, [ENTRY]])
def test_an_entry_that_is_none_makes_the_page_not_whole(entry: object) -> None:
    page = page_of(entry, ENTRY)
    assert (len(page.projects), page.whole) == (1, False)


@pytest.mark.parametrize(
    ("kind", "of_video"),
    [
        ("VideoStorageFile", True),
        ("video_storage_file", True),
        ("videostoragefile", True),
        ("Event", False),
        ("VideoStorageFileCopy", False),
    ],
)
def test_kinds_of_sources_are_compared_without_case_and_separators(
    kind: str, of_video: bool
) -> None:
    page = page_of(ENTRY | {"sourceTypeName": kind})
    assert (page.projects[0].of_video, page.whole) == (of_video, True)


def test_a_files_name_in_capitals_is_the_same_file() -> None:
    [listed] = page_of(ENTRY | {"sourceIdentifier": FILE.upper()}).projects
    assert listed.file_id == UUID(FILE)


@pytest.mark.parametrize("title", [DROPPED, None, 5])
def test_a_project_without_a_title_is_one_all_the_same(title: object) -> None:
    page = page_of(with_field(ENTRY, "title", title))
    assert (page.projects[0].title, page.whole) == ("", True)


def test_a_title_is_one_plain_line() -> None:
    [listed] = page_of(ENTRY | {"title": "a\x1b[31m\n\u202eb" + "x" * 5_000}).projects
    assert listed.title.startswith("a [31m b")
    assert (listed.title.isprintable(), len(listed.title)) == (True, 300)


MORE_OR_NOT = [
    ({"hasMore": False, "nextCursor": None}, None, True),
    ({"hasMore": False}, None, True),
    ({"hasMore": True, "nextCursor": "c"}, "c", True),
    ({"hasMore": True, "nextCursor": 17}, "17", True),
    ({"hasMore": True, "nextCursor": None}, None, False),
    ({"hasMore": True, "nextCursor": ""}, None, False),
    ({"hasMore": True, "nextCursor": True}, None, False),
    ({"hasMore": True, "nextCursor": ["c"]}, None, False),
    ({"hasMore": True}, None, False),
    ({"hasMore": None, "nextCursor": "c"}, None, False),
    ({"hasMore": 0, "nextCursor": None}, None, False),
    ({"hasMore": "false", "nextCursor": None}, None, False),
    ({"nextCursor": None}, None, False),
    ({}, None, False),
    ([], None, False),
    (None, None, False),
    (DROPPED, None, False),
]


@pytest.mark.parametrize(("pagination", "cursor", "whole"), MORE_OR_NOT)
def test_whether_there_is_another_page_must_be_said_clearly(
    pagination: object, cursor: str | None, whole: bool
) -> None:
    page = read_page(with_field(PAGE, "pagination", pagination))
    assert (page.next_cursor, page.whole, len(page.projects)) == (cursor, whole, 2)


@pytest.mark.parametrize("document", [None, 1, "x", [], {}, {"projects": None}, {"projects": {}}])
def test_an_answer_that_is_no_page(document: object) -> None:
    with pytest.raises(Unreadable, match="projects is missing"):
        read_page(document)
