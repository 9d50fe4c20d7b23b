"""How much is done for a range, counted and not timed, so that it says the same on any machine."""

import asyncio
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

import pytest

from batchclip.clock import SystemClock
from batchclip.job import Range
from batchclip.settings import read_settings
from batchclip.simulator import Simulator, SimulatorSettings
from batchclip.store.sqlite import SqliteStore
from batchclip.wiring import night
from tests.support.tables import load

RANGES = 2_000
SERVING = "RequestHandler."
"""The task in which aiohttp's server answers over one connection: the simulator's."""
COUNTED = {"call": "calls", "c_call": "calls of C"}

BUDGET = {
    "calls": 338,
    "calls of C": 156,
    "steps": 800,
    "rows": 5.5,
    "commits": 0.045,
    "statements a commit": 1.6,
}
"""What a range may take: calls of functions, and of C's by them, our own and libraries'; steps of
SQLite's virtual machine, and rows that it writes; commits. And the SQL statements of one group. It
is a twentieth more than what it takes, so that doing a twentieth of the work twice is over it;
nearly twice as much for commits, as the machine decides how many ranges share one."""


class Counting(sqlite3.Connection):
    """Counts what is asked of the job table."""

    work: Counter[str]

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        self.work["statements"] += 1
        # A group of entries is a transaction by itself.
        self.work["commits"] += sql == "COMMIT" or sql.startswith("INSERT INTO entries")
        written = self.total_changes
        cursor = super().execute(sql, parameters)
        self.work["rows"] += self.total_changes - written
        return cursor

    def count_step(self) -> int:
        self.work["steps"] += 1
        return 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What has been done, from here on."""
    counted: Counter[str] = Counter()
    monkeypatch.setattr(Counting, "work", counted, raising=False)
    connect = sqlite3.connect

    def connect_counting(*arguments: Any, **named: Any) -> sqlite3.Connection:
        made = connect(*arguments, **{"factory": Counting} | named)
        assert isinstance(made, Counting)
        made.set_progress_handler(made.count_step, 1)
        return made

    monkeypatch.setattr(sqlite3, "connect", connect_counting)
    return counted


def is_for_a_range() -> bool:
    """Whether what runs now is the run's: not the simulator, nor the event loop between tasks."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        # The job table's thread has no event loop.
        return True
    name: str = getattr(task and task.get_coro(), "__qualname__", SERVING)
    return not name.startswith(SERVING)


@contextmanager
def calls_counted(work: Counter[str]) -> Iterator[None]:
    """Count the calls of functions and of C's, libraries' included, in new threads, too."""

    def notice(frame: FrameType, event: str, _: object) -> None:
        counting = frame.f_code is Counting.count_step.__code__
        if event in COUNTED and not counting and is_for_a_range():
            work[COUNTED[event]] += 1

    before = sys.getprofile()
    threading.setprofile(notice)
    sys.setprofile(notice)
    try:
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


async def test_a_range_takes_no_more_work_than_its_budget(
    tmp_path: Path, work: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCHCLIP_ACCESS_TOKEN", "a-token-of-nobody")
    async with Simulator(SimulatorSettings()) as simulator:
        flags = {"db": str(tmp_path / "t.db"), "api_url": simulator.url, "max_concurrency": 64}
        settings = read_settings(flags)
        with calls_counted(work):
            table = await SqliteStore.open(tmp_path / "t.db", 0)
            await load(table, *(Range(UUID(int=number), 0, 10_000) for number in range(RANGES)))
            work.clear()
            end = await night.run(settings, table, SystemClock(), StringIO())
        await table.close()

    assert end.exit_code == 0
    taken = {name: work[name] / RANGES for name in BUDGET}
    taken["statements a commit"] = work["statements"] / work["commits"]
    assert {name: taken[name] for name in BUDGET if taken[name] <= 0.5 * BUDGET[name]} == {}
    assert {name: taken[name] for name in BUDGET if taken[name] > BUDGET[name]} == {}
