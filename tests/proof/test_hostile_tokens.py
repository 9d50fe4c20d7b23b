"""Hostile answers to a token refresh: a sentence, the old pair kept, no token sent elsewhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.api.auth import RotatingAuth
from batchclip.api.credentials import Credentials
from batchclip.api.exchange import Exchange, Request
from batchclip.api.secrets import Secrets
from batchclip.api.tokenfile import TokenFile, TokenPair
from batchclip.errors import ApiUnavailable, PersonNeeded
from batchclip.outcome import Answer, Silence
from tests.support.fakeclock import FakeClock
from tests.support.hostile import bodies, bomb, chunked, headers, statuses
from tests.support.program import Program, ranges
from tests.support.proof import size
from tests.support.rawserver import Line, RawServer, answering, ending, http

OLD = TokenPair(access_token="an-old-access-token-17", refresh_token="an-old-refresh-token-18")
CREDENTIALS = Credentials("an-application", "a-client-secret-of-nobody")
TOKENS: dict[str, object] = {
    "access_token": "a-new-access-token-19",
    "refresh_token": "a-new-refresh-token-20",
    "expires_in": 3600,
    "scope": "clips.write",
    "token_type": "Bearer",
}
GOOD = json.dumps(TOKENS).encode()
PLENTY = 30.0
SHORT = 0.6


class Said(Exchange):
    """An exchange whose every request ends in this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("http://127.0.0.1", 1)
        self._answer = answer

    async def send(self, request: Request) -> Answer | Silence:  # noqa: ARG002 -- the base's
        return self._answer


@contextmanager
def with_old_pair() -> Iterator[TokenFile]:
    with TemporaryDirectory() as folder:
        file = TokenFile(Path(folder) / "tokens.json")
        file.replace(OLD)
        yield file


def refreshing(exchange: Exchange, file: TokenFile) -> RotatingAuth:
    """Whoever asks this for a token has a refresh sent: the pair on disk has ended."""
    clock = FakeClock()
    ended = OLD.model_copy(update={"issued_at": clock.now() - 10, "expires_at": clock.now() - 5})
    file.replace(ended)
    return RotatingAuth(exchange, file, CREDENTIALS, clock, Secrets())


async def refreshed(exchange: Exchange, file: TokenFile) -> str | PersonNeeded | ApiUnavailable:
    """The new token, or the error in whose place it should have come."""
    auth = refreshing(exchange, file)
    before = file.path.read_bytes()
    try:
        token = await auth.token()
    except (PersonNeeded, ApiUnavailable) as error:
        assert file.path.read_bytes() == before, "the old pair is lost"
        return error
    return token


@settings(max_examples=size(80, 2_000), deadline=None, derandomize=True)
@given(bodies(TOKENS), st.just(200) | statuses, headers)
def test_no_spoiled_answer_becomes_a_token_that_it_does_not_hold(
    body: bytes, status: int, asked: dict[str, str]
) -> None:
    with with_old_pair() as file:
        got = asyncio.run(refreshed(Said(Answer(status, asked, body)), file))
        kept = file.read()

    if isinstance(got, str):
        assert 200 <= status < 300
        assert got
        assert got.isprintable()
        assert kept is not None
        assert kept.access_token == got
    else:
        assert str(got).isprintable()
        assert "a-new-access-token" not in str(got)


@asynccontextmanager
async def from_a_server(raw: bytes) -> AsyncIterator[str | PersonNeeded | ApiUnavailable]:
    with with_old_pair() as file:
        async with RawServer(ending(raw)) as server, Exchange(server.url, PLENTY) as exchange:
            yield await refreshed(exchange, file)
    assert (server.connections, len(server.requests)) == (1, 1)


LOST = {
    "cut": http(GOOD, "200 x")[:-20],
    "no JSON": http(b"<html>", "200 x"),
    "a line break in the token": http(GOOD.replace(b"token-19", b"token\\n19"), "200 x"),
    "half a pair": http(b'{"access_token": "a-new-access-token-19"}', "200 x"),
    "a bomb": http(bomb(64), "200 x", "Content-Encoding: gzip"),
    "a long trailer": chunked(b"0\r\nT: " + b"x" * (1 << 20) + b"\r\n\r\n", "200 x"),
    "TLS": b"\x15\x03\x01\x00\x02\x02\x28",
    "deep": http(b'{"access_token":' * 50_000, "200 x"),
    "many headers": http(GOOD, "200 x", *(f"X-{n}: y" for n in range(5_000))),
}


