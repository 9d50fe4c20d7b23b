"""One request over real sockets: what may have left, what surely did not, and nothing raised."""

import gzip
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import pytest
from aiohttp.client_exceptions import UnixClientConnectorError
from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.api.connections import SpoiledConnection, Withheld
from batchclip.api.exchange import LEFT, MAX_BODY_BYTES, Exchange, Request
from batchclip.outcome import Answer, Silence
from tests.support.rawserver import Line, RawServer, Script, answering, ending, http

POST = Request("POST", "/path", body=b'{"a": 1}', authorization="Bearer token-1")
LONG_POST = Request("POST", "/path", body=b'{"a": "%s"}' % (b"x" * 1_000_000))
PLENTY = 10.0
SHORT = 0.3


async def sent(url: str, request: Request = POST, timeout_seconds: float = PLENTY) -> object:
    async with Exchange(url, timeout_seconds) as exchange:
        return await exchange.send(request)


async def answered(*scripts: Script, timeout_seconds: float = PLENTY) -> Answer:
    async with RawServer(*scripts) as server:
        answer = await sent(server.url, timeout_seconds=timeout_seconds)
    assert isinstance(answer, Answer)
    assert len(server.requests) == 1
    return answer


async def silent(url: str, request: Request = POST, timeout_seconds: float = PLENTY) -> Silence:
    silence = await sent(url, request, timeout_seconds)
    assert isinstance(silence, Silence)
    return silence


async def unanswered(
    script: Script, request: Request = POST, timeout_seconds: float = PLENTY
) -> Silence:
    async with RawServer(script) as server:
        silence = await silent(server.url, request, timeout_seconds)
    assert server.connections == 1, "a request that may have left was sent again"
    return silence


# Which errors there are, and which of them come before a byte is written.


def below(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    for child in kind.__subclasses__():
        yield child
        yield from below(child)


def test_every_error_of_aiohttp_is_known_to_have_left_or_not() -> None:
    every = {aiohttp.ClientError, *below(aiohttp.ClientError)}
    ours = {kind for kind in every if kind.__module__.startswith(("aiohttp", "batchclip"))}

    assert ours - LEFT.keys() == set()


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full, so that one more attempt hears nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port: int = server.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        yield port
        for client in waiting:
            client.close()


NEVER_LEFT_FOR_REAL = {
    aiohttp.ClientConnectorError,
    aiohttp.ClientConnectorDNSError,
    aiohttp.ClientConnectorSSLError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidUrlClientError,
    aiohttp.NonHttpUrlClientError,
    SpoiledConnection,
}
"""The tests below meet each of these."""

NEVER_LEFT_BY_REASON = {
    aiohttp.ClientSSLError: "only ever raised as one of the two kinds below it",
    aiohttp.ClientConnectorCertificateError: "a certificate is looked at during the handshake",
    aiohttp.ClientProxyConnectionError: "connecting to a proxy; no proxy is used at all",
    UnixClientConnectorError: "connecting to a Unix socket; none is used at all",
    aiohttp.InvalidURL: "an address that is none has nobody to be sent to",
    Withheld: "see test_withheld.py",
}


def test_each_error_that_says_never_left_has_its_case_or_its_reason() -> None:
    said = {kind for kind, left in LEFT.items() if not left}

    assert said == NEVER_LEFT_FOR_REAL | NEVER_LEFT_BY_REASON.keys()


async def test_a_refused_connection_never_left() -> None:
    silence = await silent(f"http://127.0.0.1:{closed_port()}")

    assert (silence.left, silence.error_name) == (False, "ClientConnectorError")
    assert not silence.timed_out


async def test_a_name_that_nobody_knows_never_left() -> None:
    silence = await silent("http://nobody.invalid")

    assert (silence.left, silence.error_name) == (False, "ClientConnectorDNSError")


async def greet_in_plain(line: Line) -> None:
    await line.some(1)
    await line.send(http())


async def test_tls_that_fails_never_left() -> None:
    async with RawServer(greet_in_plain) as server:
        silence = await silent(f"https://127.0.0.1:{server.port}")

    assert (silence.left, silence.error_name) == (False, "ClientConnectorSSLError")
    assert server.requests == []


async def test_a_connect_timeout_never_left() -> None:
    with full_backlog() as port:
        silence = await silent(f"http://127.0.0.1:{port}", timeout_seconds=2 * SHORT)

    assert (silence.left, silence.error_name) == (False, "ConnectionTimeoutError")
    assert silence.timed_out


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://[", "InvalidUrlClientError"),
        ("http://127.0.0.1:99999", "InvalidUrlClientError"),
        ("ftp://127.0.0.1", "NonHttpUrlClientError"),
    ],
)
async def test_an_address_that_is_none_never_left(url: str, name: str) -> None:
    silence = await silent(url)

    assert (silence.left, silence.error_name) == (False, name)


