"""The simulator's create call: what it accepts, what it refuses, and what it gives back."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from batchclip.simulator import Simulator, SimulatorSettings

PATH = "/v2/user/clips/projects"
FILE = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
OTHER = "00000000-0000-4000-8000-000000000001"


def body(start: Any = None, end: Any = None, file: Any = FILE, **more: Any) -> dict[str, Any]:
    """Return a create's body; without offsets it means the whole video."""
    span = {"startOffsetSeconds": start, "endOffsetSeconds": end}
    ranged = {} if start is None and end is None else {"selectedTimeRange": span}
    return {"sourceType": "VideoStorageFile", "videoStorageFileId": file} | ranged | more


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer one"}) as session:
        yield session


async def create(http: aiohttp.ClientSession, url: str, **wanted: Any) -> tuple[int, Any]:
    async with http.post(url + PATH, json=body(**wanted)) as answer:
        return answer.status, await answer.json()


async def test_a_range_is_created_as_the_page_shows(http: aiohttp.ClientSession) -> None:
    async with Simulator(SimulatorSettings()) as simulator:
        status, project = await create(
            http, simulator.url, start=0, end=10.5, title="My webinar", unknown=1
        )
    assert status == 201
    assert project.keys() == {
        "projectId",
        "sourceTypeName",
        "sourceIdentifier",
        "title",
        "createdAt",
    }
    assert project["sourceTypeName"] == "VideoStorageFile"
    assert project["sourceIdentifier"] == FILE
    assert project["title"] == "My webinar"
    assert project["createdAt"].endswith("Z")


async def test_one_project_a_source(http: aiohttp.ClientSession) -> None:
    async with Simulator(SimulatorSettings()) as simulator:
        _, first = await create(http, simulator.url, start=0, end=10)
        _, again = await create(http, simulator.url, start=10, end=20, file=FILE.upper())
        _, other = await create(http, simulator.url, start=0, end=10, file=OTHER)
    assert first == again
    assert first["projectId"] != other["projectId"]


async def test_a_range_sent_twice_takes_effect_twice(http: aiohttp.ClientSession) -> None:
    async with Simulator(SimulatorSettings()) as simulator:
        for _ in range(2):
            assert (await create(http, simulator.url, start=0, end=10))[0] == 201
        books = simulator.books
    assert books.sent_twice() == [(FILE, 0, 10, False, False)]
    assert [effect.sequence for effect in books.effects()] == [1, 2]


async def test_a_whole_video_twice_is_a_conflict_unless_forced(
    http: aiohttp.ClientSession,
) -> None:
    async with Simulator(SimulatorSettings()) as simulator:
        url = simulator.url
        assert (await create(http, url, start=0, end=86_400))[0] == 201
        assert (await create(http, url))[0] == 201
        status, document = await create(http, url)
        assert (status, document["error"]["name"]) == (409, "ClipsInputAlreadyProcessed")
        assert simulator.books.sent_twice() == []
        for _ in range(2):
            assert (await create(http, url, forceReprocess=True))[0] == 201
        assert simulator.books.sent_twice() == [(FILE, None, None, False, True)]


async def test_force_with_a_range_is_ignored(http: aiohttp.ClientSession) -> None:
    async with Simulator(SimulatorSettings()) as simulator:
        await create(http, simulator.url, start=0, end=10, forceReprocess=True)
        await create(http, simulator.url, start=0, end=10, forceReprocess=False)
        assert simulator.books.sent_twice() == [(FILE, 0, 10, False, False)]
        assert simulator.books.requests[0].force


@pytest.mark.parametrize(
    "wanted",
    [
        {"sourceType": "Event"},
        {"file": "not-a-uuid"},
        {"file": None},
        {"start": 0},
        {"end": 10},
        {"start": -1, "end": 10},
        {"start": True, "end": 20},
        {"start": float("nan"), "end": 20},
        {"start": 0, "end": float("inf")},
        {"start": 0, "end": 10**400},
        {"start": "0", "end": 20},
        {"start": 0, "end": 9.9},
        {"start": 20, "end": 10},
        {"start": 0, "end": 86_401},
        {"start": 0, "end": 601, "singleClipMode": True},
        {"singleClipMode": True},
        {"singleClipMode": 1},
        {"forceReprocess": "yes"},
        {"title": 7},
        {"selectedTimeRange": [0, 10]},
    ],
)
async def test_an_invalid_body_is_refused(
    http: aiohttp.ClientSession, wanted: dict[str, Any]
) -> None:
    async with Simulator(SimulatorSettings()) as simulator:
        status, document = await create(http, simulator.url, **wanted)
        assert (status, document["error"]["name"]) == (400, "InvalidBodyParams")
        assert document["error"].keys() == {"statusCode", "status", "code", "message", "name"}
        assert simulator.books.summary()["effects"] == 0
        assert simulator.books.requests[0].status == 400


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff"])
async def test_a_body_that_is_no_object_is_refused(http: aiohttp.ClientSession, raw: bytes) -> None:
    async with (
        Simulator(SimulatorSettings()) as simulator,
        http.post(simulator.url + PATH, data=raw) as answer,
    ):
        assert answer.status == 400
        assert simulator.books.requests[0].file is None