@pytest.mark.parametrize("name", LOST)
async def test_an_answer_that_holds_no_pair_needs_a_person(name: str) -> None:
    async with from_a_server(LOST[name]) as got:
        assert isinstance(got, PersonNeeded)
        assert "log in again" in str(got)
        assert str(got).isprintable()


@pytest.mark.parametrize("status", ["500 x", "503 x", "599 x", "999 x", "429 x"])
async def test_a_server_in_trouble_is_asked_again_later(status: str) -> None:
    async with from_a_server(http(GOOD, status, "Retry-After: 1e999", "Date: nonsense")) as got:
        assert isinstance(got, ApiUnavailable)
        assert got.hold_off is None


@pytest.mark.parametrize("piece", [b"HTTP/1.1 100 x\r\n\r\n", b"x" * 65_536, b" "])
async def test_an_answer_without_an_end_ends_with_the_timeout(piece: bytes) -> None:
    async def script(line: Line) -> None:
        await line.request()
        await line.send(b"" if piece.startswith(b"HTTP") else b"HTTP/1.1 200 x\r\n\r\n")
        while not line.writer.is_closing():
            await line.send(piece)
            await asyncio.sleep(SHORT / 8)

    with with_old_pair() as file:
        async with (
            asyncio.timeout(PLENTY),
            RawServer(script) as server,
            Exchange(server.url, SHORT) as exchange,
        ):
            got = await refreshed(exchange, file)

    assert isinstance(got, PersonNeeded)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["{other}/oauth/token", "https://127.0.0.1:{port}/", "{own}/x"])
async def test_no_refresh_follows_a_redirect(status: int, place: str) -> None:
    async with RawServer(answering(http(GOOD))) as other:

        async def away(line: Line) -> None:
            await line.request()
            to = place.format(other=other.url, port=other.port, own=server.url)
            await line.send(http(GOOD, f"{status} x", f"Location: {to}", f"Refresh: 0; url={to}"))

        with with_old_pair() as file:
            async with RawServer(away) as server, Exchange(server.url, PLENTY) as exchange:
                got = await refreshed(exchange, file)

    assert isinstance(got, PersonNeeded)
    assert (other.connections, server.connections, len(server.requests)) == (0, 1, 1)


ENDS = {
    "no JSON": (http(b"\x1b]0;x\x07<html>", "200 x"), 4),
    "a redirect": (http(GOOD, "307 x", "Location: http://127.0.0.1:1/"), 4),
    "no HTTP": (b"\x16\x03\x01\x1b[31m\r\n\r\n", 4),
    "trouble": (http(b"\x1b[31m", "500 x", "Retry-After: \xff"), 5),
}


@pytest.mark.parametrize("name", ENDS)
async def test_a_run_ends_with_a_sentence_and_the_old_file(name: str, tmp_path: Path) -> None:
    raw, code = ENDS[name]
    file = TokenFile(tmp_path / "conf" / "tokens.json")
    file.make_folder()
    file.replace(OLD.model_copy(update={"issued_at": 1.0, "expires_at": 2.0}))
    before = file.path.read_bytes()
    async with RawServer(ending(raw)) as server:
        program = Program(
            tmp_path,
            server.url,
            {
                "BATCHCLIP_ACCESS_TOKEN": "",
                "BATCHCLIP_CLIENT_ID": CREDENTIALS.client_id,
                "BATCHCLIP_CLIENT_SECRET": CREDENTIALS.client_secret,
                "BATCHCLIP_TOKEN_FILE": str(file.path),
            },
        )
        manifest = program.manifest(ranges(2))
        done = await asyncio.to_thread(program.run, "run", manifest, "--give-up-after", "1")

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert all(request.startswith(b"POST /oauth/token ") for request in server.requests)
    assert file.path.read_bytes() == before
