from pathlib import Path

import pytest

from batchclip.errors import TableBusy, TableError
from batchclip.runner.alone import only_run, run_lock
from tests.support.fakeclock import FakeClock


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
