"""A second stand-in for Restream's API, which shares no code with the client or the simulator.

It believes nobody: it counts what arrives over the socket, and answers what a test tells it to.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

REASONS = {201: "Created", 409: "Conflict"}
PATIENCE_SECONDS = 30.0


class Asked(NamedTuple):
    """What a create clips; twice the same is billed twice."""

    file: str
    start: float | None
    end: float | None
    single: bool
    force: bool


@dataclass(frozen=True)
class Create:
    """A create request as it arrived: what it asks for, and for which time."""

    asked: Asked
    title: str | None
    authorization: str
    time: int


@dataclass(frozen=True)
class Reply:
    """An answer. `cut`: the connection is closed instead; `held`: it waits for `release`."""

    status: int = 201
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    held: bool = False


def created(create: Create) -> Reply:
    """Say yes."""
    return Reply(201, {"projectId": f"project-of-{create.asked.file}", "title": create.title})


def refused(status: int, name: str, message: str = "no", **headers: str) -> Reply:
    """Say no, in Restream's envelope."""
    error = {"statusCode": status, "status": status, "code": status}
    spelled = {key.replace("_", "-"): value for key, value in headers.items()}
    return Reply(status, {"error": {**error, "name": name, "message": message}}, spelled)


class StandIn:
    """Listens in a thread of its own. Use it as a context manager."""

    def __init__(
        self,
        answer: Callable[[Create], Reply] = created,
        tokens: Callable[[str, dict[str, str]], Reply] | None = None,
        reads: Callable[[str], Reply] | None = None,
    ) -> None:
        self.answer = answer
        self.tokens = tokens or (lambda *_: refused(400, "invalid_grant"))
        self.reads = reads
        self.read: list[str] = []
        self.url = ""
        self.creates: list[Create] = []
        self.token_calls: list[dict[str, str]] = []
        self.counts: Counter[Asked] = Counter()
        self.highest_for_one_file = 0
        self.highest = 0
        self.surprises: list[str] = []
        self._on_wire: Counter[str] = Counter()
        self._arrived = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._released = asyncio.Event()
        self._stopped = asyncio.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(PATIENCE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        self._loop.close()

    def wait_for(self, creates: int) -> None:
        """Wait until so many creates have arrived."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self.creates) >= creates, PATIENCE_SECONDS)
        assert came, f"{len(self.creates)} creates arrived, not {creates}"

    def release(self) -> None:
        """Let the held answers go, now and from now on."""
        self._loop.call_soon_threadsafe(self._released.set)

    async def _serve(self) -> None:
        lines: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = asyncio.ensure_future(self._line(reader, writer))
            lines.add(line)
            line.add_done_callback(lines.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0, backlog=1024)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._listening.set()
        await self._stopped.wait()
        server.close()
        for line in list(lines):
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until the client closes it or an answer is cut."""
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has gone, as a killed one does
        finally:
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {
            name.lower(): value.strip() for name, _, value in (h.partition(":") for h in head[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        authorization = headers.get("authorization", "").encode("latin-1").decode("utf-8")
        if (method, path) == ("POST", "/oauth/token"):
            form = dict(parse_qsl(body.decode()))
            self.token_calls.append(form)
            return await self._reply(writer, self.tokens(authorization, form))
        if method == "GET" and self.reads is not None:
            self.read.append(path)
            return await self._reply(writer, self.reads(path))
        if (method, path) != ("POST", "/v2/user/clips/projects"):
            self.surprises.append(head[0])
            return await self._reply(writer, refused(404, "NotFound"))
        return await self._create(writer, json.loads(body), authorization)

    async def _create(
        self, writer: asyncio.StreamWriter, body: dict[str, Any], authorization: str
    ) -> bool:
        span = body.get("selectedTimeRange", {})
        asked = Asked(
            body["videoStorageFileId"],
            span.get("startOffsetSeconds"),
            span.get("endOffsetSeconds"),
            body.get("singleClipMode", False),
            body.get("forceReprocess", False),
        )
        self._on_wire[asked.file] += 1
        try:
            self.highest_for_one_file = max(self.highest_for_one_file, self._on_wire[asked.file])
            self.highest = max(self.highest, self._on_wire.total())
            reply = self._arrive(Create(asked, body.get("title"), authorization, 0))
            # A second request that has arrived at the same moment must be seen beside this one.
            for _ in range(4):
                await asyncio.sleep(0)
            if reply.held:
                await self._released.wait()
        finally:
            self._on_wire[asked.file] -= 1
        return await self._reply(writer, reply)

    def _arrive(self, create: Create) -> Reply:
        with self._arrived:
            self.counts[create.asked] += 1
            create = Create(
                create.asked, create.title, create.authorization, self.counts[create.asked]
            )
            self.creates.append(create)
            self._arrived.notify_all()
        return self.answer(create)

    async def _reply(self, writer: asyncio.StreamWriter, reply: Reply) -> bool:
        if reply.cut:
            return False
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        head = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Status')}"]
        head += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)
        await writer.drain()
        return True
