"""The last look, when the connection stands: what was forbidden meanwhile does not leave."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.abc import AbstractStreamWriter

from batchclip.api.auth import FixedAuth, RotatingAuth
from batchclip.api.connections import GuardedBody
from batchclip.api.credentials import Credentials
from batchclip.api.exchange import Exchange, Request
from batchclip.api.secrets import Secrets
from batchclip.api.tokenfile import TokenFile, TokenPair
from batchclip.clock import SystemClock
from batchclip.outcome import WITHHELD, Kind, Silence, read_silence
from batchclip.pace import Pace
from batchclip.pacer import Pacer
from tests.support.rawserver import Line, RawServer, answering, http

POST = Request("POST", "/path", body=b'{"a": 1}')
CREATED = http(b'{"projectId": "p"}', "201 Created")


async def test_what_may_not_leave_any_more_is_not_written_though_the_connection_stands() -> None:
    async with RawServer(answering(CREATED)) as server, Exchange(server.url, 10.0) as exchange:
        silence = await exchange.send(replace(POST, may_leave=lambda: False))
    assert isinstance(silence, Silence)
    assert (silence.left, silence.error_name) == (False, WITHHELD)
    assert read_silence(silence).kind is Kind.NEVER_LEFT
    assert server.connections == 1
    assert server.requests == []


async def test_leave_is_asked_for_each_request_also_over_a_kept_connection() -> None:
    async with (
        RawServer(answering(CREATED, CREATED)) as server,
        Exchange(server.url, 10.0) as exchange,
    ):
        leave = [True, False]
        for _ in range(2):
            await exchange.send(replace(POST, may_leave=lambda: leave.pop(0)))
        assert len(server.requests) == 1


async def test_nothing_can_come_between_the_last_look_and_the_writing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[str] = []
    write = GuardedBody.write

    async def writing(body: GuardedBody, writer: AbstractStreamWriter) -> None:
        happened.append("written")
        await write(body, writer)

    def look() -> bool:
        # Whatever else the event loop has to do comes after this.
        asyncio.get_running_loop().call_soon(happened.append, "a stop")
        return True

    monkeypatch.setattr(GuardedBody, "write", writing)
    async with RawServer(answering(CREATED)) as server, Exchange(server.url, 10.0) as exchange:
        await exchange.send(replace(POST, may_leave=look))
    assert happened == ["written", "a stop"]
    assert server.requests[0].endswith(b"\r\n\r\n" + (POST.body or b""))


async def test_a_stop_while_others_connect_holds_back_only_what_asks_for_leave() -> None:
    pacer = Pacer(Pace(4), SystemClock())
    admission = await pacer.admit()
    assert admission is not None
    pacer.close()
    asking = replace(POST, may_leave=lambda: pacer.still_good(admission))
    async with RawServer(answering(CREATED)) as server, Exchange(server.url, 10.0) as exchange:
        answers = await asyncio.gather(exchange.send(asking), exchange.send(POST))
    assert isinstance(answers[0], Silence)
    assert not isinstance(answers[1], Silence)
    assert len(server.requests) == 1


def test_a_refused_fixed_token_is_not_current() -> None:
    auth = FixedAuth("token-of-nobody", Secrets())
    assert auth.current("token-of-nobody")
    auth.refuse("token-of-nobody")
    assert not auth.current("token-of-nobody")


@pytest.fixture
def token_file(tmp_path: Path) -> TokenFile:
    file = TokenFile(tmp_path / "conf" / "tokens.json")
    file.make_folder()
    file.replace(TokenPair(access_token="first-access", refresh_token="first-refresh"))
    return file


async def test_while_a_refresh_is_under_way_no_token_is_current(token_file: TokenFile) -> None:
    clock, seen = SystemClock(), []
    pair = b'{"access_token": "second-access", "refresh_token": "second-refresh"}'

    async def refreshing(line: Line) -> None:
        seen.append(auth.current("first-access"))
        await answering(http(pair))(line)

    async with RawServer(refreshing) as server, Exchange(server.url, 10.0) as exchange:
        auth = RotatingAuth(exchange, token_file, Credentials("id", "secret"), clock, Secrets())
        assert await auth.token() == "first-access"
        assert auth.current("first-access")
        auth.refuse("first-access")
        assert not auth.current("first-access")
        assert await auth.token() == "second-access"
    assert seen == [False]
    assert auth.current("second-access")
    assert not auth.current("first-access")
