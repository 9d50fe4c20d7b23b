"""Worlds in which a run is killed at an exact point, and what must hold when others have gone on.

A world is one folder with one job table, and one simulated account with its books.
"""

import asyncio
import json
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from batchclip.simulator import Simulator, SimulatorSettings
from tests.support.crashserver import Moment, Relay
from tests.support.isolated import ROOT
from tests.support.program import Program, file_id, identity
from tests.support.proof import size

AT_ONCE = 2
"""Worlds at a time."""

MANIFEST = "m.csv"
Row = tuple[object, ...]


@dataclass(frozen=True)
class Night:
    """A manifest, and the options of the run that is killed over it."""

    rows: Sequence[Row]
    options: tuple[str, ...] = ("--max-concurrency", "1")
    account: SimulatorSettings = field(default_factory=SimulatorSettings)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def run(self) -> tuple[str, ...]:
        """The arguments of the run that is killed."""
        return ("run", MANIFEST, *self.options)


class Point(NamedTuple):
    """The `number`-th point of a kind (`tests.support.crashing`), and what happens there."""

    kind: str
    number: int
    label: str


@dataclass
class World:
    """A night in one folder with one account."""

    night: Night
    program: Program
    simulator: Simulator

    async def killed_at(self, point: Point, *arguments: str) -> None:
        """Have a command killed there; one that was luckier has come by fewer points."""
        ended, met = await self._crashing(point.kind, point.number, arguments)
        if ended != -signal.SIGKILL:
            assert len(met[point.kind]) < point.number, f"ended with {ended}"

    async def points(self, *arguments: str) -> dict[str, list[Point]]:
        """The points that a command comes to when nobody kills it."""
        ended, met = await self._crashing("none", 0, arguments)
        assert ended in {0, 1, 3}, f"ended with {ended}"
        return {
            kind: [Point(kind, number, label) for number, label in enumerate(labels, 1)]
            for kind, labels in met.items()
        }

    async def _crashing(
        self, kind: str, number: int, arguments: Sequence[str]
    ) -> tuple[int, dict[str, list[str]]]:
        file = self.program.folder / "points.json"
        file.unlink(missing_ok=True)
        crashing = (sys.executable, "-m", "tests.support.crashing", kind, str(number), str(file))
        ended = await asyncio.to_thread(
            subprocess.run,
            [*crashing, "--", *arguments],
            env=self.program.environment,
            cwd=self.program.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        return ended.returncode, json.loads(file.read_text()) if file.exists() else {}

    async def killed_over(self, moment: Moment) -> None:
        """Have the run killed while a request of it is with the server."""
        async with Relay(self.simulator.url, moment) as relay:
            self.program.url = relay.url
            relay.victim = self.program.start(*self.night.run)
            await asyncio.to_thread(relay.victim.communicate)
            assert relay.victim.returncode == -signal.SIGKILL
            await relay.over.wait()
        self.program.url = self.simulator.url

    async def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return await asyncio.to_thread(self.program.run, *arguments)

    async def settle(self) -> None:
        """Run again, to find out and do what is left, and hold the table against the books."""
        ended = await self.run("run", MANIFEST, "--settle-seconds", "0")
        settled_once(self.program, self.simulator, self.night.rows)
        assert ended.returncode == 0, ended.stderr


@asynccontextmanager
async def world(folder: Path, night: Night) -> AsyncIterator[World]:
    """A folder with the night's manifest, and an account."""
    folder.mkdir()
    async with Simulator(night.account) as simulator:
        # Whatever code these tests are of is the code that runs in the processes, too.
        settings = {"PYTHONPATH": str(ROOT)} | night.settings
        program = Program(folder, simulator.url, settings)
        program.manifest(night.rows, MANIFEST)
        yield World(night, program, simulator)


def table(program: Program) -> "closing[sqlite3.Connection]":
    """The job table as a person with a SQL shell sees it."""
    database = sqlite3.connect(program.folder / "table.db")
    database.row_factory = sqlite3.Row
    return closing(database)


def asked_by(rows: Collection[Row]) -> set[tuple[object, ...]]:
    """The rows of a manifest as the books name them."""
    cells = ([*row, *[""] * (5 - len(row))] for row in rows)
    return {
        (file, start if start != "" else None, end if end != "" else None, mode == "single", forced)
        for file, start, end, mode, force in cells
        for forced in [force == "true" and start == ""]
    }


def settled_once(program: Program, server: Simulator, rows: Collection[Row]) -> None:
    """Hold the table against the books: every range took effect once, and the table knows it."""
    with table(program) as database:
        found = [dict(row) for row in database.execute("SELECT * FROM ranges")]
        assert database.execute("SELECT count(*) FROM claims").fetchone()[0] == 0
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    happened = Counter(tuple(effect)[1:6] for effect in server.books.effects())
    assert {one: times for one, times in happened.items() if times > 1} == {}, "sent twice"
    assert Counter(map(identity, found)) == Counter(asked_by(rows)), "lost, or made up"
    for row in found:
        assert row["state"] in ends_of(row), row
    assert happened.keys() == asked_by(rows), "not what was asked for"
    assert server.books.wire.highest_for_one_file <= 1


def ends_of(row: dict[str, Any]) -> set[str]:
    """How a range may end that took effect; only a whole video may have been sent again."""
    harmless = row["start"] is None and not row["force"]
    return {"submitted", "already_done"} if harmless else {"submitted"}


def spread(points: Sequence[Point], test: int) -> list[Point]:
    """Every point in the proof; in `make test` one out of each of so many equal stretches."""
    stretches = min(len(points), size(test, len(points)))
    dice = random.Random(17)  # noqa: S311 -- a seed that repeats
    edges = [len(points) * place // stretches for place in range(stretches + 1)]
    return [points[dice.randrange(*edge)] for edge in pairwise(edges)]


async def at_each(points: Collection[Point], check: Callable[[Point], Awaitable[None]]) -> None:
    """Check each of these points, two at a time, and name all at which something is wrong."""
    assert points
    room = asyncio.Semaphore(AT_ONCE)

    async def check_one(point: Point) -> str:
        async with room:
            try:
                await check(point)
            except Exception as error:
                return f"killed at {point.kind} {point.number}, {point.label}: {error!r}"
            return ""

    wrong = [said for said in await asyncio.gather(*map(check_one, points)) if said]
    assert not wrong, "\n\n".join(wrong)


def folder_of(point: Point, folder: Path) -> Path:
    """A folder of its own for this point's world."""
    return folder / f"{point.kind}-{point.number}"


MIXED: Sequence[Row] = (
    (file_id(1), 0, 20),
    (file_id(1), 30, 50, "single"),
    (file_id(2), "", ""),
    (file_id(3), "", "", "", "true"),
    (file_id(4), 0, 20),
)
"""Two ranges of one file, a whole video, one by force, and one more file."""
