"""How a request leaves: over a connection that is good, if it still may, and all at once."""

import asyncio
from collections.abc import Callable
from functools import partial

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage, StreamWriter
from aiohttp.tracing import Trace

SPOILED_AT_MOST = 3
"""Connections to try before the other side counts as unreachable."""


class Withheld(aiohttp.ClientConnectionError):
    """Something has come between a request and its connection that forbids it to leave."""


class SpoiledConnection(aiohttp.ClientConnectionError):
    """The other side hung up, or said something unasked, before a request was sent."""


class GuardedBody(aiohttp.BytesPayload):
    """A body of JSON that takes the request's own question along to its connector."""

    def __init__(self, body: bytes, may_leave: Callable[[], bool] | None) -> None:
        super().__init__(body, content_type="application/json")
        self.may_leave = may_leave


class PromptRequest(aiohttp.ClientRequest):
    """A request whose guarded body is written together with its head, and at once.

    aiohttp gives a body to a task of its own, which before Python 3.12 begins a round of the event
    loop later: a stop or a hold-off could come between the last look and the writing, and a task
    takes a twentieth of a range's time.
    """

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Write it, and return what its answer will be read from."""
        protocol, body = conn.protocol, self.body
        if not isinstance(body, GuardedBody) or protocol is None or protocol.writing_paused:
            return await super().send(conn)
        writer = StreamWriter(protocol, self.loop)
        await writer.write_headers(f"{self.method} {self.url.raw_path_qs} HTTP/1.1", self.headers)
        await body.write(writer)
        await writer.write_eof()
        protocol.start_timeout()
        return self.response_class(
            self.method,
            self.original_url,
            writer=None,
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=[],
            loop=self.loop,
            session=self.session,
            stream_writer=writer,
        )


class Listening(ResponseHandler):
    """What arrives over a connection: of all that comes, only one thing is kept to be read.

    aiohttp keeps whatever comes within a round of the event loop, which with uvloop may be
    megabytes: four connections that were flooded with early hints took 270 MiB.
    """

    def data_received(self, data: bytes) -> None:
        """Take what belongs to an answer; whatever else comes spoils the connection."""
        # Also the beginning of a head: the next request's parser would take only the rest of it.
        # (aiohttp calls with nothing when it reads on after a pause.)
        awaited = self._waiter or (self._payload is not None and not self._payload.is_eof())
        if data and not awaited:
            self.force_close()
        super().data_received(data)

    def feed_data(
        self, data: tuple[RawResponseMessage, aiohttp.StreamReader], size: int = 0
    ) -> None:
        """Keep the answer that is waited for, or the first thing that comes unasked."""
        if self._buffer:
            self.force_close()
            # It may have come early, behind an interim answer: while the request was being written.
            if not is_interim(self._buffer[0][0][0].code):
                return
            self._buffer.clear()
        if self._waiter is None or not is_interim(data[0].code):
            super().feed_data(data, size)


def is_interim(status: int) -> bool:
    """Whether the answer is still to come (RFC 9110, 15.2). After 101 none comes."""
    return 100 <= status < 200 and status != 101


class WaryConnector(aiohttp.TCPConnector):
    """Gives no connection over which something came unasked.

    aiohttp would read it, a gateway's 408 or a second answer, as the answer to the next request.
    """

    def __init__(self, keep_alive: float) -> None:
        super().__init__(limit=0, keepalive_timeout=keep_alive)
        handler: type[ResponseHandler] = Listening
        self._factory = partial(handler, loop=self._loop)

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 -- named by the base
    ) -> Connection:
        """Connect, or take a connection that was kept and is good.

        Raises SpoiledConnection, or Withheld when the request may not leave any more.
        """
        for _ in range(SPOILED_AT_MOST):
            connection = await super().connect(req, traces, timeout)
            try:
                await check_unspoiled(connection)
                check_may_leave(req)
            except SpoiledConnection:
                # Nothing was sent over it, so another one may take its place.
                connection.close()
                continue
            except BaseException:
                connection.close()
                raise
            return connection
        raise SpoiledConnection("every connection was closed or spoiled before its use")


async def check_unspoiled(connection: Connection) -> None:
    """Raise SpoiledConnection when something has arrived over it."""
    # What is there already is read within a round of uvloop, or within two of asyncio's own event
    # loop, which looks first and reads a round later. To ask the system instead costs more: each
    # such call gives up the interpreter's lock.
    await asyncio.sleep(0)
    if isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop):
        await asyncio.sleep(0)
    if is_spoiled(connection):
        raise SpoiledConnection("the connection was closed or spoiled before its use")


async def send_promptly(
    connector: WaryConnector, request: PromptRequest, connecting: aiohttp.ClientTimeout
) -> aiohttp.ClientResponse:
    """Send over a good connection, and return the answer once its head is there.

    What aiohttp's ClientSession does for a request without redirects, cookies, proxies and traces:
    its care for those takes an eighth of a range's time. Raises aiohttp's exceptions, and
    OSError.
    """
    try:
        connection = await connector.connect(request, [], connecting)
    except TimeoutError as error:
        raise aiohttp.ConnectionTimeoutError(f"no connection to {request.url} in time") from error
    # After a failure nothing else may be read from it, least of all as the next request's answer.
    try:
        response = await sent_over(connection, request)
    except BaseException:
        connection.close()
        raise
    try:
        return await response.start(connection)
    except BaseException:
        response.close()
        raise


async def sent_over(connection: Connection, request: PromptRequest) -> aiohttp.ClientResponse:
    """Write the request, and return what its answer will be read from."""
    if connection.protocol is not None:
        connection.protocol.set_response_params(read_until_eof=True, auto_decompress=False)
    return await request.send(connection)


def is_spoiled(connection: Connection) -> bool:
    """Whether it is closed or closing, or something has arrived over it."""
    protocol, transport = connection.protocol, connection.transport
    # A transport that has met the other side's end tells its protocol a round later.
    if protocol is None or transport is None or transport.is_closing():
        return True
    return protocol.should_close


def check_may_leave(request: aiohttp.ClientRequest) -> None:
    """Raise Withheld when the request may not leave any more."""
    body = request.body
    if isinstance(body, GuardedBody) and body.may_leave is not None and not body.may_leave():
        raise Withheld("a stop or a hold-off came before it could leave")
