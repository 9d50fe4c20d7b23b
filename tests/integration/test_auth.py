"""Access tokens: one refresh at a time, and no token before it is on disk."""

import asyncio
import errno
import os
import signal
import socket
import sys
import textwrap
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from batchclip.api.auth import FixedAuth, RotatingAuth
from batchclip.api.client import RestreamClient
from batchclip.api.credentials import Credentials
from batchclip.api.exchange import Exchange
from batchclip.api.secrets import Secrets
from batchclip.api.tokenfile import TokenFile, TokenPair
from batchclip.clock import SystemClock
from batchclip.errors import ApiUnavailable, PersonNeeded
from batchclip.job import Range
from batchclip.lock import FileLock
from batchclip.outcome import Kind, Outcome
from batchclip.serverclock import ServerClock
from batchclip.simulator import TOKEN_PATH, ScriptedFault, Simulator, SimulatorSettings
from tests.support.fakeclock import FakeClock
from tests.support.rawserver import Line, RawServer, answering, ending, http

ROOT = Path(__file__).parents[2]
SEED = "refresh-token-number-0"
CREDENTIALS = Credentials("app", "the-client-secret", SEED)
ENOUGH_SECONDS = 15.0


def restream(*faults: ScriptedFault, life: float = 3600, latency: float = 0) -> Simulator:
    return Simulator(
        SimulatorSettings(
            client_id=CREDENTIALS.client_id,
            client_secret=CREDENTIALS.client_secret,
            refresh_token=SEED,
            token_lifetime_seconds=life,
            latency_seconds=latency,
            script=faults,
        )
    )


def fault(kind: str, times: int = 1) -> ScriptedFault:
    return ScriptedFault(kind, path=TOKEN_PATH, times=times)


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "batchclip" / "tokens.json")


@asynccontextmanager
async def rotating(
    url: str,
    file: TokenFile,
    clock: FakeClock | None = None,
    credentials: Credentials = CREDENTIALS,
    timeout_seconds: float = 5.0,
) -> AsyncIterator[RotatingAuth]:
    async with Exchange(url, timeout_seconds) as exchange:
        yield RotatingAuth(exchange, file, credentials, clock or FakeClock(), Secrets())


async def create(url: str, token: str) -> Outcome:
    async with Exchange(url, 5) as exchange:
        client = RestreamClient(exchange, SystemClock(), Secrets(), ServerClock(SystemClock()))
        return await client.create_project(Range(uuid4()), token)


async def alive(url: str, token: str) -> bool:
    return (await create(url, token)).kind is Kind.CREATED


def put(file: TokenFile, **fields: object) -> bytes:
    """Put a pair on disk, and return the file's bytes."""
    pair = {"access_token": "access-0", "refresh_token": SEED} | fields
    file.make_folder()
    file.replace(TokenPair.model_validate(pair))
    return file.path.read_bytes()


# A token that the operator gave.


async def test_a_fixed_token_is_given_until_it_is_refused() -> None:
    auth = FixedAuth("token-1", Secrets())

    auth.refuse("another")
    assert await auth.token() == "token-1"

    auth.refuse("token-1")
    with pytest.raises(PersonNeeded, match="BATCHCLIP_ACCESS_TOKEN"):
        await auth.token()
    assert not auth.renewable


async def test_a_fixed_token_loses_its_line_break() -> None:
    auth = FixedAuth("token-1\n", Secrets())

    assert await auth.token() == "token-1"


# One refresh for all.


async def test_the_first_token_comes_from_the_seed(file: TokenFile) -> None:
    async with restream() as simulator, rotating(simulator.url, file) as auth:
        token = await auth.token()

        assert await alive(simulator.url, token)
        assert await auth.token() == token
        assert auth.renewable
        assert simulator.books.token_refreshes == 1


async def test_a_pair_on_disk_that_lives_is_used_without_a_refresh(file: TokenFile) -> None:
    put(file, expires_at=FakeClock().now() + 3600, issued_at=FakeClock().now())
    async with restream() as simulator, rotating(simulator.url, file) as auth:
        assert await auth.token() == "access-0"
        assert simulator.books.token_refreshes == 0


