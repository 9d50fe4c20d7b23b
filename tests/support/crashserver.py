"""A relay between a run and a server, which kills the run when a request is at an exact point."""

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from subprocess import Popen

CREATES = "/v2/user/clips/projects"
TOKENS = "/oauth/token"


@dataclass(frozen=True)
class Moment:
    """When the first request to a path is to be its sender's last.

    The whole request has arrived here. `applied`: the server has had it, and has answered;
    `answer_bytes` of that have been sent on. `late`: the server has it once its sender is dead.
    """

    path: str = CREATES
    applied: bool = False
    answer_bytes: int = 0
    late: bool = False


class Relay:
    """Sends requests on and answers back. Use it as an asynchronous context manager."""

    def __init__(self, server: str, moment: Moment | None = None) -> None:
        self._server = urlsplit(server)
        self._moment = moment
        self._listening: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()
        self.over = asyncio.Event()
        self.victim: Popen[str] | None = None
        self.answers: list[bytes] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listening is not None:
            self._listening.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        try:
            while request := await message(reader):
                if self._is_last(request):
                    await self._kill_over(request, writer)
                    return
                writer.write(await self._send_on(request))
                await writer.drain()
        finally:
            self._lines.discard(line)
            writer.transport.abort()

    def _is_last(self, request: bytes) -> bool:
        return self._moment is not None and request.startswith(
            f"POST {self._moment.path} ".encode()
        )

    async def _kill_over(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        moment, self._moment = self._moment, None
        assert moment is not None
        answer = await self._send_on(request) if moment.applied else b""
        if moment.answer_bytes:
            writer.write(answer[: moment.answer_bytes])
            await writer.drain()
        await self._kill()
        if moment.late:
            await self._send_on(request)
        self.over.set()

    async def _kill(self) -> None:
        """Return when it is dead."""
        assert self.victim is not None
        self.victim.kill()
        await asyncio.to_thread(self.victim.wait)

    async def _send_on(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self._server.hostname, self._server.port)
        writer.write(request)
        answer = await message(reader)
        writer.close()
        self.answers.append(answer)
        return answer


async def message(reader: asyncio.StreamReader) -> bytes:
    """Read a whole request or answer; nothing when the other side has gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return head + await reader.readexactly(int(length[1]) if length else 0)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
