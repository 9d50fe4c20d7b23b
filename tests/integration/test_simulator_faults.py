"""The simulator's faults: what a client sees of each, and what really happened."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from batchclip.errors import UsageError
from batchclip.simulator import (
    FAULT_KINDS,
    TOKEN_KINDS,
    TOKEN_PATH,
    ScriptedFault,
    Simulator,
    SimulatorSettings,
)

PATH = "/v2/user/clips/projects"
FILE = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
CLIENT = {"client_id": "app", "client_secret": "secret", "refresh_token": "refresh-0"}


def basic(client: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()


class HeldClock:
    """A clock that stands still until it is moved; a sleep lasts until it is released."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0
        self.asleep = asyncio.Event()
        self.released = asyncio.Event()
        self.over = asyncio.Event()

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.asleep.set()
        try:
            await self.released.wait()
        finally:
            self.over.set()


def scripted(*faults: ScriptedFault, **more: Any) -> SimulatorSettings:
    return SimulatorSettings(script=faults, **more)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer one"}) as session:
        yield session


def body(start: float = 0) -> dict[str, Any]:
    span = {"startOffsetSeconds": start, "endOffsetSeconds": start + 10}
    source = {"sourceType": "VideoStorageFile", "videoStorageFileId": FILE}
    return source | {"selectedTimeRange": span}


async def create(
    http: aiohttp.ClientSession, simulator: Simulator, start: float = 0
) -> tuple[int, bytes, Any]:
    async with http.post(simulator.url + PATH, json=body(start)) as answer:
        return answer.status, await answer.read(), answer.headers


@pytest.mark.parametrize(
    ("kind", "status", "name"),
    [
        ("slow_down", 429, "TooManyRequests"),
        ("unavailable", 503, "ServiceUnavailable"),
        ("error_before", 500, "InternalServerError"),
        ("expired_token", 401, "invalid_token"),
        ("usage_limit", 403, "UsageLimitReached"),
        ("unknown_file", 404, "FileNotFound"),
        ("invalid_body", 400, "InvalidBodyParams"),
        ("scope", 403, "insufficient_scope"),
        ("feature", 403, "FeatureNotActive"),
        ("already", 409, "ClipsInputAlreadyProcessed"),
    ],
)
async def test_a_refusal_without_effect(
    http: aiohttp.ClientSession, kind: str, status: int, name: str
) -> None:
    async with Simulator(scripted(ScriptedFault(kind))) as simulator:
        answered, raw, headers = await create(http, simulator)
        record = simulator.books.requests[0]
    assert (answered, json.loads(raw)["error"]["name"]) == (status, name)
    assert headers.get("Retry-After") == ("1" if kind == "slow_down" else None)
    assert "Date" in headers
    assert (record.status, record.ending, record.fault) == (status, "answered", kind)
    assert not record.took_effect


@pytest.mark.parametrize("kind", ["gateway_before", "gateway_after"])
async def test_a_gateway_answers_html(http: aiohttp.ClientSession, kind: str) -> None:
    async with Simulator(scripted(ScriptedFault(kind))) as simulator:
        status, raw, headers = await create(http, simulator)
        assert simulator.books.requests[0].took_effect == (kind == "gateway_after")
    assert (status, headers["Content-Type"]) == (502, "text/html")
    assert raw.startswith(b"<html>")


async def test_an_error_after_the_effect(http: aiohttp.ClientSession) -> None:
    async with Simulator(scripted(ScriptedFault("error_after"))) as simulator:
        status, _, _ = await create(http, simulator)
        assert (status, len(simulator.books.effects())) == (500, 1)


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
async def test_a_reset_is_a_true_one(http: aiohttp.ClientSession, kind: str) -> None:
    async with Simulator(scripted(ScriptedFault(kind))) as simulator:
        with pytest.raises(aiohttp.ClientOSError, match="reset by peer"):
            await create(http, simulator)
        record = simulator.books.requests[0]
        assert (record.ending, record.status) == ("reset", None)
        assert record.took_effect == (kind == "reset_after")
        assert (await create(http, simulator))[0] == 201


@pytest.mark.parametrize("kind", ["hang_before", "hang_after"])
async def test_a_hanging_request_ends_with_the_simulator(
    http: aiohttp.ClientSession, kind: str
) -> None:
    clock = HeldClock()
    settings = scripted(ScriptedFault(kind), latency_seconds=1)
    async with Simulator(settings, clock) as simulator:
        request = asyncio.ensure_future(create(http, simulator))
        await clock.asleep.wait()
        clock.released.set()
    with pytest.raises(aiohttp.ClientError):
        await request
    record = simulator.books.requests[0]
    assert (record.ending, record.took_effect) == ("hang", kind == "hang_after")


async def test_a_client_that_gives_up_on_a_hanging_create_has_left_the_wire(
    http: aiohttp.ClientSession,
) -> None:
    clock = HeldClock()
    settings = scripted(ScriptedFault("hang_after"), latency_seconds=1)
    async with Simulator(settings, clock) as simulator:
        request = asyncio.ensure_future(create(http, simulator))
        await clock.asleep.wait()
        clock.released.set()
        await clock.over.wait()
        request.cancel()
        await asyncio.wait([request])
        assert (await create(http, simulator, start=10))[0] == 201
        assert simulator.books.wire.highest_for_one_file == 1


