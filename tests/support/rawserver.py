"""A TCP server on loopback that does what a script says: answers bytes, resets, hangs, drips."""

import asyncio
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Self

RESET = struct.pack("ii", 1, 0)
"""A socket that lingers for no time is closed with RST."""


class Line:
    """One connection as the server sees it. What it has read counts as a request of the server."""

    def __init__(
        self,
        server: "RawServer",
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._server = server
        self._reader = reader
        self.writer = writer

    async def request(self) -> bytes:
        """Read one whole request and note it; empty when the client has hung up."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await self._reader.readexactly(int(length[1]) if length else 0)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""
        self._server.requests.append(head + body)
        return head + body

    async def some(self, count: int) -> bytes:
        """Read so many bytes of a request, and leave the rest unread."""
        return await self._reader.readexactly(count)

    async def send(self, *pieces: bytes) -> None:
        """Send these bytes, as far as the client takes them."""
        try:
            for piece in pieces:
                self.writer.write(piece)
                await self.writer.drain()
        except ConnectionError:
            pass

    async def drip(self, content: bytes, seconds: float) -> None:
        """Send one byte at a time, with a pause between, until the server ends."""
        for byte in content:
            if self._server.over.is_set():
                return
            await self.send(bytes([byte]))
            await asyncio.sleep(seconds)

    async def hang(self) -> None:
        """Do nothing until the server ends."""
        await self._server.over.wait()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.writer.transport.abort()


Script = Callable[[Line], Awaitable[None]]


class RawServer:
    """Each connection runs the next script, the last of them again and again; then it is closed."""

    def __init__(self, *scripts: Script) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.over = asyncio.Event()
        self._scripts = scripts
        self._lines: set[asyncio.StreamWriter] = set()
        self._idle = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.over.set()
        if self._server is not None:
            self._server.close()
        for writer in list(self._lines):
            writer.transport.abort()
        while self._lines:
            self._idle.clear()
            await self._idle.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        self._lines.add(writer)
        try:
            await script(Line(self, reader, writer))
        finally:
            writer.close()
            self._lines.discard(writer)
            self._idle.set()


def http(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    """One whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def answering(*answers: bytes) -> Script:
    """Answer the requests of one connection with these, one after the other."""

    async def script(line: Line) -> None:
        for answer in answers:
            if not await line.request():
                return
            await line.send(answer)
        await line.request()

    return script


def ending(answer: bytes) -> Script:
    """Answer one request and close."""

    async def script(line: Line) -> None:
        if await line.request():
            await line.send(answer)

    return script
