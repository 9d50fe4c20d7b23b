"""The simulator's books, hold-offs, its own calls, and clients that go away."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from batchclip.simulator import ScriptedFault, Simulator, SimulatorSettings

PATH = "/v2/user/clips/projects"
FILE = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"


def body(start: float = 0) -> bytes:
    span = {"startOffsetSeconds": start, "endOffsetSeconds": start + 10}
    source = {"sourceType": "VideoStorageFile", "videoStorageFileId": FILE}
    return json.dumps(source | {"selectedTimeRange": span, "title": "A title"}).encode()


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


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer one"}) as session:
        yield session


async def create(http: aiohttp.ClientSession, simulator: Simulator, start: float = 0) -> int:
    async with http.post(simulator.url + PATH, data=body(start)) as answer:
        return answer.status


async def send(simulator: Simulator, payload: bytes, length: int) -> asyncio.StreamWriter:
    """Send a create by hand, its body perhaps shorter than announced."""
    host, port = simulator.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one\r\n"
    writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode() + payload)
    await writer.drain()
    return writer


async def test_a_request_in_the_books(http: aiohttp.ClientSession) -> None:
    clock = HeldClock()
    async with Simulator(SimulatorSettings(), clock) as simulator:
        await create(http, simulator, start=20)
        async with http.get(simulator.url + "/simulator/books") as answer:
            document = await answer.json()
    assert document["requests"] == [
        {
            "sequence": 1,
            "arrived_monotonic": 1_000_000,
            "arrived_at": 1_000_000,
            "token": "one",
            "file": FILE,
            "start": 20,
            "end": 30,
            "single": False,
            "force": False,
            "title": "A title",
            "status": 201,
            "ending": "answered",
            "took_effect": True,
            "fault": None,
        }
    ]
    assert document["effects"] == [
        {
            "sequence": 1,
            "file": FILE,
            "start": 20,
            "end": 30,
            "single": False,
            "force": False,
            "arrived_at": 1_000_000,
        }
    ]
    assert document["summary"] == {
        "requests": 1,
        "effects": 1,
        "sent_twice": 0,
        "statuses": {"201": 1},
        "endings": {"answered": 1},
        "faults": {},
        "highest_on_wire_for_one_file": 1,
        "highest_on_wire": 1,
        "token_refreshes": 0,
        "during_hold_off": 0,
    }


async def test_another_process_may_count_and_reset(http: aiohttp.ClientSession) -> None:
    script = [ScriptedFault("reset_after")]
    async with Simulator(SimulatorSettings(script=script)) as simulator:
        books = simulator.books
        for _ in range(2):
            with pytest.raises(aiohttp.ClientOSError, match="reset by peer"):
                await create(http, simulator)
            async with aiohttp.ClientSession() as nobody:
                url = simulator.url + "/simulator/books?only=summary"
                async with nobody.get(url) as answer:
                    document = await answer.json()
                assert document == {"summary": books.summary()}
                assert document["summary"]["faults"] == {"reset_after": 1}
                async with nobody.post(simulator.url + "/simulator/reset") as answer:
                    assert answer.status == 200
            assert books is simulator.books
            assert books.requests == []


async def test_any_other_address_is_not_found(http: aiohttp.ClientSession) -> None:
    async with Simulator(SimulatorSettings()) as simulator:
        for method, path in [("GET", "/"), ("DELETE", PATH)]:
            async with http.request(method, simulator.url + path) as answer:
                assert answer.status == 404
                assert (await answer.json())["error"]["name"] == "NotFound"


async def test_a_create_cut_off_before_its_body_is_none(http: aiohttp.ClientSession) -> None:
    async with Simulator(SimulatorSettings()) as simulator:
        writer = await send(simulator, body()[:20], len(body()))
        await create(http, simulator, start=10)
        writer.transport.abort()
        await create(http, simulator, start=20)
        assert [record.start for record in simulator.books.requests] == [10, 20]


async def test_an_effect_that_nobody_read_of_is_in_the_books(http: aiohttp.ClientSession) -> None:
    clock = HeldClock()
    async with Simulator(SimulatorSettings(latency_seconds=1), clock) as simulator:
        writer = await send(simulator, body(), len(body()))
        await clock.asleep.wait()
        record = simulator.books.requests[0]
        assert (record.ending, record.status, record.took_effect) == ("open", None, True)
        writer.transport.abort()
        await clock.over.wait()
        assert record.ending == "gone"
        clock.released.set()
        assert await create(http, simulator, start=10) == 201
        assert len(simulator.books.effects()) == 2
        assert simulator.books.wire.highest == 1


KILLED = """
import asyncio, sys
async def main():
    host, port = sys.argv[1].split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(sys.stdin.buffer.read())
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_a_killed_client_leaves_the_effect_and_the_wire() -> None:
    raw = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\n"
    raw += f"Content-Length: {len(body())}\r\n\r\n{body().decode()}"
    clock = HeldClock()
    async with Simulator(SimulatorSettings(latency_seconds=1), clock) as simulator:
        client = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", KILLED, simulator.url.removeprefix("http://")),
            stdin=asyncio.subprocess.PIPE,
        )
        assert client.stdin is not None
        client.stdin.write(raw.encode())
        client.stdin.close()
        await clock.asleep.wait()
        client.kill()
        await client.wait()
        await clock.over.wait()
        assert simulator.books.requests[0].ending == "gone"
        assert [effect.file for effect in simulator.books.effects()] == [FILE]


async def test_creates_during_a_hold_off_are_counted(http: aiohttp.ClientSession) -> None:
    clock = HeldClock()
    script = [
        ScriptedFault("slow_down", retry_after=2),
        ScriptedFault("unavailable", retry_after=10, after=3),
    ]
    async with Simulator(SimulatorSettings(script=script), clock) as simulator:
        books = simulator.books
        counts = []
        # Given at 0 s until 2 s; then at 2 s until 12 s.
        for wait in (0, 0.04, 0.06, 1.9, 0, 0.04, 0.06, 9.9):
            clock.seconds += wait
            await create(http, simulator)
            counts.append(books.during_hold_off)
    assert [record.status for record in books.requests][:5] == [429, 201, 201, 201, 503]
    assert counts == [0, 0, 1, 1, 1, 1, 2, 2]


async def test_stopping_twice_and_restarting(http: aiohttp.ClientSession) -> None:
    simulator = Simulator(SimulatorSettings())
    with pytest.raises(RuntimeError):
        _ = simulator.url
    await simulator.stop()
    assert await simulator.start() == simulator.url
    assert await create(http, simulator) == 201
    await simulator.stop()
    await simulator.stop()
    async with aiohttp.ClientSession() as another:
        with pytest.raises(aiohttp.ClientConnectorError):
            await create(another, simulator)
    await simulator.start()
    assert await create(http, simulator) == 201
    assert len(simulator.books.effects()) == 2
    await simulator.stop()


async def test_an_address_of_the_sixth_version(http: aiohttp.ClientSession) -> None:
    try:
        async with Simulator(SimulatorSettings(host="::1")) as simulator:
            assert simulator.url.startswith("http://[::1]:")
            assert await create(http, simulator) == 201
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")
