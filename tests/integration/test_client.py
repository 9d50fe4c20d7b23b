"""The create call: what it sends, and what each way in which it can end is read as."""

import json
from typing import Any
from uuid import UUID

import pytest

from batchclip import __version__
from batchclip.api.client import RestreamClient
from batchclip.api.exchange import Exchange, Request
from batchclip.api.secrets import Secrets
from batchclip.clock import SystemClock
from batchclip.envelope import MAX_TEXT
from batchclip.job import Mode, Range
from batchclip.outcome import Answer, Kind, Outcome, Silence
from batchclip.serverclock import ServerClock
from batchclip.simulator import FAULT_KINDS, CreateRecord, ScriptedFault, Simulator
from batchclip.simulator import SimulatorSettings as Simulated
from tests.support.rawserver import RawServer, answering, ending, http

FILE = UUID("a1b2c3d4-e5f6-7890-abcd-ef1234567890")
WHOLE = Range(FILE)
TOKEN = "a-token-that-is-long-enough"  # noqa: S105 -- made up
CREATED = http(b'{"projectId": "p-1"}', "201 Created")
SHORT = 0.3
FIELDS = {"sourceType": "VideoStorageFile", "videoStorageFileId": str(FILE)}


async def create(
    url: str, asked: Range = WHOLE, secrets: Secrets | None = None, timeout_seconds: float = 5.0
) -> Outcome:
    secrets = secrets or Secrets()
    secrets.add(TOKEN)
    async with Exchange(url, timeout_seconds) as exchange:
        return await RestreamClient(
            exchange, SystemClock(), secrets, ServerClock(SystemClock())
        ).create_project(asked, TOKEN)


async def request_for(asked: Range) -> bytes:
    async with RawServer(answering(CREATED)) as server:
        outcome = await create(server.url, asked)
    assert outcome == Outcome(Kind.CREATED, http_status=201, project_id="p-1")
    [request] = server.requests
    return request


def span(start: float, end: float) -> dict[str, Any]:
    return {"selectedTimeRange": {"startOffsetSeconds": start, "endOffsetSeconds": end}}


@pytest.mark.parametrize(
    ("asked", "more"),
    [
        (WHOLE, {}),
        (Range(FILE, title="My webinar ü"), {"title": "My webinar ü"}),
        (Range(FILE, mode=Mode.SINGLE), {"singleClipMode": True}),
        (Range(FILE, force=True), {"forceReprocess": True}),
        (Range(FILE, 0, 10_000), span(0, 10)),
        (Range(FILE, 90_500, 3_600_001), span(90.5, 3600.001)),
        (Range(FILE, 0, 10_000, force=True), span(0, 10)),
        (
            Range(FILE, 0, 10_000, mode=Mode.SINGLE, title="t"),
            {"singleClipMode": True, "title": "t"} | span(0, 10),
        ),
    ],
)
async def test_the_body_is_as_on_restreams_page(asked: Range, more: dict[str, Any]) -> None:
    request = await request_for(asked)

    assert json.loads(request.partition(b"\r\n\r\n")[2]) == FIELDS | more


async def test_whole_seconds_go_as_integers() -> None:
    request = await request_for(Range(FILE, 60_000, 120_500))

    assert b'"startOffsetSeconds":60,' in request
    assert b'"endOffsetSeconds":120.5}' in request


async def test_the_head_is_as_on_restreams_page() -> None:
    request = await request_for(WHOLE)

    assert request.startswith(b"POST /v2/user/clips/projects HTTP/1.1\r\n")
    assert f"\r\nAuthorization: Bearer {TOKEN}\r\n".encode() in request
    assert b"\r\nContent-Type: application/json\r\n" in request
    assert f"\r\nUser-Agent: batchclip/{__version__}\r\n".encode() in request


KINDS = {
    "slow_down": Kind.SLOW_DOWN,
    "unavailable": Kind.SLOW_DOWN,
    "error_before": Kind.UNKNOWN,
    "error_after": Kind.UNKNOWN,
    "gateway_before": Kind.UNKNOWN,
    "gateway_after": Kind.UNKNOWN,
    "reset_before": Kind.UNKNOWN,
    "reset_after": Kind.UNKNOWN,
    "hang_before": Kind.UNKNOWN,
    "hang_after": Kind.UNKNOWN,
    "garbage_after": Kind.UNKNOWN,
    "truncated_after": Kind.UNKNOWN,
    "expired_token": Kind.UNAUTHORIZED,
    "usage_limit": Kind.USAGE_LIMIT,
    "unknown_file": Kind.REFUSED,
    "invalid_body": Kind.REFUSED,
    "scope": Kind.SCOPE_MISSING,
    "feature": Kind.FEATURE_INACTIVE,
    "already": Kind.ALREADY_DONE,
}