@pytest.mark.parametrize("token", ["a\nb", "a\r\nX: y", "a\0b", "a\udcff"])
async def test_a_token_that_no_header_can_hold_never_left(token: str) -> None:
    async with RawServer(answering(http())) as server:
        silence = await silent(server.url, Request("POST", "/", authorization=f"Bearer {token}"))

    assert not silence.left
    assert token not in silence.error
    assert server.connections == 0


# What may have left.


async def read_and_close(line: Line) -> None:
    await line.request()


async def read_and_reset(line: Line) -> None:
    await line.request()
    line.reset()


async def reset_halfway(line: Line) -> None:
    await line.some(1000)
    line.reset()


async def read_and_hang(line: Line) -> None:
    await line.request()
    await line.hang()


async def drip_headers(line: Line) -> None:
    await line.request()
    await line.drip(http(), 0.05)


async def test_a_connection_closed_after_the_request_may_have_left() -> None:
    silence = await unanswered(read_and_close)

    assert (silence.left, silence.error_name) == (True, "ServerDisconnectedError")


async def test_a_reset_after_the_request_may_have_left() -> None:
    silence = await unanswered(read_and_reset)

    assert (silence.left, silence.error_name) == (True, "ClientOSError")


async def test_a_reset_halfway_through_the_request_may_have_left() -> None:
    silence = await unanswered(reset_halfway, LONG_POST)

    assert silence.left


@pytest.mark.parametrize("script", [read_and_hang, drip_headers])
async def test_a_read_timeout_may_have_left(script: Script) -> None:
    silence = await unanswered(script, timeout_seconds=SHORT)

    assert (silence.left, silence.timed_out) == (True, True)
    assert silence.error


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * (1 << 20) + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    ],
    ids=["garbage", "long-header", "many-headers", "length", "chunks", "nothing-but-1xx"],
)
async def test_what_is_no_answer_may_have_left(raw: bytes) -> None:
    silence = await unanswered(ending(raw))

    assert silence.left


# Answers, whole and broken.


async def test_an_answer_is_read_with_header_names_of_any_case() -> None:
    answer = await answered(answering(http(b"body", "429 No", "RETRY-AFTER: 7", "X-a: 1")))

    assert (answer.status, answer.body, answer.complete) == (429, b"body", True)
    assert (answer.headers["retry-after"], answer.headers["x-a"]) == ("7", "1")


async def test_the_last_of_a_header_that_comes_twice_counts() -> None:
    answer = await answered(answering(http(b"", "503 No", "Retry-After: 7", "retry-after: 9")))

    assert answer.headers["retry-after"] == "9"


async def test_noise_before_an_answer_is_no_answer() -> None:
    noise = b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"
    answer = await answered(answering(noise + http(b"x", "201 Created")))

    assert (answer.status, answer.body) == (201, b"x")


async def test_an_upgrade_that_nobody_asked_for_is_no_success() -> None:
    answer = await answered(ending(b"HTTP/1.1 101 Up\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"))

    assert answer.status == 101


async def test_a_body_that_breaks_off_is_incomplete() -> None:
    answer = await answered(ending(b'HTTP/1.1 201 OK\r\nContent-Length: 99\r\n\r\n{"a"'))

    assert (answer.status, answer.body, answer.complete) == (201, b'{"a"', False)


