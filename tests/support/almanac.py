"""What happens in a world of nights, drawn from one seed."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from batchclip.api.reads import ProjectPage
from batchclip.errors import TableError
from batchclip.evidence import Project
from batchclip.job import CANCELLABLE, RETRYABLE, Mode, Range
from batchclip.outcome import Outcome
from batchclip.runner.halts import interrupted
from batchclip.serverclock import ServerClock
from batchclip.store.base import Reopen, Write
from batchclip.store.decisions import Cancel, Pause, Resume
from batchclip.store.reports import RangeReport
from batchclip.store.selection import Selection
from tests.support.pocket import Habits, PocketRestream, identity
from tests.support.runs import Night, WatchedStore

__all__ = ["World", "identity"]

HOUR = 3600.0
DEAD = TableError("the process is dead")
SPANS = [(0, 20), (20, 40), (40, 60), (10, 50), (100, 130), (125, 160), (0, 160)]


class PocketReader:
    """The reads of a pocket Restream, as a run wants them."""

    def __init__(self, restream: PocketRestream) -> None:
        self._restream = restream

    async def projects(self, cursor: str | None, token: str) -> ProjectPage | Outcome:
        assert token
        return await self._restream.projects_page(cursor)

    async def project(self, project_id: str, token: str) -> Project | Outcome:
        assert token
        return await self._restream.project(project_id)


class World:
    """One table, one account, some nights."""

    def __init__(self, path: Path, dice: random.Random) -> None:
        self.dice = dice
        self.night = Night(path)
        self.clock = self.night.clock
        self.restream = PocketRestream(
            self.clock,
            random.Random(dice.random()),  # noqa: S311
            ahead=dice.choice([0.0, -5.0, 90.0, 5000.0]),
        )
        self.night.client = self.restream  # type: ignore[assignment]
        self.night.reader = PocketReader(self.restream)  # type: ignore[assignment]
        self.restream.stopped = lambda: self.night.halts.halt is not None
        self.loaded: list[Range] = []
        self.settle = dice.choice([0.0, 1.0, 60.0, 600.0])
        self.refused = dice.choice([0.0, 0.3])
        # Not both: how much time has passed over a jump and a start, no machine can tell.
        self.reboots = dice.random() < 0.2
        self._commits_left: int | None = None

    async def __aenter__(self) -> "World":
        await self.night.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        for arriving in self.restream.arriving:
            arriving.cancel()
        await self.night.__aexit__()

    @property
    def sins(self) -> list[str]:
        return self.restream.sins

    async def ranges(self) -> list[RangeReport]:
        return [one async for one in self.night.store.ranges()]

    async def live_a_night(self) -> None:
        """Load, perhaps decide something, and run, perhaps to death."""
        await self.night.load(*self._manifest())
        await self._decide()
        self.restream.habits = self._habits()
        self._set_clocks()
        await self._run(deadly=self.dice.random() < 0.6)
        await self._pass(self.dice.choice([0.0, 5.0, 700.0, 20 * HOUR]))

    async def be_quiet(self) -> None:
        """Let a day without accidents go by, with a run now and then."""
        self.restream.habits = Habits(refused=self.refused)
        await self.night.store.commit([Resume("me", 0)])
        for _ in range(3):
            await self._pass(2 * HOUR)
            await self._run(deadly=False)

    def _manifest(self) -> list[Range]:
        """Rows of which some were there before."""
        rows = [self._row() for _ in range(self.dice.randint(0, 12))]
        if self.loaded and self.dice.random() < 0.5:
            rows.append(replace(self.dice.choice(self.loaded), title="again"))
        self.loaded += rows
        return rows

    def _row(self) -> Range:
        file_id = UUID(int=self.dice.randint(1, 6))
        priority = self.dice.choice([0, 0, 0, 5])
        if self.dice.random() < 0.2:
            return Range(file_id, force=self.dice.random() < 0.5, priority=priority)
        start, end = self.dice.choice(SPANS)
        mode = self.dice.choice([Mode.CLIPS, Mode.CLIPS, Mode.SINGLE])
        return Range(file_id, 1000 * start, 1000 * end, mode, priority=priority)

    def _habits(self) -> Habits:
        """A quiet night, or one with accidents. What was lost arrives within the settling time."""
        chance = self.dice.choice([0.0, 0.05, 0.3])
        return Habits(
            lost_before=chance * self.dice.random(),
            lost_after=chance * self.dice.random(),
            hang=chance * self.dice.random(),
            slow_down=chance * self.dice.random() / 2,
            unreached=chance * self.dice.random(),
            refused=self.refused,
            bad_read=self.dice.choice([0.0, 0.2]),
            delay=self.settle * 0.9,
            generating=self.dice.choice([0.0, 5.0, 400.0]),
        )

    def _set_clocks(self) -> None:
        """The machine was off, or its clock is set; a new process knows nothing of Restream's."""
        if self.dice.random() > 0.3:
            pass
        elif self.reboots:
            self.clock.boot_id = f"start {self.dice.random()}"
        else:
            self.clock.jump(self.dice.uniform(-HOUR, HOUR))
        self.restream.server_clock = self.night.server_clock = ServerClock(self.clock)

    async def _decide(self) -> None:
        """A person's word, now and then; never one that could be wrong."""
        at = round(1000 * self.clock.now())
        states = self.dice.choice([*CANCELLABLE])
        decision: Write[Any] = self.dice.choice(
            [
                Pause("me", at),
                Resume("me", at),
                Resume("me", at),
                Cancel(Selection((states,), UUID(int=self.dice.randint(1, 6))), "a person", at),
                Reopen((self.dice.choice([*RETRYABLE]),), at, "a person"),
            ]
        )
        await self.night.store.commit([decision])

    async def _run(self, *, deadly: bool) -> None:
        """A run as a process: it may die at a moment, or just before or after a commit."""
        self._watch_commits(deadly=deadly)
        # A request that had left is on its way; all else that is asleep died with the process.
        ending = asyncio.ensure_future(self._end_it(deadly=deadly))
        with suppress(asyncio.CancelledError, TableError):
            await self.night.run(
                workers=self.dice.choice([1, 3, 8]),
                max_attempts=self.dice.choice([1, 3, 6]),
                settle=self.settle,
                give_up_after=self.dice.choice([60.0, 900.0]),
            )
        ending.cancel()
        await self.night.store.close()
        opened = await WatchedStore.open(self.night.path, 0)
        assert isinstance(opened, WatchedStore)
        self.night.store = opened

    async def _end_it(self, *, deadly: bool) -> None:
        """Kill it, or stop it, after some seconds."""
        await self.clock.sleep(self.dice.choice([0.3, 1.0, 3.0, 10.0, 40.0, 500.0]))
        if deadly:
            self._kill()
        elif self.dice.random() < 0.3:
            self.night.halts.stop(interrupted("SIGTERM", 15))

    def _watch_commits(self, *, deadly: bool) -> None:
        """Perhaps die around one of the next commits."""
        self._commits_left = (
            self.dice.randint(1, 60) if deadly and self.dice.random() < 0.5 else None
        )
        self.night.store.before = self._count

    async def _count(self, writes: Sequence[Write[object]]) -> None:
        if self._commits_left is None:
            return
        self._commits_left -= 1
        if self._commits_left == 0:
            if self.dice.random() < 0.5:
                # After it: it is on disk, and nobody hears of it.
                self.night.store.before = None
                await self.night.store.commit(writes)
            self._kill()

    def _kill(self) -> None:
        if self.restream.held_at == self.clock.monotonic():
            # It died with the answer in its hand, which is on nobody's record.
            self.restream.held_until = 0.0
        self.night.store.fails = lambda _: DEAD
        if not self.night.running.done():
            self.night.running.cancel()

    async def _pass(self, seconds: float) -> None:
        await self.clock.advance(seconds)