def test_each_fault_of_the_simulator_has_its_kind() -> None:
    assert KINDS.keys() == FAULT_KINDS


async def under(fault: str) -> tuple[Outcome, list[CreateRecord]]:
    wait = SHORT if fault.startswith("hang") else 5.0
    async with Simulator(Simulated(script=[ScriptedFault(fault, times=0)])) as simulator:
        outcome = await create(simulator.url, Range(FILE, 0, 10_000), timeout_seconds=wait)
        return outcome, simulator.books.requests


@pytest.mark.parametrize("fault", sorted(FAULT_KINDS))
async def test_each_fault_is_read_for_what_it_is_and_sent_once(fault: str) -> None:
    outcome, requests = await under(fault)

    assert outcome.kind is KINDS[fault]
    assert len(requests) == 1
    assert requests[0].took_effect == fault.endswith("_after")


async def test_slowing_down_says_for_how_long() -> None:
    outcome, _ = await under("slow_down")

    assert (outcome.hold_off, outcome.congested, outcome.http_status) == (1.0, True, 429)


@pytest.mark.parametrize("fault", ["hang_after", "hang_before"])
async def test_no_answer_in_time_speaks_of_congestion(fault: str) -> None:
    outcome, _ = await under(fault)

    assert outcome.congested


async def test_a_success_has_its_project() -> None:
    async with Simulator(Simulated()) as simulator:
        outcome = await create(simulator.url, Range(FILE, 500, 11_000, title="t"))
        [record] = simulator.books.requests

    assert outcome.kind is Kind.CREATED
    assert outcome.project_id
    assert (record.file, record.start, record.end) == (str(FILE), 0.5, 11)
    assert (record.title, record.token, record.force) == ("t", TOKEN, False)


async def test_nobody_there_means_never_left() -> None:
    async with RawServer(answering()) as server:
        url = server.url

    outcome = await create(url)

    assert outcome.kind is Kind.NEVER_LEFT
    assert outcome.error_name == "ClientConnectorError"


# No token in what is kept of an answer.


def complaint(message: str) -> bytes:
    return json.dumps({"error": {"name": "Odd", "message": message}}).encode()


def echoed(token: str, place: int) -> str:
    return ("x " * MAX_TEXT)[:place] + token + " and more"


PLACES = [0, MAX_TEXT - len(TOKEN), MAX_TEXT - 10, MAX_TEXT - 1]


@pytest.mark.parametrize("place", PLACES)
async def test_an_answer_that_repeats_the_token_is_kept_without_it(place: int) -> None:
    body = complaint(echoed(TOKEN, place))
    async with RawServer(ending(http(body, "418 Teapot"))) as server:
        outcome = await create(server.url)

    assert outcome.error is not None
    assert TOKEN[:8] not in outcome.error
    assert len(outcome.error) <= MAX_TEXT


async def test_a_project_that_repeats_the_token_is_kept_without_it() -> None:
    async with RawServer(ending(http(b'{"projectId": "s3cr3t"}', "201 OK"))) as server:
        secrets = Secrets()
        secrets.add("s3cr3t")
        outcome = await create(server.url, secrets=secrets)

    assert (outcome.kind, outcome.project_id) == (Kind.CREATED, "***")


async def test_garbage_that_repeats_the_token_is_kept_without_it() -> None:
    async with RawServer(ending(f"{TOKEN} no HTTP\r\n\r\n".encode())) as server:
        outcome = await create(server.url)

    assert outcome.kind is Kind.UNKNOWN
    assert outcome.error is not None
    assert "***" in outcome.error
    assert TOKEN not in outcome.error


class Quiet(Exchange):
    """An exchange whose every request ends in this silence."""

    def __init__(self, silence: Silence) -> None:
        super().__init__("http://127.0.0.1", 1)
        self._silence = silence

    async def send(self, request: Request) -> Answer | Silence:  # noqa: ARG002 -- the base's
        return self._silence


@pytest.mark.parametrize("place", PLACES)
async def test_an_error_that_repeats_the_token_is_kept_without_it(place: int) -> None:
    secrets = Secrets()
    secrets.add(TOKEN)
    quiet = Quiet(Silence(True, "ClientResponseError", echoed(TOKEN, place)))

    outcome = await RestreamClient(
        quiet, SystemClock(), secrets, ServerClock(SystemClock())
    ).create_project(WHOLE, TOKEN)

    assert outcome.error is not None
    assert TOKEN[:8] not in outcome.error
