"""The HTTP server that stands in for Restream."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Self

from aiohttp import web

from batchclip.clock import Clock, SystemClock
from batchclip.simulator.control import ControlCalls
from batchclip.simulator.creates import CreateCall
from batchclip.simulator.grants import TokenCalls
from batchclip.simulator.reads import ReadCalls
from batchclip.simulator.state import State

if TYPE_CHECKING:
    from types import TracebackType

    from batchclip.simulator.books import Books
    from batchclip.simulator.settings import SimulatorSettings

# As short as the server's own waiting can be made; 0 would mean for ever.
_STOP_SECONDS = 0.01
_BACKLOG = 1024


class Simulator:
    """Restream's API on loopback, with books and faults.

    Use it as an asynchronous context manager, or with `start` and `stop`. Raises UsageError when
    the settings' faults are impossible.
    """

    def __init__(self, settings: SimulatorSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._state = State(settings, clock or SystemClock())
        self._dates = _Dates(self._state.clock)
        self._runner: web.AppRunner | None = None
        self._url: str | None = None

    @property
    def books(self) -> Books:
        """Return what really happened."""
        return self._state.books

    @property
    def url(self) -> str:
        """Return the base URL. Raises RuntimeError before the start."""
        if self._url is None:
            raise RuntimeError("The simulator was not started.")
        return self._url

    async def start(self) -> str:
        """Listen, and return the base URL. Raises OSError when the port is taken."""
        # A handler ends with its client, so that a hanging request does not outlive it.
        self._runner = web.AppRunner(
            self._application(),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_STOP_SECONDS,
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port, backlog=_BACKLOG)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        return self._url

    async def stop(self) -> None:
        """Close every connection at once, also those that wait for an answer."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _application(self) -> web.Application:
        application = web.Application()
        for calls in (CreateCall, ReadCalls, TokenCalls, ControlCalls):
            application.add_routes(calls(self._state).routes())
        application.on_response_prepare.append(self._dates.stamp)
        return application


class _Dates:
    """Puts the clock's time on every answer; the text is made once a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = -1
        self._text = ""

    async def stamp(self, _: web.Request, response: web.StreamResponse) -> None:
        second = int(self._clock.now())
        if second != self._second:
            self._second, self._text = second, formatdate(second, usegmt=True)
        response.headers["Date"] = self._text