async def test_a_pool_that_met_a_401_refreshes_once(file: TokenFile) -> None:
    async with restream(latency=0.02) as simulator, rotating(simulator.url, file) as auth:
        old = await auth.token()

        async def meet_401() -> str:
            auth.refuse(old)
            return await auth.token()

        async with asyncio.timeout(ENOUGH_SECONDS):
            tokens = await asyncio.gather(*(meet_401() for _ in range(50)))

        assert len(set(tokens)) == 1
        assert old not in tokens
        assert await alive(simulator.url, tokens[0])
        assert simulator.books.token_refreshes == 2


async def test_a_late_401_of_an_old_token_refreshes_nothing(file: TokenFile) -> None:
    async with restream() as simulator, rotating(simulator.url, file) as auth:
        old = await auth.token()
        auth.refuse(old)
        new = await auth.token()
        auth.refuse(old)

        assert await auth.token() == new
        assert simulator.books.token_refreshes == 2

        auth.refuse(new)
        auth.refuse(old)
        assert await auth.token() not in {old, new}


async def test_a_refusal_before_there_is_a_token_is_nothing(file: TokenFile) -> None:
    async with restream() as simulator, rotating(simulator.url, file) as auth:
        auth.refuse("another")

        assert await auth.token()


@pytest.mark.parametrize(("life", "ahead"), [(3600, 120), (1000, 100), (5, 0.5)])
async def test_a_token_is_replaced_ahead_of_its_end(
    file: TokenFile, life: float, ahead: float
) -> None:
    clock = FakeClock()
    async with restream(life=life) as simulator, rotating(simulator.url, file, clock) as auth:
        first = await auth.token()
        clock.jump(life - ahead * 1.1)
        assert {await auth.token() for _ in range(20)} == {first}

        clock.jump(ahead * 0.2)
        second = await auth.token()
        assert second != first
        assert {await auth.token() for _ in range(20)} == {second}
        assert simulator.books.token_refreshes == 2


def granting(*extra: str) -> list[bytes]:
    """Two token answers in camel case, with these fields more."""
    pairs = [[f'"accessToken":"a-{n}"', f'"refreshToken":"r-{n}"', *extra] for n in (1, 2)]
    return [http(f"{{{','.join(pair)}}}".encode()) for pair in pairs]


@pytest.mark.parametrize("extra", [[], ['"expiresIn":0'], ['"expires_in":"soon"']])
async def test_a_token_of_unknown_life_is_used_until_it_is_refused(
    file: TokenFile, extra: list[str]
) -> None:
    clock = FakeClock()
    async with (
        RawServer(answering(*granting(*extra))) as server,
        rotating(server.url, file, clock) as auth,
    ):
        assert await auth.token() == "a-1"
        clock.jump(1e6)
        assert await auth.token() == "a-1"
        auth.refuse("a-1")
        assert await auth.token() == "a-2"

    assert file.read() == TokenPair(
        access_token="a-2", refresh_token="r-2", issued_at=clock.now(), seed=CREDENTIALS.seed_digest
    )


async def test_how_a_refresh_is_asked_for(file: TokenFile) -> None:
    async with RawServer(answering(*granting())) as server, rotating(server.url, file) as auth:
        await auth.token()

    [request] = server.requests
    assert request.startswith(b"POST /oauth/token HTTP/1.1\r\n")
    assert f"\r\nAuthorization: {CREDENTIALS.basic}\r\n".encode() in request
    assert b"\r\nContent-Type: application/x-www-form-urlencoded\r\n" in request
    assert request.endswith(f"grant_type=refresh_token&refresh_token={SEED}".encode())


# Two processes, one file.

CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from batchclip.api.auth import Credentials, RotatingAuth
from batchclip.api.exchange import Exchange
from batchclip.api.secrets import Secrets
from batchclip.api.tokenfile import TokenFile
from batchclip.clock import SystemClock
from batchclip.serverclock import ServerClock

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

