"""The simulator's calls that read: projects, clips, storage files."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from batchclip.simulator import Simulator, SimulatorSettings

PATH = "/v2/user/clips/projects"


def file_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


class HeldClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Caller:
    """Calls a simulator with a token."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.session = session

    async def get(self, path: str, **query: Any) -> tuple[int, Any]:
        async with self.session.get(self.simulator.url + path, params=query) as answer:
            return answer.status, await answer.json()

    async def create(self, number: int, start: float, end: float, **more: Any) -> str:
        span = {"startOffsetSeconds": start, "endOffsetSeconds": end}
        document = {"sourceType": "VideoStorageFile", "videoStorageFileId": file_id(number)}
        document |= {"selectedTimeRange": span} | more
        async with self.session.post(self.simulator.url + PATH, json=document) as answer:
            assert answer.status == 201
            return str((await answer.json())["projectId"])


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def settings() -> SimulatorSettings:
    return SimulatorSettings(generating_seconds=30, latency_seconds=0.5)


@pytest.fixture
async def caller(settings: SimulatorSettings, clock: HeldClock) -> AsyncIterator[Caller]:
    async with (
        Simulator(settings, clock) as simulator,
        aiohttp.ClientSession(headers={"Authorization": "Bearer one"}) as session,
    ):
        yield Caller(simulator, session)


async def test_clips_come_when_generating_is_over(caller: Caller, clock: HeldClock) -> None:
    project = await caller.create(1, 100, 200)
    _, document = await caller.get(f"{PATH}/{project}")
    assert document == {"generatingClipsNow": True, "clips": [], "postedClips": []}
    clock.seconds += 30
    _, document = await caller.get(f"{PATH}/{project}")
    assert not document["generatingClipsNow"]
    assert len(document["clips"]) == 3
    for clip in document["clips"]:
        assert 100 <= clip["sourceStartSeconds"] < clip["sourceEndSeconds"] <= 200
    assert document["clips"][0].keys() == {
        "clipId",
        "name",
        "viralityScore",
        "viralityScoreExplanation",
        "transcriptText",
        "sourceStartSeconds",
        "sourceEndSeconds",
        "thumbnailUrl",
        "favouritedAt",
        "createdAt",
    }
    assert document["clips"][0]["createdAt"] == "1970-01-12T13:47:10.000Z"


async def test_a_single_clip_has_exactly_its_span(caller: Caller, clock: HeldClock) -> None:
    project = await caller.create(1, 7.25, 99.5, singleClipMode=True)
    await caller.create(1, 200, 300)
    clock.seconds += 31
    _, document = await caller.get(f"{PATH}/{project}")
    spans = [(clip["sourceStartSeconds"], clip["sourceEndSeconds"]) for clip in document["clips"]]
    assert spans[0] == (7.25, 99.5)
    assert len(spans) == 4
    assert len({clip["clipId"] for clip in document["clips"]}) == 4


async def test_a_clip_has_a_download_address(caller: Caller, clock: HeldClock) -> None:
    project = await caller.create(1, 0, 60, singleClipMode=True)
    clip = "c11b5000-0000-4000-8000-000000000000"
    download = f"/v2/user/clips/{clip}/download"
    assert (await caller.get(download))[0] == 404
    assert (await caller.get(f"/simulator/clips/{clip}.mp4"))[0] == 404
    clock.seconds += 31
    _, document = await caller.get(f"{PATH}/{project}")
    assert document["clips"][0]["clipId"] == clip
    status, document = await caller.get(download)
    assert status == 200
    async with caller.session.get(document["downloadUrl"]) as answer:
        assert (answer.status, answer.content_type) == (200, "video/mp4")


@pytest.mark.parametrize(
    "clip",
    [
        "c11b5000-0000-4000-8000-000000000001",
        "c11b5000-0000-4000-8000-000000000009",
        "9a0ec700-0000-4000-8000-000000000000",
        "nothing",
        "c11b5000-0000-4000-8000--00000000001",
    ],
)
async def test_there_is_no_such_clip(caller: Caller, clock: HeldClock, clip: str) -> None:
    await caller.create(1, 0, 60, singleClipMode=True)
    clock.seconds += 31
    status, document = await caller.get(f"/v2/user/clips/{clip}/download")
    assert (status, document["error"]["name"]) == (404, "ClipNotFound")


@pytest.mark.parametrize("project", ["9a0ec700-0000-4000-8000-000000000001", "nothing"])
async def test_there_is_no_such_project(caller: Caller, project: str) -> None:
    await caller.create(1, 0, 60)
    status, document = await caller.get(f"{PATH}/{project}")
    assert (status, document["error"]["name"]) == (404, "ProjectNotFound")


