"""One request and its answer, or the reason why there is none. No aiohttp exception gets past."""

import asyncio
import errno
import zlib
from collections.abc import Callable
from dataclasses import field

import aiohttp
from aiohttp.client_exceptions import UnixClientConnectorError, UploadAbortedError
from yarl import URL

from batchclip import __version__
from batchclip.api.connections import (
    GuardedBody,
    PromptRequest,
    SpoiledConnection,
    WaryConnector,
    Withheld,
    send_promptly,
)
from batchclip.api.deadline import Deadline, Deadlines
from batchclip.outcome import WITHHELD, Answer, Silence
from batchclip.value import value

MAX_BODY_BYTES = 1 << 20
MAX_CONNECT_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 4.0
"""Shorter than the 5 s after which common servers hang up: a request that meets a connection just
closed by the other side is one that may have arrived."""

HEADERS = {"User-Agent": f"batchclip/{__version__}", "Accept-Encoding": "identity"}
"""What every request says."""

LEFT: dict[type[BaseException], bool] = {
    # Before a connection stands, nothing of the request has been written.
    aiohttp.ClientConnectorError: False,
    aiohttp.ClientConnectorDNSError: False,
    aiohttp.ClientConnectorSSLError: False,
    aiohttp.ClientConnectorCertificateError: False,
    aiohttp.ClientSSLError: False,
    aiohttp.ClientProxyConnectionError: False,
    UnixClientConnectorError: False,
    aiohttp.ConnectionTimeoutError: False,
    SpoiledConnection: False,
    Withheld: False,
    aiohttp.InvalidURL: False,
    aiohttp.InvalidUrlClientError: False,
    aiohttp.NonHttpUrlClientError: False,
    # From here on, some or all of it may have reached the other side.
    aiohttp.ClientError: True,
    aiohttp.ClientConnectionError: True,
    aiohttp.ClientConnectionResetError: True,
    aiohttp.ClientOSError: True,
    aiohttp.ServerConnectionError: True,
    aiohttp.ServerDisconnectedError: True,
    aiohttp.ServerTimeoutError: True,
    aiohttp.SocketTimeoutError: True,
    aiohttp.ServerFingerprintMismatch: True,
    aiohttp.ClientPayloadError: True,
    aiohttp.ClientResponseError: True,
    aiohttp.ContentTypeError: True,
    aiohttp.ClientHttpProxyError: True,
    aiohttp.WSServerHandshakeError: True,
    aiohttp.RedirectClientError: True,
    aiohttp.TooManyRedirects: True,
    aiohttp.InvalidUrlRedirectClientError: True,
    aiohttp.NonHttpUrlRedirectClientError: True,
    UploadAbortedError: True,
    TimeoutError: True,
    OSError: True,
}
"""Whether a request may have left when this was raised. What is not here may have."""


@value
class Request:
    """A request to Restream, with a `body` of JSON or of `form`; no secret stands in `path`.

    `max_bytes`: how much of the answer's body is read. `may_leave` is asked when the connection
    stands, so that nothing leaves which a stop or a hold-off has forbidden meanwhile.
    """

    method: str
    path: str
    body: bytes | None = None
    form: dict[str, str] | None = field(default=None, repr=False)
    authorization: str = field(default="", repr=False)
    max_bytes: int = MAX_BODY_BYTES
    may_leave: Callable[[], bool] | None = field(default=None, repr=False)


class Exchange:
    """Kept connections to one address; `timeout` is in seconds for one request."""

    def __init__(self, base_url: str, timeout: float) -> None:
        self._base_url = base_url
        # Connecting must time out first: a timeout of the whole can't tell what has left.
        connect = min(MAX_CONNECT_SECONDS, timeout / 2)
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect)
        self._deadlines = Deadlines(timeout)
        self._connector: WaryConnector | None = None

    async def __aenter__(self) -> "Exchange":
        self._connector = WaryConnector(KEEP_ALIVE_SECONDS)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._deadlines.close()
        if self._connector is not None:
            await self._connector.close()

    async def send(self, request: Request) -> Answer | Silence:
        """Send once and say what came of it. Raises nothing for what the network does."""
        if not request.authorization.isprintable():
            # aiohttp refuses such a header with an error that may as well be about an answer.
            return Silence(False, "UnsendableToken", "the token holds a line break or the like")
        deadline = self._deadlines.begin()
        try:
            response = await self._start(request)
            try:
                body, complete = await read_body(response, request.max_bytes, deadline)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, headers, body, complete)
            finally:
                # Of an answer that was not read to its end, the connection is closed.
                response.release()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return silence_of(error)
        except asyncio.CancelledError:
            if not deadline.own():
                raise
            return silence_of(TimeoutError())
        finally:
            self._deadlines.end(deadline)

    async def _start(self, request: Request) -> aiohttp.ClientResponse:
        """Send, and return the answer once its head is there."""
        if self._connector is None:
            raise RuntimeError("the exchange is not open")
        headers = {"Authorization": request.authorization} if request.authorization else {}
        body = None if request.body is None else GuardedBody(request.body, request.may_leave)
        prompt = PromptRequest(
            request.method,
            address(self._base_url + request.path),
            headers=HEADERS | headers,
            data=request.form if body is None else body,
            loop=asyncio.get_running_loop(),
        )
        return await send_promptly(self._connector, prompt, self._timeout)


def address(text: str) -> URL:
    """Read an address. Raises aiohttp's InvalidUrlClientError or NonHttpUrlClientError."""
    try:
        url = URL(text)
    except ValueError as error:
        raise aiohttp.InvalidUrlClientError(text) from error
    if url.scheme not in {"http", "https"}:
        raise aiohttp.NonHttpUrlClientError(text)
    return url


TOO_MANY_FILES = frozenset({errno.EMFILE, errno.ENFILE})
"""This process, or this machine, has no room for another connection."""


def silence_of(error: Exception) -> Silence:
    """Say whether the request may have left when this was raised."""
    known = [LEFT[kind] for kind in type(error).__mro__ if kind in LEFT]
    return Silence(
        left=known[0] if known else True,
        error_name=WITHHELD if isinstance(error, Withheld) else type(error).__name__,
        error=str(error) or "no answer in time",
        timed_out=isinstance(error, TimeoutError),
        exhausted=isinstance(error, OSError) and error.errno in TOO_MANY_FILES,
    )


async def read_body(
    response: aiohttp.ClientResponse, limit: int, deadline: Deadline
) -> tuple[bytes, bool]:
    """Read a body up to the cap; False when it is longer, broken off or cannot be unpacked."""
    body = bytearray()
    try:
        while not response.content.at_eof():
            body += await response.content.readany()
            if len(body) > limit:
                return bytes(body[:limit]), False
    except (aiohttp.ClientError, OSError, ValueError):
        return bytes(body), False
    except asyncio.CancelledError:
        if not deadline.own():
            raise
        return bytes(body), False
    return unpacked(bytes(body), response.headers.get("Content-Encoding", ""), limit)


def unpacked(body: bytes, encoding: str, limit: int) -> tuple[bytes, bool]:
    """Unpack gzip or deflate, which was not asked for but comes from gateways, up to the cap."""
    if encoding.strip().lower() not in {"gzip", "deflate", "x-gzip"}:
        return body, True
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        plain = unpacker.decompress(body, limit)
    except zlib.error:
        return b"", False
    # What follows the end was sent as a part of the body, too.
    return plain, unpacker.eof and not unpacker.unused_data