async def main(url, path, *more):
    async with Exchange(url, 10) as exchange:
        credentials = Credentials({client_id!r}, {client_secret!r}, {seed!r})
        file = TokenFile(Path(path))
        auth = RotatingAuth(exchange, file, credentials, SystemClock(), Secrets())
        {body}

asyncio.run(main(*sys.argv[1:]))
"""

TAKES_TOKENS = """
for _ in range(3):
    sys.stdin.readline()
    token = await auth.token()
    print(token, flush=True)
    auth.refuse(token)
"""

DIES = """
file.reserve = lambda: None
point = more[0]
written, renamed = file._write, os.replace
if point == "before the write":
    file._write = die
if point == "before the rename":
    os.replace = die
if point == "after the rename":
    os.replace = lambda *names: (renamed(*names), die())
print(await auth.token(), flush=True)
"""


async def child(body: str, *arguments: str) -> asyncio.subprocess.Process:
    code = CHILD.format(
        body=textwrap.indent(body, " " * 8).strip(),
        client_id=CREDENTIALS.client_id,
        client_secret=CREDENTIALS.client_secret,
        seed=SEED,
    )
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, cwd=ROOT, stdin=pipe, stdout=pipe
    )


async def ask(process: asyncio.subprocess.Process) -> str:
    """Have a child take a token, and return it."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\n")
    return (await process.stdout.readline()).decode().strip()


async def test_two_processes_share_each_refresh(file: TokenFile) -> None:
    async with asyncio.timeout(ENOUGH_SECONDS), restream(latency=0.1) as simulator:
        children = [await child(TAKES_TOKENS, simulator.url, str(file.path)) for _ in range(2)]
        for refreshes in (1, 2, 3):
            one, other = await asyncio.gather(*map(ask, children))

            assert one == other
            assert await alive(simulator.url, one)
            assert simulator.books.token_refreshes == refreshes
        for process in children:
            await process.communicate()
            assert process.returncode == 0


async def killed(point: str, url: str, file: TokenFile) -> None:
    """Run a child that is killed at this point of a refresh."""
    process = await child(DIES, url, str(file.path), point)
    out, _ = await process.communicate()

    assert process.returncode == -signal.SIGKILL
    assert out == b"", "a token was given before it was on disk"


@pytest.mark.parametrize("point", ["before the write", "before the rename"])
async def test_killed_before_the_new_pair_is_in_place(file: TokenFile, point: str) -> None:
    before = put(file, expires_at=1.0)
    async with asyncio.timeout(ENOUGH_SECONDS), restream() as simulator:
        await killed(point, simulator.url, file)

        assert simulator.books.token_refreshes == 1
        assert file.path.read_bytes() == before
        async with rotating(simulator.url, file) as auth:
            with pytest.raises(PersonNeeded, match="log in"):
                await auth.token()


async def test_killed_when_the_new_pair_is_in_place(file: TokenFile) -> None:
    put(file, expires_at=1.0)
    async with asyncio.timeout(ENOUGH_SECONDS), restream() as simulator:
        await killed("after the rename", simulator.url, file)

        async with rotating(simulator.url, file) as auth:
            assert await alive(simulator.url, await auth.token())
        assert simulator.books.token_refreshes == 1


