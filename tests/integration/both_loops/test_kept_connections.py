"""Connections that are kept for the next request."""

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn, cast

import pytest

from batchclip.api.connections import SPOILED_AT_MOST, Listening, PromptRequest, is_spoiled
from batchclip.api.exchange import Exchange, Request
from batchclip.outcome import Answer, Silence
from tests.support.rawserver import Line, RawServer, answering, http

if TYPE_CHECKING:
    from aiohttp import StreamReader
    from aiohttp.connector import Connection
    from aiohttp.http import RawResponseMessage

INTERIM = b"HTTP/1.1 103 Early Hints\r\n\r\n"
POST = Request("POST", "/path", body=b'{"a": 1}', authorization="Bearer token-1")
PLENTY = 10.0


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with RawServer(answering(http(), http())) as server, Exchange(server.url, 5) as exchange:
        await exchange.send(POST)
        await exchange.send(POST)

    assert server.connections == 1


async def test_a_kept_connection_that_was_closed_while_idle_is_not_used() -> None:
    closed = asyncio.Event()

    async def close_when_idle(line: Line) -> None:
        await line.request()
        await line.send(http())
        line.writer.close()
        await line.writer.wait_closed()
        closed.set()

    async with (
        RawServer(close_when_idle, answering(http())) as server,
        Exchange(server.url, 5) as exchange,
    ):
        await exchange.send(POST)
        await closed.wait()
        second = await exchange.send(POST)

    assert isinstance(second, Answer)
    assert (len(server.requests), server.connections) == (2, 2)


async def test_a_kept_connection_that_closes_on_the_next_request_gets_it_once() -> None:
    async def close_on_second(line: Line) -> None:
        await line.request()
        await line.send(http())
        await line.request()

    async with (
        RawServer(close_on_second, answering(http())) as server,
        Exchange(server.url, 5) as exchange,
    ):
        await exchange.send(POST)
        second = await exchange.send(POST)

    assert isinstance(second, Silence)
    assert second.left
    assert (len(server.requests), server.connections) == (2, 1)


async def test_a_connection_that_could_not_be_written_to_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = []

    async def broken(_: PromptRequest, connection: "Connection") -> NoReturn:
        used.append(connection)
        raise OSError("broken pipe")

    async with RawServer(answering(http())) as server, Exchange(server.url, 5) as exchange:
        with monkeypatch.context() as patch:
            patch.setattr(PromptRequest, "send", broken)
            first = await exchange.send(POST)
        second = await exchange.send(POST)

    assert isinstance(first, Silence)
    assert first.left
    assert isinstance(second, Answer)
    assert (len(server.requests), server.connections) == (1, 2)
    assert used[0].closed


@pytest.mark.parametrize(
    "stale",
    [
        http(b"2", "201 Created"),
        http(b"", "408 Late"),
        INTERIM,
        # The rest would come with the next request, and be read as its answer.
        INTERIM[:-1],
        b"x",
        b"\r\n",
    ],
)
async def test_what_came_unasked_is_not_taken_for_the_next_answer(stale: bytes) -> None:
    idle, said = asyncio.Event(), asyncio.Event()

    async def speak_unasked(line: Line) -> None:
        await line.request()
        await line.send(http(b"1"))
        await idle.wait()
        await line.send(stale)
        said.set()
        if await line.request():
            await line.send(http(b"3"))

    async with (
        RawServer(speak_unasked, answering(http(b"3"))) as server,
        Exchange(server.url, 5) as exchange,
    ):
        first = await exchange.send(POST)
        idle.set()
        await said.wait()
        second = await exchange.send(POST)

    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert (first.body, second.body) == (b"1", b"3")
    assert (len(server.requests), server.connections) == (2, 2)


async def test_when_every_kept_connection_is_spoiled_nothing_left() -> None:
    gathered, said = asyncio.Barrier(SPOILED_AT_MOST), asyncio.Barrier(SPOILED_AT_MOST)
    spoil, spoiled = asyncio.Event(), asyncio.Event()

    async def speak_unasked(line: Line) -> None:
        await line.request()
        await gathered.wait()
        await line.send(http(b"1"))
        await spoil.wait()
        await line.send(http(b"2"))
        await said.wait()
        spoiled.set()
        await line.request()

    scripts = [speak_unasked] * SPOILED_AT_MOST
    async with (
        asyncio.timeout(PLENTY),
        RawServer(*scripts, answering(http(b"3"))) as server,
        Exchange(server.url, PLENTY) as exchange,
    ):
        await asyncio.gather(*(exchange.send(POST) for _ in scripts))
        spoil.set()
        await spoiled.wait()
        silence = await exchange.send(POST)
        sent_before = len(server.requests)
        answer = await exchange.send(POST)

    assert isinstance(silence, Silence)
    assert (silence.left, silence.error_name) == (False, "SpoiledConnection")
    assert sent_before == SPOILED_AT_MOST
    assert isinstance(answer, Answer)
    assert answer.body == b"3"


async def test_two_answers_to_one_request_do_not_answer_the_next() -> None:
    async with (
        RawServer(answering(http(b"1") + http(b"2")), answering(http(b"3"))) as server,
        Exchange(server.url, 5) as exchange,
    ):
        await exchange.send(POST)
        second = await exchange.send(POST)

    assert isinstance(second, Answer)
    assert second.body == b"3"


async def test_of_many_interim_answers_none_is_kept_while_the_answer_is_waited_for() -> None:
    heard, reading = await waiting()

    heard.data_received(INTERIM * 1_000)
    kept = len(heard)
    heard.data_received(INTERIM + http(b"1", "201 Created"))
    answer, _ = await reading

    assert (kept, answer.code) == (0, 201)


async def test_of_many_answers_only_the_first_is_kept_and_the_others_spoil_the_connection() -> None:
    heard, reading = await waiting()

    heard.data_received(http(b"", "201 Created") + http(b"", "408 Late") * 1_000)
    kept = len(heard)
    answer, _ = await reading

    assert (kept, answer.code, heard.should_close) == (1, 201, True)


async def test_an_early_answer_is_not_lost_behind_an_interim_one() -> None:
    heard = Listening(asyncio.get_running_loop())
    heard.set_response_params()

    heard.data_received(INTERIM + http(b"", "413 Too Long"))
    answer, _ = await heard.read()

    assert (answer.code, heard.should_close) == (413, True)


async def waiting() -> tuple[Listening, "asyncio.Task[tuple[RawResponseMessage, StreamReader]]"]:
    """A connection over which an answer is waited for."""
    heard = Listening(asyncio.get_running_loop())
    heard.set_response_params()
    reading = asyncio.create_task(heard.read())
    await asyncio.sleep(0)
    return heard, reading


HERE = SimpleNamespace(should_close=False)
OPEN, CLOSING = (SimpleNamespace(is_closing=lambda is_so=is_so: is_so) for is_so in (False, True))


@pytest.mark.parametrize(
    ("protocol", "transport", "spoiled"),
    [
        (HERE, OPEN, False),
        (SimpleNamespace(should_close=True), OPEN, True),
        # The other side has hung up, and the protocol is told of it a round of the loop later.
        (HERE, CLOSING, True),
        (HERE, None, True),
        (None, None, True),
    ],
)
def test_a_connection_is_spoiled_from_the_moment_when_its_end_is_met(
    protocol: object, transport: object, spoiled: bool
) -> None:
    connection = cast("Connection", SimpleNamespace(protocol=protocol, transport=transport))

    assert is_spoiled(connection) is spoiled