async def test_garbage_instead_of_json(http: aiohttp.ClientSession) -> None:
    async with Simulator(scripted(ScriptedFault("garbage_after"))) as simulator:
        status, raw, _ = await create(http, simulator)
        record = simulator.books.requests[0]
    assert (status, record.status, record.ending) == (201, 201, "garbage")
    assert record.took_effect
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(raw)


async def test_a_truncated_answer(http: aiohttp.ClientSession) -> None:
    async with Simulator(scripted(ScriptedFault("truncated_after"))) as simulator:
        with pytest.raises(aiohttp.ClientPayloadError):
            await create(http, simulator)
        record = simulator.books.requests[0]
    assert (record.status, record.ending, record.took_effect) == (201, "truncated", True)


async def test_an_expired_token_stays_expired(http: aiohttp.ClientSession) -> None:
    async with Simulator(scripted(ScriptedFault("expired_token"))) as simulator:
        assert [(await create(http, simulator))[0] for _ in range(2)] == [401, 401]
        http.headers["Authorization"] = "Bearer two"
        assert (await create(http, simulator))[0] == 201


@pytest.mark.parametrize(
    ("kind", "given", "sent"),
    [("slow_down", 0.25, "0.25"), ("unavailable", 2, "2"), ("unavailable", None, None)],
)
async def test_retry_after(
    http: aiohttp.ClientSession, kind: str, given: float | None, sent: str | None
) -> None:
    fault = ScriptedFault(kind, retry_after=given)
    async with Simulator(scripted(fault)) as simulator:
        _, _, headers = await create(http, simulator)
    assert headers.get("Retry-After") == sent


async def test_the_script_picks_by_file_start_and_count(http: aiohttp.ClientSession) -> None:
    script = (
        ScriptedFault("unknown_file", file="00000000-0000-4000-8000-000000000001", times=0),
        ScriptedFault("already", file=FILE.upper(), start=10, after=1, times=2),
        ScriptedFault("feature", start=30, times=0),
    )
    async with Simulator(scripted(*script)) as simulator:
        seen = [(await create(http, simulator, start))[0] for start in (0, 10, 10, 10, 10)]
        always = [(await create(http, simulator, 30))[0] for _ in range(3)]
    assert seen == [201, 201, 409, 409, 201]
    assert always == [403, 403, 403]


async def test_the_draw_is_the_same_for_the_same_seed(http: aiohttp.ClientSession) -> None:
    rates = {"error_after": 0.4, "already": 0.3}
    runs = []
    for seed in (1, 1, 2):
        async with Simulator(SimulatorSettings(fault_rates=rates, seed=seed)) as simulator:
            runs.append([(await create(http, simulator))[0] for _ in range(40)])
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {201, 409, 500}


@pytest.mark.parametrize("rates", [{"rain": 0.1}, {"scope": -0.1}, {"scope": 0.6, "already": 0.6}])
def test_impossible_rates(rates: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Simulator(SimulatorSettings(fault_rates=rates))


def test_token_faults_are_faults() -> None:
    assert TOKEN_KINDS < FAULT_KINDS


async def refresh(http: aiohttp.ClientSession, simulator: Simulator) -> int:
    headers = {"Authorization": basic("app", "secret")}
    form = {"grant_type": "refresh_token", "refresh_token": "refresh-0"}
    async with http.post(simulator.url + TOKEN_PATH, data=form, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize(
    ("kind", "first", "second", "refreshes"),
    [("error_before", 500, 200, 1), ("error_after", 500, 400, 1), ("unavailable", 503, 200, 1)],
)
async def test_faults_of_the_token_call(
    http: aiohttp.ClientSession, kind: str, first: int, second: int, refreshes: int
) -> None:
    fault = ScriptedFault(kind, path=TOKEN_PATH)
    async with Simulator(scripted(fault, **CLIENT)) as simulator:
        assert await refresh(http, simulator) == first
        assert await refresh(http, simulator) == second
        assert simulator.books.token_refreshes == refreshes


@pytest.mark.parametrize(("kind", "second"), [("reset_before", 200), ("reset_after", 400)])
async def test_the_token_call_is_reset(http: aiohttp.ClientSession, kind: str, second: int) -> None:
    fault = ScriptedFault(kind, path=TOKEN_PATH)
    async with Simulator(scripted(fault, **CLIENT)) as simulator:
        with pytest.raises(aiohttp.ClientOSError, match="reset by peer"):
            await refresh(http, simulator)
        assert await refresh(http, simulator) == second


async def test_the_token_call_hangs(http: aiohttp.ClientSession) -> None:
    fault = ScriptedFault("hang_after", path=TOKEN_PATH)
    clock = HeldClock()
    settings = scripted(fault, latency_seconds=1, **CLIENT)
    async with Simulator(settings, clock) as simulator:
        request = asyncio.ensure_future(refresh(http, simulator))
        await clock.asleep.wait()
        clock.released.set()
        assert simulator.books.token_refreshes == 1
    with pytest.raises(aiohttp.ClientError):
        await request