class Watched(TokenFile):
    """A token file that tells what is about to be written, and may refuse it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.full = False
        self.at_reserve: Callable[[], None] = lambda: None
        self.at_replace: Callable[[], None] = lambda: None

    def reserve(self) -> None:
        self.at_reserve()
        super().reserve()

    def replace(self, pair: TokenPair) -> None:
        self.at_replace()
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().replace(pair)


@pytest.fixture
def watched(file: TokenFile) -> Watched:
    return Watched(file.path)


async def test_what_is_written_is_written_under_the_lock(watched: Watched) -> None:
    lock = FileLock(Path(f"{watched.path}.lock"))
    seen: list[bool] = []
    watched.at_reserve = watched.at_replace = lambda: seen.append(lock.held())
    async with restream() as simulator, rotating(simulator.url, watched) as auth:
        await auth.token()

    assert seen == [True, True]
    assert not lock.held()


async def test_a_pair_that_cannot_be_written_is_never_given(watched: Watched) -> None:
    before = put(watched, expires_at=1.0)
    async with restream() as simulator, rotating(simulator.url, watched) as auth:
        watched.full = True
        for _ in range(2):
            with pytest.raises(PersonNeeded, match="No space left"):
                await auth.token()
        assert simulator.books.token_refreshes == 1
        watched.full = False
        async with rotating(simulator.url, watched) as next_run:
            with pytest.raises(PersonNeeded, match="refuses to refresh"):
                await next_run.token()

    assert watched.path.read_bytes() == before


async def test_nobody_gets_a_token_while_it_is_being_written(watched: Watched) -> None:
    loop, writing, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def wait_for_leave() -> None:
        loop.call_soon_threadsafe(writing.set)
        go_on.wait(ENOUGH_SECONDS)

    watched.at_replace = wait_for_leave
    async with (
        asyncio.timeout(ENOUGH_SECONDS),
        restream() as simulator,
        rotating(simulator.url, watched) as auth,
    ):
        callers = [asyncio.create_task(auth.token()) for _ in range(3)]
        await writing.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        given = [caller for caller in callers if caller.done()]
        on_disk = watched.path.exists()
        go_on.set()
        tokens = await asyncio.gather(*callers)

    assert (given, on_disk) == ([], False)
    assert len(set(tokens)) == 1


async def test_while_a_refresh_is_under_way_the_old_token_is_not_given(watched: Watched) -> None:
    clock = FakeClock()
    loop, writing, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def wait_for_leave() -> None:
        loop.call_soon_threadsafe(writing.set)
        go_on.wait(ENOUGH_SECONDS)

    async with (
        asyncio.timeout(ENOUGH_SECONDS),
        restream() as simulator,
        rotating(simulator.url, watched, clock) as auth,
    ):
        old = await auth.token()
        watched.at_replace = wait_for_leave
        clock.jump(3500)
        first = asyncio.create_task(auth.token())
        await writing.wait()
        clock.jump(-3500)  # the old pair looks alive again
        second = asyncio.create_task(auth.token())
        await asyncio.sleep(0)
        go_on.set()

        assert old not in {await first, await second}


# What goes wrong with a refresh.


async def failing(
    kind: type[Exception],
    url: str,
    file: TokenFile,
    credentials: Credentials = CREDENTIALS,
    timeout_seconds: float = 5.0,
) -> str:
    """Have token() fail in this way, and return the sentence."""
    async with rotating(url, file, None, credentials, timeout_seconds) as auth:
        with pytest.raises(kind) as caught:
            await auth.token()
    assert SEED not in str(caught.value)
    assert CREDENTIALS.client_secret not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "hang_after", "hang_before"])
async def test_a_lost_answer_needs_a_person(file: TokenFile, kind: str) -> None:
    before = put(file, expires_at=1.0)
    async with restream(fault(kind)) as simulator:
        said = await failing(PersonNeeded, simulator.url, file, timeout_seconds=0.3)

        assert simulator.books.token_refreshes == int(kind.endswith("after"))
    assert "was lost" in said
    assert file.path.read_bytes() == before


NEW_TOKENS = b'{"access_token":"new-access","refresh_token":"new-refresh"}'


@pytest.mark.parametrize(
    "raw",
    [
        http(b"<html>"),
        http(b""),
        http(b'{"access_token": "new-access"}'),
        http(NEW_TOKENS)[:-9],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + NEW_TOKENS + b"\r\n",
        NEW_TOKENS + b"\r\n\r\n",
    ],
    ids=["html", "empty", "half-a-pair", "broken-off", "broken-chunks", "no-head"],
)
async def test_an_answer_that_cannot_be_read_needs_a_person(file: TokenFile, raw: bytes) -> None:
    before = put(file, expires_at=1.0)
    async with RawServer(ending(raw)) as server:
        said = await failing(PersonNeeded, server.url, file)

    assert "was lost" in said
    assert "new-" not in said
    assert file.path.read_bytes() == before
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "403 No", "404 No", "302 Away"])
async def test_a_refused_refresh_needs_a_person(file: TokenFile, status: str) -> None:
    before = put(file, expires_at=1.0)
    async with RawServer(ending(http(b"{}", status, "Location: http://127.0.0.1:1/"))) as server:
        said = await failing(PersonNeeded, server.url, file)

    assert "log in" in said
    assert file.path.read_bytes() == before
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["429 Slow", "500 Oops", "502 Bad", "503 Away", "504 Late"])
async def test_a_refresh_that_fails_for_now_may_go_through_later(
    file: TokenFile, status: str
) -> None:
    before = put(file, expires_at=1.0)
    answers = answering(http(b"", status), *granting())
    async with RawServer(answers) as server, rotating(server.url, file) as auth:
        with pytest.raises(ApiUnavailable, match=status[:3]):
            await auth.token()
        assert file.path.read_bytes() == before
        assert await auth.token() == "a-1"


async def test_a_refresh_that_meets_nobody_may_go_through_later(file: TokenFile) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    async with rotating(f"http://127.0.0.1:{port}", file) as auth:
        with pytest.raises(ApiUnavailable, match="just now"):
            await auth.token()
        settings = SimulatorSettings(
            port=port,
            client_id=CREDENTIALS.client_id,
            client_secret=CREDENTIALS.client_secret,
            refresh_token=SEED,
        )
        async with Simulator(settings) as simulator:
            assert await alive(simulator.url, await auth.token())


async def test_a_pool_whose_refresh_fails_is_told_so_to_the_last(file: TokenFile) -> None:
    async with (
        asyncio.timeout(ENOUGH_SECONDS),
        restream(fault("unavailable", times=0)) as simulator,
        rotating(simulator.url, file) as auth,
    ):
        ends = await asyncio.gather(*(auth.token() for _ in range(10)), return_exceptions=True)

    assert {type(end) for end in ends} == {ApiUnavailable}
    assert not FileLock(Path(f"{file.path}.lock")).held()


# What goes wrong with the file.


async def not_asked(line: Line) -> None:
    pytest.fail("a refresh was sent")


async def test_without_file_and_seed_a_person_is_needed(file: TokenFile) -> None:
    async with RawServer(not_asked) as server:
        said = await failing(PersonNeeded, server.url, file, Credentials("app", "secret"))

    assert "BATCHCLIP_REFRESH_TOKEN" in said


def group_readable(file: TokenFile) -> None:
    put(file)
    file.path.chmod(0o640)


def not_json(file: TokenFile) -> None:
    put(file)
    file.path.write_text("not JSON")


def folder(file: TokenFile) -> None:
    file.path.mkdir(parents=True)


def folder_is_file(file: TokenFile) -> None:
    file.path.parent.touch()


def spare_is_folder(file: TokenFile) -> None:
    file.path.with_name("tokens.json.new").mkdir(parents=True)


def lock_is_folder(file: TokenFile) -> None:
    file.path.with_name("tokens.json.lock").mkdir(parents=True)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (group_readable, "chmod 600"),
        (not_json, "holds no pair"),
        (folder, "cannot be read"),
        (folder_is_file, "cannot be written"),
        (spare_is_folder, "cannot be written"),
        (lock_is_folder, "cannot be written"),
    ],
)
async def test_a_file_that_cannot_be_used_needs_a_person_and_costs_no_refresh(
    file: TokenFile, spoil: Callable[[TokenFile], object], sentence: str
) -> None:
    spoil(file)
    async with RawServer(not_asked) as server:
        said = await failing(PersonNeeded, server.url, file)

    assert sentence in said
    assert str(file.path) in said
    assert server.connections == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_cannot_be_written_needs_a_person(file: TokenFile) -> None:
    put(file, expires_at=1.0)
    file.path.parent.chmod(0o500)
    async with RawServer(not_asked) as server:
        said = await failing(PersonNeeded, server.url, file)
    file.path.parent.chmod(0o700)

    assert "cannot be written" in said


async def seeded_with(seed: str | None, url: str, file: TokenFile) -> str:
    credentials = Credentials(CREDENTIALS.client_id, CREDENTIALS.client_secret, seed)
    async with rotating(url, file, None, credentials) as auth:
        return await auth.token()


async def test_a_new_seed_supersedes_the_pair_on_disk(file: TokenFile) -> None:
    old = Credentials("app", "secret", "an-older-seed").seed_digest
    put(file, refresh_token="dead", expires_at=FakeClock().now() + 3600, seed=old)
    async with restream() as simulator:
        assert await alive(simulator.url, await seeded_with(SEED, simulator.url, file))

    written = file.read()
    assert written is not None
    assert written.seed == CREDENTIALS.seed_digest


@pytest.mark.parametrize("seed", [SEED, None])
async def test_the_same_seed_or_none_leaves_the_pair_on_disk_in_force(
    file: TokenFile, seed: str | None
) -> None:
    async with restream() as simulator:
        first = await seeded_with(SEED, simulator.url, file)

        assert await seeded_with(seed, simulator.url, file) == first
        assert simulator.books.token_refreshes == 1


async def test_a_pair_of_unknown_descent_stays_in_force(file: TokenFile) -> None:
    put(file, seed=None)
    async with RawServer(not_asked) as server:
        assert await seeded_with("another-seed", server.url, file) == "access-0"


async def test_a_new_pair_on_disk_is_taken_after_a_401(file: TokenFile) -> None:
    put(file, access_token="access-0", refresh_token="r")
    async with RawServer(not_asked) as server, rotating(server.url, file) as auth:
        assert await auth.token() == "access-0"
        put(file, access_token="access-1", refresh_token="r")
        auth.refuse("access-0")

        assert await auth.token() == "access-1"


async def test_tokens_are_known_as_secrets(file: TokenFile) -> None:
    secrets = Secrets()
    async with restream() as simulator, Exchange(simulator.url, 5) as exchange:
        auth = RotatingAuth(exchange, file, CREDENTIALS, FakeClock(), secrets)
        token = await auth.token()
        pair = file.read()

    assert pair is not None
    text = " ".join([token, pair.refresh_token, SEED, CREDENTIALS.client_secret])
    cleaned = secrets.out_of_outcome(Outcome(Kind.REFUSED, error=text))
    assert cleaned.error == "*** *** *** ***"


async def test_one_failed_refresh_speaks_for_all_who_waited(file: TokenFile) -> None:
    slow = http(b"", "429 Too Many Requests", "Retry-After: 30")
    put(file, expires_at=1.0)
    async with RawServer(answering(slow, slow)) as server, rotating(server.url, file) as auth:
        calls = (auth.token() for _ in range(20))
        ends = await asyncio.gather(*calls, return_exceptions=True)
        assert [(type(end), getattr(end, "hold_off", 0)) for end in ends] == [
            (ApiUnavailable, 30.0)
        ] * 20
        assert len(server.requests) == 1


async def test_the_lock_of_another_process_is_waited_for_but_not_past_a_stop(
    file: TokenFile,
) -> None:
    file.make_folder()
    lock, stopped = FileLock(Path(f"{file.path}.lock")), asyncio.Event()
    assert lock.try_acquire()
    async with restream() as simulator, Exchange(simulator.url, 5.0) as exchange:
        auth = RotatingAuth(exchange, file, CREDENTIALS, SystemClock(), Secrets(), stopped)
        waiting = asyncio.create_task(auth.token())
        await asyncio.sleep(0)
        stopped.set()
        async with asyncio.timeout(ENOUGH_SECONDS):
            with pytest.raises(ApiUnavailable, match="stopped while another process"):
                await waiting
        assert simulator.books.token_refreshes == 0
    lock.release()


async def test_a_lock_that_is_never_given_back_is_named(file: TokenFile) -> None:
    file.make_folder()
    lock = FileLock(Path(f"{file.path}.lock"))
    assert lock.try_acquire()
    async with restream() as simulator, rotating(simulator.url, file, LeapingClock()) as auth:
        with pytest.raises(PersonNeeded, match=r"tokens\.json\.lock for 120 s"):
            await auth.token()
    lock.release()


class LeapingClock(FakeClock):
    """Passes its time without anybody's help."""

    async def sleep(self, seconds: float) -> None:
        self._monotonic += seconds
