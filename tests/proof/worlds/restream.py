"""Restream as a world has it: it listens in a thread of its own and keeps books of the truth."""

import asyncio
import threading
from collections.abc import Callable
from typing import Self, TypeVar

from tests.proof.worlds.account import Account
from tests.proof.worlds.desk import Desk
from tests.proof.worlds.drawn import LONG, World
from tests.proof.worlds.grants import Grants
from tests.proof.worlds.truth import Asked, Truth
from tests.proof.worlds.wire import Line, read_request

PATIENCE_SECONDS = 30.0
Result = TypeVar("Result")


class Restream:
    """Use it as a context manager. What a test wants of it is done between two requests."""

    def __init__(self, world: World) -> None:
        self.truth = Truth()
        self.account = Account(
            world.seed,
            world.durations,
            ahead=world.server_ahead,
            generating=world.generating,
        )
        self.grants = Grants(world.token_life, self.truth, jumps=world.jumps)
        self.desk = Desk(world, self.account, self.grants, self.truth)
        self.url = ""
        self._ahead = world.server_ahead
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        for asked in world.people:
            self.by_hand(asked, ago=LONG * 100)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(PATIENCE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        self._loop.close()

    def do(self, action: Callable[[], Result]) -> Result:
        """Do something on the server's side of the wire, where nothing else happens meanwhile."""

        async def act() -> Result:
            return action()

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(PATIENCE_SECONDS)

    def by_hand(self, asked: Asked, *, ago: float = 0.0) -> None:
        """A person clips something."""
        self.account.clip(asked, ago=ago)

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
        """Serve one connection until one side has had enough of it."""
        line = Line(reader, writer, self._ahead)
        try:
            while await line.end(self.desk.answer(await read_request(reader))):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has gone, as a killed one does
        except (AssertionError, ValueError, KeyError) as error:
            self.truth.surprises.append(f"{type(error).__name__}: {error}")
        finally:
            writer.transport.abort()
