"""The one writer. What gathers while a group commits goes into the next group together."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from batchclip.store.base import Result, Write


class Committer(Protocol):
    """What a journal writes to."""

    async def commit(self, writes: Sequence[Write[object]]) -> list[object]:
        """Write all of these durably, or none. Raises TableError."""
        ...


Answered = Callable[[Any, Exception | None], None]
"""Is told what a write answered, or why it failed."""


class Journal:
    """Writes intents and outcomes in groups, each in one durable transaction.

    `write` returns when its entry is on disk. A group that cannot be written fails for everyone in
    it and nothing of it happened; the next group is tried afresh.
    """

    def __init__(self, store: Committer) -> None:
        self._store = store
        self._gathered: list[tuple[Write[Any], Answered]] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Journal":
        self._writer = asyncio.create_task(self._write_groups(), name="journal")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._wake.set()
        if self._writer is not None:
            await self._writer

    async def write(self, entry: Write[Result]) -> Result:
        """Write this and return its answer once it is durable.

        Raises TableError when the table cannot be written.
        """
        written: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.post(entry, partial(settle, written))
        return await written

    def post(self, entry: Write[Any], answered: Answered) -> None:
        """Write this, and call `answered` once it is durable or has failed; it must not raise."""
        if self._writer is None or self._writer.done():
            raise RuntimeError("the journal is not open")
        self._gathered.append((entry, answered))
        self._wake.set()

    async def _write_groups(self) -> None:
        while not self._closing or self._gathered:
            await self._wake.wait()
            # Whoever acts on the same news may still join this group.
            await asyncio.sleep(0)
            self._wake.clear()
            group, self._gathered = self._gathered, []
            if group:
                await self._write_group(group)

    async def _write_group(self, group: list[tuple[Write[Any], Answered]]) -> None:
        try:
            answers = await self._store.commit([entry for entry, _ in group])
        except Exception as error:
            # Also one that nobody foresaw: those who wait must not wait for ever.
            for _, answered in group:
                answered(None, error)
            return
        for (_, answered), answer in zip(group, answers, strict=True):
            answered(answer, None)


def settle(written: asyncio.Future[Any], answer: object, error: Exception | None) -> None:
    """Tell whoever waits, if he still does."""
    if written.done():
        return
    if error is None:
        written.set_result(answer)
    else:
        written.set_exception(error)
