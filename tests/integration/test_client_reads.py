"""Questions over real HTTP: what they ask for, and what each way to be answered is read as."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest

from batchclip.api.client import MAX_FILES_BYTES, MAX_READ_BYTES, RestreamClient
from batchclip.api.exchange import Exchange
from batchclip.api.reads import ListedProject, ProjectPage
from batchclip.api.secrets import Secrets
from batchclip.clock import SystemClock
from batchclip.evidence import Project
from batchclip.job import Mode, Range
from batchclip.outcome import Kind, Outcome
from batchclip.serverclock import ServerClock
from batchclip.simulator import Simulator, SimulatorSettings
from tests.support.asking import TOKEN
from tests.support.documents import AT_MS, DETAILS, FILE, FILES, PAGE
from tests.support.rawserver import Line, RawServer, answering, ending, http

Question = Callable[[RestreamClient], Awaitable[Any]]
SHORT = 0.3
SHORT_SECRET = "s3cr3t"  # noqa: S105 -- made up
DATE = "Date: Tue, 14 Nov 2023 22:13:20 GMT"

QUESTIONS: dict[str, Question] = {
    "projects": lambda client: client.projects(None, TOKEN),
    "project": lambda client: client.project("p-1", TOKEN),
    "files": lambda client: client.files(TOKEN),
}
GOOD = {"projects": PAGE, "project": DETAILS, "files": FILES}


class Answered:
    """What came of a question, what it sent, and which time it was told."""

    found: Any
    requests: list[bytes]
    server_now: int | None


async def ask(url: str, question: Question, timeout_seconds: float = 5.0) -> Answered:
    secrets, clock, answered = Secrets(), SystemClock(), Answered()
    secrets.add(TOKEN, SHORT_SECRET)
    server_clock = ServerClock(clock)
    async with Exchange(url, timeout_seconds) as exchange:
        client = RestreamClient(exchange, clock, secrets, server_clock)
        answered.found = await question(client)
    answered.server_now = server_clock.now()
    return answered


async def answered(answer: bytes, question: Question) -> Answered:
    async with RawServer(ending(answer)) as server:
        result = await ask(server.url, question)
        result.requests = server.requests
    return result


def body(document: object) -> bytes:
    return json.dumps(document).encode()


async def test_a_good_answer_of_each_call() -> None:
    page = (await answered(http(body(PAGE)), QUESTIONS["projects"])).found
    assert isinstance(page, ProjectPage)
    assert (len(page.projects), page.next_cursor, page.whole) == (2, "abc=", True)
    project = (await answered(http(body(DETAILS)), QUESTIONS["project"])).found
    assert isinstance(project, Project)
    assert (project.project_id, project.clips[0].created_at) == ("p-1", AT_MS)
    assert (await answered(http(body(FILES)), QUESTIONS["files"])).found == {UUID(FILE)}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("projects", "/v2/user/clips/projects?limit=100&sortBy=CreatedAt"),
        ("project", "/v2/user/clips/projects/p-1"),
        ("files", "/v2/user/storage/files"),
    ],
)
async def test_what_is_asked(name: str, target: str) -> None:
    [request] = (await answered(http(body(GOOD[name])), QUESTIONS[name])).requests
    assert request.startswith(f"GET {target} HTTP/1.1\r\n".encode())
    assert f"\r\nAuthorization: Bearer {TOKEN}\r\n".encode() in request


@pytest.mark.parametrize(
    "cursor",
    ["17", "abc==", "a+b/c", "a b", "x&limit=1", "a#b", "a?b=c", "50%25", "é\u202e", "../.."],
)
async def test_a_cursor_comes_back_as_it_was_given(cursor: str) -> None:
    result = await answered(http(body(PAGE)), lambda client: client.projects(cursor, TOKEN))
    target = result.requests[0].split(b" ")[1].decode("ascii")
    assert parse_qsl(urlsplit(target).query, strict_parsing=True) == [
        ("limit", "100"),
        ("sortBy", "CreatedAt"),
        ("cursor", cursor),
    ]
    assert urlsplit(target).path == "/v2/user/clips/projects"


@pytest.mark.parametrize("answer", [http(body(PAGE), "200 OK", DATE), http(b"", "500 No", DATE)])
async def test_the_time_of_every_answer_is_noted(answer: bytes) -> None:
    server_now = (await answered(answer, QUESTIONS["projects"])).server_now
    assert server_now is not None
    assert 1_700_000_000_000 <= server_now < 1_700_000_060_000


async def test_an_answer_without_a_date_tells_no_time() -> None:
    assert (await answered(http(body(PAGE)), QUESTIONS["projects"])).server_now is None


def refusal(status: str, name: str, *headers: str) -> bytes:
    return http(
        body({"error": {"name": name, "message": f"no, {TOKEN} {SHORT_SECRET}"}}), status, *headers
    )


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        (refusal("500 Error", "InternalServerError"), Kind.UNKNOWN, 500),
        (http(b"<html>Bad gateway</html>", "502 Bad Gateway"), Kind.UNKNOWN, 502),
        (http(b"", "302 Found", "Location: /elsewhere"), Kind.UNKNOWN, 302),
        (refusal("403 Forbidden", "InsufficientScope"), Kind.SCOPE_MISSING, 403),
        (refusal("404 Not Found", "ProjectNotFound"), Kind.REFUSED, 404),
        (refusal("401 Unauthorized", "invalid_token"), Kind.UNAUTHORIZED, 401),
        (refusal("402 Payment", "FeatureNotActive"), Kind.FEATURE_INACTIVE, 402),
        (refusal("503 Unavailable", "Unavailable"), Kind.SLOW_DOWN, 503),
    ],
)
@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_refusal_is_read_for_what_it_is(
    answer: bytes, kind: Kind, status: int, name: str
) -> None:
    result = await answered(answer, QUESTIONS[name])
    assert (result.found.kind, result.found.http_status) == (kind, status)
    assert TOKEN not in repr(result.found)
    assert SHORT_SECRET not in repr(result.found)
    assert len(result.requests) == 1


async def test_a_slow_down_says_for_how_long() -> None:
    answer = refusal("429 Too Many Requests", "TooManyRequests", "Retry-After: 77")
    outcome = (await answered(answer, QUESTIONS["projects"])).found
    assert (outcome.kind, outcome.hold_off, outcome.congested) == (Kind.SLOW_DOWN, 77.0, True)


def cut(document: object) -> bytes:
    """A whole document in an answer that promises more."""
    return http(body(document)).replace(b"Content-Length: ", b"Content-Length: 9")


UNREADABLE: dict[str, Callable[[object], bytes]] = {
    "HTML": lambda _: http(b"<html>Welcome</html>"),
    "nothing": lambda _: http(b"", "204 No Content"),
    "a list": lambda document: http(body([document])),
    "half of it": lambda document: http(body(document)[:-5]),
    "broken off": cut,
    "packed and broken": lambda document: http(body(document), "200 OK", "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("way", UNREADABLE)
@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_success_that_cannot_be_read_is_none(way: str, name: str) -> None:
    outcome = (await answered(UNREADABLE[way](GOOD[name]), QUESTIONS[name])).found
    assert isinstance(outcome, Outcome)
    assert (outcome.kind, outcome.error_name) == (Kind.UNKNOWN, "UnreadableAnswer")


LIMITS = {"projects": MAX_READ_BYTES, "project": MAX_READ_BYTES, "files": MAX_FILES_BYTES}


@pytest.mark.parametrize(("more", "readable"), [(0, True), (1, False)])
@pytest.mark.parametrize("name", QUESTIONS)
async def test_an_answer_that_is_too_long_is_not_read_by_halves(
    name: str, more: int, readable: bool
) -> None:
    long = body(GOOD[name]).ljust(LIMITS[name] + more)
    found = (await answered(http(long), QUESTIONS[name])).found
    assert isinstance(found, Outcome) is not readable


async def test_no_answer_in_time_may_come_another_time() -> None:
    async def hang(line: Line) -> None:
        await line.request()
        await line.hang()

    async with RawServer(hang) as server:
        outcome = (await ask(server.url, QUESTIONS["project"], SHORT)).found
    assert (outcome.kind, outcome.congested) == (Kind.UNKNOWN, True)


async def test_nobody_there() -> None:
    async with RawServer(answering()) as server:
        url = server.url
    assert (await ask(url, QUESTIONS["files"])).found.kind is Kind.NEVER_LEFT


# Against the simulator.


async def test_the_whole_list_page_by_page() -> None:
    files = [UUID(int=number) for number in range(1, 203)]

    async def read_all(client: RestreamClient) -> list[list[ListedProject]]:
        for file in files:
            outcome = await client.create_project(Range(file, 0, 10_000), TOKEN, lambda: True)
            assert outcome.kind is Kind.CREATED
        pages, cursor = [], None
        while True:
            page = await client.projects(cursor, TOKEN)
            assert isinstance(page, ProjectPage)
            assert page.whole
            pages.append(list(page.projects))
            cursor = page.next_cursor
            if cursor is None:
                return pages

    async with Simulator(SimulatorSettings()) as simulator:
        pages = (await ask(simulator.url, read_all)).found
    assert [len(page) for page in pages] == [100, 100, 2]
    assert [one.file_id for page in pages for one in page] == files[::-1]


@pytest.mark.parametrize("mode", Mode)
async def test_the_clips_of_a_range_lie_in_it(mode: Mode) -> None:
    async def create_and_look(client: RestreamClient) -> Project:
        asked = Range(UUID(FILE), 60_000, 120_500, mode)
        outcome = await client.create_project(asked, TOKEN, lambda: True)
        assert outcome.project_id
        project = await client.project(outcome.project_id, TOKEN)
        assert isinstance(project, Project)
        return project

    async with Simulator(SimulatorSettings()) as simulator:
        result = await ask(simulator.url, create_and_look)
    spans = [(clip.start_ms, clip.end_ms) for clip in result.found.clips]
    assert len(spans) == (1 if mode is Mode.SINGLE else 3)
    assert all(60_000 <= start < end <= 120_500 for start, end in spans)
    assert all(clip.created_at is not None for clip in result.found.clips)
    assert not result.found.generating


async def test_a_missing_scope_is_told_from_a_missing_project() -> None:
    async with Simulator(SimulatorSettings(scopes="clips.write")) as simulator:
        assert (await ask(simulator.url, QUESTIONS["projects"])).found.kind is Kind.SCOPE_MISSING
    async with Simulator(SimulatorSettings()) as simulator:
        outcome = (await ask(simulator.url, QUESTIONS["project"])).found
    assert (outcome.kind, outcome.http_status) == (Kind.REFUSED, 404)
