"""One run at a time on a table, by a lock that dies with its holder."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from batchclip.errors import TableBusy, TableError
from batchclip.runner.alone import only_run, run_lock
from tests.support.fakeclock import FakeClock
from tests.support.isolated import ROOT


class LeapingClock(FakeClock):
    """Passes its time without anybody's help."""

    async def sleep(self, seconds: float) -> None:
        self._monotonic += seconds


async def test_the_second_is_told_who_is_first(tmp_path: Path) -> None:
    table = tmp_path / "table.db"
    alias = tmp_path / "alias.db"
    table.touch()
    alias.symlink_to(table)
    async with only_run(table, LeapingClock()):
        assert run_lock(alias).held()
        with pytest.raises(TableBusy, match=r"process \d+ on .*, since 2023-11-14T22:13:20"):
            async with only_run(alias, LeapingClock()):
                raise AssertionError
    assert not run_lock(table).held()
    async with only_run(alias, LeapingClock()):
        pass


async def test_a_lock_file_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "table.db.lock").mkdir()
    with pytest.raises(TableError, match="its lock file"):
        async with only_run(tmp_path / "table.db", LeapingClock()):
            raise AssertionError


HOLDER = """
import asyncio, sys
from pathlib import Path
from batchclip.clock import SystemClock
from batchclip.runner.alone import only_run
async def hold():
    async with only_run(Path(sys.argv[1]), SystemClock()):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(hold())
"""


@contextmanager
def holding(table: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the table; it is dead at the end."""
    command = [sys.executable, "-c", HOLDER, str(table)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        try:
            yield child
        finally:
            child.kill()


async def test_another_process_is_named_with_its_start(tmp_path: Path) -> None:
    table, clock = tmp_path / "table.db", LeapingClock()
    with holding(table) as child:
        with pytest.raises(TableBusy) as busy:
            async with only_run(table, clock):
                raise AssertionError
        assert f"another run holds this table: process {child.pid} on " in str(busy.value)
        assert re.search(r"since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d", str(busy.value))
        assert busy.value.exit_code == 6
    assert clock.monotonic() == pytest.approx(1000.2)


async def test_the_lock_dies_with_its_holder(tmp_path: Path) -> None:
    table = tmp_path / "table.db"
    with holding(table) as child:
        assert run_lock(table).held()
        child.send_signal(signal.SIGKILL)
        child.wait()
        async with only_run(table, LeapingClock()):
            assert run_lock(table).held()
    assert not run_lock(table).held()


async def test_one_who_only_looks_for_an_instant_is_waited_for(tmp_path: Path) -> None:
    table = tmp_path / "table.db"
    looking = run_lock(table)
    assert looking.try_acquire("a look")

    class LookEnds(LeapingClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            looking.release()

    async with only_run(table, LookEnds()):
        assert run_lock(table).note().startswith("process ")


async def test_the_lock_is_given_back_when_the_run_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with only_run(tmp_path / "table.db", LeapingClock()):
            raise ZeroDivisionError
    assert not run_lock(tmp_path / "table.db").held()
