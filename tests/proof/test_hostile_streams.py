"""Answers that have no end, or that point elsewhere: left in time, and not followed."""

import asyncio
from pathlib import Path

import pytest

from batchclip.api.exchange import MAX_BODY_BYTES
from batchclip.outcome import Kind
from tests.support.asking import GOOD, TOKEN, created
from tests.support.hostile import chunked
from tests.support.rawserver import Line, RawServer, Script, answering, ending, http

SHORT = 0.6


def endless(head: bytes, piece: bytes, seconds: float = 0.0) -> Script:
    async def script(line: Line) -> None:
        if not await line.request():
            return
        await line.send(head)
        while not line.writer.is_closing():
            await line.send(piece)
            await asyncio.sleep(seconds)

    return script


ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "body": (b"HTTP/1.1 201 x\r\n\r\n", b"x" * 65_536),
    "chunks": (chunked(b""), b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n"),
    "empty lines": (b"", b"\r\n" * 1_000),
    "chunk extension": (chunked(b"5;a="), b"x" * 65_536),
    "trailers": (chunked(b"0\r\n"), b"T: x\r\n" * 1_000),
    "headers": (b"HTTP/1.1 201 x\r\n", b"X: y\r\n" * 1_000),
    "one header": (b"HTTP/1.1 201 x\r\nX: ", b"y" * 65_536),
    "reason": (b"HTTP/1.1 201 ", b"y" * 65_536),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100),
}
DRIPS = {
    "body": (b"HTTP/1.1 201 x\r\nContent-Length: 999\r\n\r\n", b" "),
    "head": (b"HTTP/1.1 201 x\r\nX: ", b"y"),
    "chunk size": (chunked(b""), b"0"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("name", ENDLESS)
async def test_an_answer_without_an_end_is_left_and_may_have_arrived(name: str) -> None:
    async with RawServer(endless(*ENDLESS[name])) as server:
        outcome = await created(server.url, SHORT)

    assert outcome.kind is Kind.UNKNOWN
    assert (server.connections, len(server.requests)) == (1, 1)


@pytest.mark.parametrize("name", DRIPS)
async def test_an_answer_that_drips_ends_with_the_timeout_and_may_have_arrived(name: str) -> None:
    async with RawServer(endless(*DRIPS[name], seconds=SHORT / 8)) as server:
        outcome = await created(server.url, SHORT)

    assert outcome.kind is Kind.UNKNOWN
    assert (server.connections, len(server.requests)) == (1, 1)


async def test_of_a_body_without_an_end_little_more_than_the_cap_is_taken() -> None:
    taken = 0

    async def counted(line: Line) -> None:
        nonlocal taken
        await line.request()
        await line.send(b"HTTP/1.1 201 x\r\n\r\n")
        while not line.writer.is_closing():
            await line.send(b"x" * 65_536)
            taken += 65_536

    async with RawServer(counted) as server:
        outcome = await created(server.url)

    assert outcome.kind is Kind.UNKNOWN
    # The rest is what the sockets' own buffers hold.
    assert MAX_BODY_BYTES < taken < 32 * MAX_BODY_BYTES


# Answers that point elsewhere.


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize(
    "place",
    ["{other}/x", "https://127.0.0.1:{port}/", "{own}/", "/", "//127.0.0.1:{port}/", "\x1b"],
)
async def test_no_redirect_is_followed_and_the_range_is_in_doubt(status: int, place: str) -> None:
    async with RawServer(answering(http(GOOD))) as other:

        async def away(line: Line) -> None:
            await line.request()
            to = place.format(other=other.url, port=other.port, own=server.url)
            where = (f"Location: {to}", f"Refresh: 0; url={to}", f"Content-Location: {to}")
            await line.send(http(GOOD, f"{status} x", *where, f'Alt-Svc: h2=":{other.port}"'))

        async with RawServer(away) as server:
            outcome = await created(server.url)

    assert (outcome.kind, outcome.http_status) == (Kind.UNKNOWN, status)
    assert (other.connections, server.connections, len(server.requests)) == (0, 1, 1)


async def test_no_proxy_and_no_netrc_of_the_environment_gets_a_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with RawServer(answering(http(GOOD))) as other, RawServer(ending(http(GOOD))) as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, other.url)
        outcome = await created(server.url)

    assert outcome.kind is Kind.CREATED
    assert other.connections == 0
    assert f"Authorization: Bearer {TOKEN}\r\n".encode() in server.requests[0]
    assert b"Basic" not in server.requests[0]