async def pages(caller: Caller, **query: Any) -> list[str]:
    """Return the last letter of the file of every project, page after page."""
    found: list[str] = []
    more = True
    while more:
        _, document = await caller.get(PATH, **query)
        found += [project["sourceIdentifier"][-1] for project in document["projects"]]
        more = document["pagination"]["hasMore"]
        query["cursor"] = document["pagination"]["nextCursor"]
    assert query["cursor"] is None
    return found


async def test_projects_are_listed_newest_first(caller: Caller) -> None:
    for number in (1, 2, 3, 4, 5, 2):
        await caller.create(number, 0, 60)
    assert await pages(caller) == ["5", "4", "3", "2", "1"]
    assert await pages(caller, limit=2) == ["5", "4", "3", "2", "1"]
    assert await pages(caller, limit=5, sortBy="CreatedAt") == ["5", "4", "3", "2", "1"]
    assert await pages(caller, limit=2, sortBy="LastActivity") == ["2", "5", "4", "3", "1"]


async def test_a_listed_project(caller: Caller, clock: HeldClock) -> None:
    project = await caller.create(1, 0, 60, title="One")
    _, before = await caller.get(PATH)
    clock.seconds += 31
    _, after = await caller.get(PATH)
    assert before["projects"] == [
        {
            "projectId": project,
            "sourceTypeName": "VideoStorageFile",
            "sourceIdentifier": file_id(1),
            "title": "One",
            "clipsCount": 0,
            "clipThumbnails": [],
            "generatingClipsNow": True,
            "createdAt": "1970-01-12T13:46:40.000Z",
        }
    ]
    assert after["projects"][0]["clipsCount"] == 3
    assert len(after["projects"][0]["clipThumbnails"]) == 3
    assert not after["projects"][0]["generatingClipsNow"]


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"cursor": "x"}, {"sortBy": "Title"}],
)
async def test_a_wrong_query_is_refused(caller: Caller, query: dict[str, Any]) -> None:
    status, document = await caller.get(PATH, **query)
    assert (status, document["error"]["name"]) == (400, "InvalidQueryParams")


async def test_files_that_nobody_spoke_of_are_ready(caller: Caller) -> None:
    assert (await caller.get("/v2/user/storage/files"))[1] == {"files": []}
    await caller.create(1, 0, 60)
    _, document = await caller.get("/v2/user/storage/files")
    _, alone = await caller.get(f"/v2/user/storage/files/{file_id(1)}")
    assert document["files"] == [alone]
    assert alone == {
        "id": file_id(1),
        "title": f"Video {file_id(1)}",
        "sizeBytes": 43_200_000_000,
        "durationSeconds": 86_400,
        "status": "Ready",
        "createdAt": "1970-01-12T13:46:40.000Z",
    }


async def test_known_files(caller: Caller, clock: HeldClock) -> None:
    known = SimulatorSettings(known_files={file_id(1): 60.5, file_id(2): 70})
    async with Simulator(known, clock) as simulator:
        other = Caller(simulator, caller.session)
        _, document = await other.get("/v2/user/storage/files")
        assert [file["durationSeconds"] for file in document["files"]] == [60.5, 70]
        assert (await other.get(f"/v2/user/storage/files/{file_id(3)}"))[0] == 404


@pytest.mark.parametrize("path", [PATH, f"{PATH}/x", "/v2/user/clips/x/download"])
async def test_clips_need_their_scope(caller: Caller, path: str) -> None:
    narrow = SimulatorSettings(scopes="clips.write storage.read")
    async with Simulator(narrow) as simulator:
        other = Caller(simulator, caller.session)
        assert (await other.get(path))[0] == 403
        assert (await other.get("/v2/user/storage/files"))[0] == 200


async def test_files_need_their_scope_and_a_token(caller: Caller) -> None:
    path = "/v2/user/storage/files"
    async with Simulator(SimulatorSettings(scopes="clips.read")) as simulator:
        assert (await Caller(simulator, caller.session).get(path))[0] == 403
        async with aiohttp.ClientSession() as nobody:
            assert (await Caller(simulator, nobody).get(path))[0] == 401


async def test_every_answer_tells_the_clocks_time(caller: Caller, clock: HeldClock) -> None:
    for path in (PATH, "/v2/nothing", "/simulator/books"):
        clock.seconds = 1_000_000
        async with caller.session.get(caller.simulator.url + path) as answer:
            assert answer.headers["Date"] == "Mon, 12 Jan 1970 13:46:40 GMT"