async def test_nulls_are_as_good_as_nothing(http: aiohttp.ClientSession) -> None:
    nothing = dict.fromkeys(["title", "singleClipMode", "selectedTimeRange", "forceReprocess"])
    async with Simulator(SimulatorSettings()) as simulator:
        status, project = await create(http, simulator.url, **nothing)
    assert (status, project["title"]) == (201, f"Video {FILE}")


async def test_the_longest_single_clip_and_the_shortest_video(
    http: aiohttp.ClientSession,
) -> None:
    settings = SimulatorSettings(known_files={FILE.upper(): 600, OTHER: 9})
    async with Simulator(settings) as simulator:
        assert (await create(http, simulator.url, singleClipMode=True))[0] == 201
        assert (await create(http, simulator.url, file=OTHER))[0] == 400
        missing = OTHER.replace("1", "2")
        status, document = await create(http, simulator.url, file=missing)
        assert (status, document["error"]["name"]) == (404, "FileNotFound")


async def test_the_usage_limit_counts_effects(http: aiohttp.ClientSession) -> None:
    async with Simulator(SimulatorSettings(usage_limit=2)) as simulator:
        url = simulator.url
        assert (await create(http, url))[0] == 201
        assert (await create(http, url))[0] == 409
        assert (await create(http, url, start=0, end=10))[0] == 201
        status, document = await create(http, url, start=0, end=10)
        assert (status, document["error"]["name"]) == (403, "UsageLimitReached")
        assert len(simulator.books.effects()) == 2


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (SimulatorSettings(feature_active=False), "FeatureNotActive"),
        (SimulatorSettings(scopes="clips.read storage.read"), "insufficient_scope"),
    ],
)
async def test_the_account_may_not_clip(
    http: aiohttp.ClientSession, settings: SimulatorSettings, name: str
) -> None:
    async with Simulator(settings) as simulator:
        status, document = await create(http, simulator.url)
    assert (status, document["error"]["name"]) == (403, name)


async def test_scopes_have_two_spellings(http: aiohttp.ClientSession) -> None:
    async with Simulator(SimulatorSettings(scopes="clips.default.write")) as simulator:
        assert (await create(http, simulator.url))[0] == 201


@pytest.mark.parametrize("header", [None, "Basic b25l", "Bearer", "Bearer two"])
async def test_a_create_needs_a_good_token(header: str | None) -> None:
    settings = SimulatorSettings(access_tokens=frozenset({"one"}))
    headers = {"Authorization": header} if header else {}
    async with (
        Simulator(settings) as simulator,
        aiohttp.ClientSession(headers=headers) as http,
    ):
        status, document = await create(http, simulator.url)
        assert (status, document["error"]["name"]) == (401, "invalid_token")
        assert simulator.books.requests[0].token == ("two" if header == "Bearer two" else None)


async def test_the_books_show_two_creates_for_one_file_at_once(
    http: aiohttp.ClientSession,
) -> None:
    async with Simulator(SimulatorSettings(latency_seconds=0.05)) as simulator:
        files = [FILE, FILE, OTHER]
        starts = itertools.count(0, 10)
        creates = [
            create(http, simulator.url, file=file, start=start, end=start + 10)
            for file, start in zip(files, starts, strict=False)
        ]
        await asyncio.gather(*creates)
        summary = simulator.books.summary()
    assert summary["highest_on_wire_for_one_file"] == 2
    assert summary["highest_on_wire"] == 3


async def test_one_after_the_other_is_one_at_once(http: aiohttp.ClientSession) -> None:
    async with Simulator(SimulatorSettings()) as simulator:
        for start in range(0, 50, 10):
            await create(http, simulator.url, start=start, end=start + 10)
        assert simulator.books.wire.highest_for_one_file == 1
        assert simulator.books.wire.highest == 1
