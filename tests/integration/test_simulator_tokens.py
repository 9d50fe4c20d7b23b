"""The simulator's tokens: issued, rotated, expired, revoked."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from yarl import URL

from batchclip.simulator import Simulator, SimulatorSettings

FILES = "/v2/user/storage/files"
BACK = "http://127.0.0.1:1/callback?a=b"


def basic(client: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()


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
    """Speaks to a simulator that issues tokens."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.session = session
        self.authorization = basic("app", "secret")

    async def post(self, path: str, **form: str) -> tuple[int, Any]:
        headers = {"Authorization": self.authorization} if self.authorization else {}
        url = self.simulator.url + path
        async with self.session.post(url, data=form, headers=headers) as answer:
            raw = await answer.read()
            return answer.status, await answer.json() if raw else None

    async def refresh(self, token: str) -> tuple[int, Any]:
        return await self.post("/oauth/token", grant_type="refresh_token", refresh_token=token)

    async def status(self, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.get(self.simulator.url + FILES, headers=headers) as answer:
            return answer.status

    async def login(self, **query: str) -> tuple[int, URL]:
        url = self.simulator.url + "/login"
        async with self.session.get(url, params=query, allow_redirects=False) as answer:
            return answer.status, URL(answer.headers.get("Location", ""))


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def caller(clock: HeldClock) -> AsyncIterator[Caller]:
    settings = SimulatorSettings(
        client_id="app",
        client_secret="secret",
        refresh_token="refresh-0",
        access_tokens=frozenset({"access-0"}),
    )
    async with Simulator(settings, clock) as simulator, aiohttp.ClientSession() as session:
        yield Caller(simulator, session)


async def test_a_refresh_makes_the_previous_pair_bad_at_once(caller: Caller) -> None:
    assert await caller.status("access-0") == 200
    status, pair = await caller.refresh("refresh-0")
    assert status == 200
    assert await caller.status("access-0") == 401
    assert await caller.status(pair["access_token"]) == 200
    status, refusal = await caller.refresh("refresh-0")
    assert (status, refusal["error"]["name"]) == (400, "invalid_grant")
    assert (await caller.refresh(pair["refresh_token"]))[0] == 200
    assert caller.simulator.books.token_refreshes == 2


async def test_the_answer_is_as_the_page_shows(caller: Caller) -> None:
    _, pair = await caller.refresh("refresh-0")
    assert pair["accessToken"] == pair["access_token"]
    assert pair["refreshToken"] == pair["refresh_token"]
    assert pair["expires_in"] == 3600
    assert pair["expires"] == pair["accessTokenExpiresEpoch"] == 1_003_600
    assert pair["accessTokenExpiresAt"] == "1970-01-12T14:46:40.000Z"
    assert pair["refreshTokenExpiresEpoch"] == 32_536_000
    assert pair["token_type"].lower() == "bearer"
    assert pair["scope"] == "clips.write clips.read storage.read"


async def test_tokens_grow_old(caller: Caller, clock: HeldClock) -> None:
    clock.seconds += 3600
    assert await caller.status("access-0") == 401
    _, pair = await caller.refresh("refresh-0")
    assert await caller.status(pair["access_token"]) == 200
    clock.seconds += 31_536_000
    assert (await caller.refresh(pair["refresh_token"]))[0] == 400


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer x", "Basic !", "Basic /w==", basic("app", "wrong")],
)
async def test_a_wrong_client_is_refused(caller: Caller, authorization: str) -> None:
    caller.authorization = authorization
    status, refusal = await caller.refresh("refresh-0")
    assert (status, refusal["error"]["name"]) == (401, "invalid_client")
    assert (await caller.post("/oauth/revoke", token="access-0"))[0] == 200
    assert await caller.status("access-0") == 200


async def test_an_unknown_grant_is_refused(caller: Caller) -> None:
    status, refusal = await caller.post("/oauth/token", grant_type="password")
    assert (status, refusal["error"]["name"]) == (400, "unsupported_grant_type")


async def test_without_a_client_no_tokens_are_issued(caller: Caller) -> None:
    async with Simulator(SimulatorSettings()) as simulator:
        other = Caller(simulator, caller.session)
        assert (await other.refresh("refresh-0"))[0] == 401
        assert (await other.login(client_id="app", redirect_uri=BACK))[0] == 400


async def test_without_a_first_token_none_is_good(caller: Caller) -> None:
    async with Simulator(SimulatorSettings(client_id="a", client_secret="b")) as simulator:
        other = Caller(simulator, caller.session)
        other.authorization = basic("a", "b")
        assert await other.status("anything") == 401
        assert (await other.refresh("anything"))[0] == 400


@pytest.mark.parametrize("token", ["access-0", "refresh-0"])
async def test_revoking_one_kills_both(caller: Caller, token: str) -> None:
    assert await caller.post("/oauth/revoke", token=token) == (200, None)
    assert await caller.status("access-0") == 401
    assert (await caller.refresh("refresh-0"))[0] == 400


@pytest.mark.parametrize("form", [{}, {"token": "unknown"}, {"token": ""}])
async def test_revoking_nothing_is_harmless(caller: Caller, form: dict[str, str]) -> None:
    assert await caller.post("/oauth/revoke", **form) == (200, None)
    assert await caller.status("access-0") == 200


async def test_the_dialog_gives_a_code_for_one_exchange(caller: Caller) -> None:
    status, back = await caller.login(
        response_type="code", client_id="app", redirect_uri=BACK, state="s/1"
    )
    assert (status, back.path, back.query["a"], back.query["state"]) == (
        302,
        "/callback",
        "b",
        "s/1",
    )
    assert back.query["scope"] == "clips.write clips.read storage.read"
    form = {"grant_type": "authorization_code", "code": back.query["code"], "redirect_uri": BACK}
    status, pair = await caller.post("/oauth/token", **form)
    assert (status, await caller.status(pair["access_token"])) == (200, 200)
    assert caller.simulator.books.token_refreshes == 0
    assert (await caller.post("/oauth/token", **form))[0] == 400


async def test_a_code_is_for_its_own_address(caller: Caller) -> None:
    _, back = await caller.login(client_id="app", redirect_uri=BACK)
    assert "state" not in back.query
    form = {"grant_type": "authorization_code", "code": back.query["code"]}
    assert (await caller.post("/oauth/token", **form, redirect_uri="http://other"))[0] == 400


@pytest.mark.parametrize("query", [{"client_id": "app"}, {"redirect_uri": BACK}])
async def test_the_dialog_needs_a_client_and_an_address(
    caller: Caller, query: dict[str, str]
) -> None:
    assert (await caller.login(**query))[0] == 400