async def test_a_body_that_drips_is_cut_at_the_timeout() -> None:
    async def script(line: Line) -> None:
        await line.request()
        await line.send(b"HTTP/1.1 201 OK\r\nContent-Length: 99\r\n\r\n")
        await line.drip(b"x" * 99, 0.05)

    answer = await answered(script, timeout_seconds=SHORT)

    assert (answer.status, answer.complete) == (201, False)
    assert 0 < len(answer.body) < 99


async def test_a_body_over_the_cap_is_cut_there() -> None:
    answer = await answered(ending(http(b"x" * (MAX_BODY_BYTES + 1))))

    assert (len(answer.body), answer.complete) == (MAX_BODY_BYTES, False)


async def test_a_body_of_just_the_cap_is_whole() -> None:
    answer = await answered(answering(http(b"x" * MAX_BODY_BYTES)))

    assert (len(answer.body), answer.complete) == (MAX_BODY_BYTES, True)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"{}", mtime=0)),
        (" X-GZIP ", gzip.compress(b"{}", mtime=0)),
        ("deflate", None),
    ],
)
async def test_a_packed_body_is_unpacked(encoding: str, packed: bytes | None) -> None:
    body = zlib.compress(b"{}") if packed is None else packed
    answer = await answered(answering(http(body, "200 OK", f"Content-Encoding: {encoding}")))

    assert (answer.body, answer.complete) == (b"{}", True)


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"{}" * 99, mtime=0)[:-9], b""])
async def test_a_body_that_cannot_be_unpacked_is_incomplete(body: bytes) -> None:
    answer = await answered(answering(http(body, "201 OK", "Content-Encoding: gzip")))

    assert not answer.complete


async def test_a_bomb_is_unpacked_up_to_the_cap() -> None:
    bomb = gzip.compress(bytes(64 << 20), compresslevel=1)
    assert len(bomb) < MAX_BODY_BYTES

    answer = await answered(answering(http(bomb, "200 OK", "Content-Encoding: gzip")))

    assert (len(answer.body), answer.complete) == (MAX_BODY_BYTES, False)


# What goes out.


async def test_what_is_sent() -> None:
    async with RawServer(answering(http(), http())) as server, Exchange(server.url, 5) as exchange:
        await exchange.send(POST)
        await exchange.send(Request("POST", "/form", form={"b": "c d"}))

    first, second = server.requests
    assert first.startswith(b"POST /path HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer token-1\r\n" in first
    assert b"\r\nUser-Agent: batchclip/" in first
    assert b"\r\nAccept-Encoding: identity\r\n" in first
    assert first.endswith(b'\r\n\r\n{"a": 1}')
    assert b"Authorization" not in second
    assert second.endswith(b"\r\n\r\nb=c+d")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_host_is_not_followed(status: int) -> None:
    async with RawServer(answering(http())) as other:
        away = http(b"", f"{status} Away", f"Location: {other.url}/")
        answer = await answered(answering(away))

    assert answer.status == status
    assert other.connections == 0


async def test_cookies_are_not_kept() -> None:
    cookie = http(b"", "200 OK", "Set-Cookie: a=b; Path=/")
    async with (
        RawServer(answering(cookie, http())) as server,
        Exchange(server.url.replace("127.0.0.1", "localhost"), 5) as exchange,
    ):
        await exchange.send(POST)
        await exchange.send(POST)

    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


async def test_an_exchange_that_is_not_open_sends_nothing() -> None:
    exchange = Exchange("http://127.0.0.1", 1)

    with pytest.raises(RuntimeError, match="not open"):
        await exchange.send(POST)
    await exchange.__aexit__(None)


HEADS = st.sampled_from(
    [
        b"",
        b"HTTP/1.1 ",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nSet-Cookie: ",
    ]
)


@settings(max_examples=60, deadline=None)
@given(HEADS, st.binary(max_size=200))
async def test_nothing_that_a_server_says_is_raised(head: bytes, rest: bytes) -> None:
    async with RawServer(ending(head + rest)) as server:
        result = await sent(server.url, timeout_seconds=5)

    assert isinstance(result, Answer) or (isinstance(result, Silence) and result.left)
    assert len(server.requests) == 1
