"""HTTP/1.1 as bytes on a connection, and all the ways in which an answer can fail to arrive."""

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

RESET = struct.pack("ii", 1, 0)
"""A socket that lingers for no time is closed with RST."""
UNASKED = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SLOW_SECONDS = 0.25


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass
class Reply:
    """An answer, and what becomes of the connection.

    `on_leaving` is told whether it was the client that let it go, `afterwards` that it is gone.
    """

    status: int
    body: bytes = b"{}"
    retry_after: str | None = None
    ending: str = "answered"
    wait: float = 0.0
    pause: float = 0.0
    """Before the answer, and before what comes after it."""
    on_leaving: Callable[[bool], None] = lambda _: None
    afterwards: Callable[[], None] = lambda: None


def reply(status: int, content: object, **more: object) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(content).encode(), **more)  # type: ignore[arg-type]


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read one request. Raises IncompleteReadError when the client has gone."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    pairs = (line.partition(":") for line in head[1:])
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    path, _, query = target.partition("?")
    return Request(method, path, query, headers, body)


class Line:
    """One connection. Every way to end an exchange returns whether another may follow."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ahead: float
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._ahead = ahead

    async def end(self, answer: Reply) -> bool:
        """Answer, or fail to."""
        if answer.wait and await self._gone(answer.wait):
            return self._lost(answer, by_client=True)
        going_on = await getattr(self, f"_{answer.ending}")(answer)
        return bool(going_on)

    async def _answered(self, answer: Reply) -> bool:
        answer.on_leaving(False)
        self._writer.write(self._whole(answer))
        await self._writer.drain()
        answer.afterwards()
        return True

    async def _slow(self, answer: Reply) -> bool:
        if await self._gone(SLOW_SECONDS):
            return self._lost(answer, by_client=True)
        return await self._answered(answer)

    async def _reset(self, answer: Reply) -> bool:
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        return self._lost(answer, by_client=False)

    async def _closed(self, answer: Reply) -> bool:
        return self._lost(answer, by_client=False)

    async def _silent(self, answer: Reply) -> bool:
        await self._gone(None)
        return self._lost(answer, by_client=True)

    async def _half(self, answer: Reply) -> bool:
        await self._write_half(answer)
        return self._lost(answer, by_client=False)

    async def _half_silent(self, answer: Reply) -> bool:
        await self._write_half(answer)
        return await self._silent(answer)

    async def _then_closed(self, answer: Reply) -> bool:
        """A kept connection that is closed just when the client may want to use it again."""
        await self._answered(answer)
        await asyncio.sleep(answer.pause)
        return False

    async def _then_unasked(self, answer: Reply) -> bool:
        """Something more than the answer comes over a connection that is kept."""
        await self._answered(answer)
        self._writer.write(UNASKED)
        await self._writer.drain()
        await asyncio.sleep(answer.pause)
        return False

    async def _write_half(self, answer: Reply) -> None:
        whole = self._whole(answer)
        self._writer.write(whole[: len(whole) - len(answer.body) // 2 - 1])
        await self._writer.drain()

    def _lost(self, answer: Reply, *, by_client: bool) -> bool:
        answer.on_leaving(by_client)
        self._writer.transport.abort()
        answer.afterwards()
        return False

    async def _gone(self, seconds: float | None) -> bool:
        """Wait, and say whether the client has let the connection go meanwhile."""
        try:
            more = await asyncio.wait_for(self._reader.read(1), seconds)
        except TimeoutError:
            return False
        except OSError:
            return True
        if more:
            raise AssertionError("a request came before the answer to the one before it")
        return True

    def _whole(self, answer: Reply) -> bytes:
        date = datetime.fromtimestamp(datetime.now(UTC).timestamp() + self._ahead, UTC)
        head = [f"HTTP/1.1 {answer.status} Status", f"Date: {format_datetime(date, usegmt=True)}"]
        if answer.status != 204:
            head += [f"Content-Length: {len(answer.body)}", "Content-Type: application/json"]
        if answer.status == 303:
            head.append("Location: /v2/user/clips/projects")
        if answer.retry_after is not None:
            head.append(f"Retry-After: {answer.retry_after}")
        body = b"" if answer.status == 204 else answer.body
        return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body
