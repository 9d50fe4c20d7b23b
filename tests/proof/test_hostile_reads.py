"""Whatever Restream answers to a question: it is found as it stands there, or it is an outcome."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchclip.api.client import RestreamClient
from batchclip.api.exchange import Exchange, Request
from batchclip.api.reads import ProjectPage
from batchclip.evidence import Project
from batchclip.outcome import Answer, Kind, Outcome, Silence
from tests.support.asking import TOKEN, client_of
from tests.support.hostile import bodies, headers, statuses
from tests.support.proof import size

FILE = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
AT = "2026-01-31T06:00:00.000Z"
PAGE: dict[str, Any] = {
    "projects": [
        {
            "projectId": "p-1",
            "sourceTypeName": "VideoStorageFile",
            "sourceIdentifier": FILE,
            "title": "t",
            "clipsCount": 3,
            "clipThumbnails": [],
            "generatingClipsNow": False,
            "createdAt": AT,
        }
    ],
    "pagination": {"nextCursor": "cursor-2", "hasMore": True},
}
DETAILS: dict[str, Any] = {
    "generatingClipsNow": False,
    "clips": [
        {
            "clipId": "c-1",
            "name": "n",
            "viralityScore": 7,
            "sourceStartSeconds": 1.5,
            "sourceEndSeconds": 20,
            "createdAt": AT,
        }
    ],
    "postedClips": [],
}
FILES: dict[str, Any] = {
    "files": [{"id": FILE, "title": "t", "durationSeconds": 9.5, "status": "Ready"}]
}
Read = Callable[[RestreamClient], Awaitable[object]]
READS: dict[str, tuple[dict[str, Any], Read]] = {
    "a page of projects": (PAGE, lambda client: client.projects(None, TOKEN)),
    "a project": (DETAILS, lambda client: client.project("p-1", TOKEN)),
    "the files": (FILES, lambda client: client.files(TOKEN)),
}


class Said(Exchange):
    """An exchange whose every request ends in this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("http://127.0.0.1", 1)
        self._answer = answer

    async def send(self, request: Request) -> Answer | Silence:  # noqa: ARG002 -- the base's
        return self._answer


def found_in(answer: Answer, read: Read) -> object:
    async def ask() -> object:
        return await read(client_of(Said(answer)))

    return asyncio.run(ask())


def check(found: object) -> None:
    """What holds for everything that was found, whatever it was found in."""
    if isinstance(found, ProjectPage):
        assert all(project.project_id.isascii() for project in found.projects)
        assert all(project.title.isprintable() for project in found.projects)
    elif isinstance(found, Project):
        spans = [(clip.start_ms, clip.end_ms) for clip in found.clips]
        assert all(None in span or 0 <= span[0] <= span[1] for span in spans)  # type: ignore[operator]
    elif isinstance(found, Outcome):
        assert found.kind is not Kind.CREATED
    else:
        assert isinstance(found, frozenset)
        assert all(isinstance(one, UUID) for one in found)


@pytest.mark.parametrize("name", READS)
def test_an_honest_answer_is_found(name: str) -> None:
    document, read = READS[name]

    found = found_in(Answer(200, {}, json.dumps(document).encode()), read)

    assert not isinstance(found, Outcome)
    check(found)


@pytest.mark.parametrize("name", READS)
def test_no_spoiled_answer_to_a_question_breaks_the_reader(name: str) -> None:
    document, read = READS[name]

    @settings(
        max_examples=size(150, 2_000),
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(bodies(document), st.just(200) | statuses, headers)
    def property_of(body: bytes, status: int, asked: dict[str, str]) -> None:
        found = found_in(Answer(status, asked, body), read)

        check(found)
        assert 200 <= status < 300 or isinstance(found, Outcome)

    property_of()


@pytest.mark.parametrize("name", READS)
def test_an_answer_that_broke_off_is_not_read_in_part(name: str) -> None:
    document, read = READS[name]

    found = found_in(Answer(200, {}, json.dumps(document).encode(), complete=False), read)

    assert isinstance(found, Outcome)
    assert found.kind is Kind.UNKNOWN
