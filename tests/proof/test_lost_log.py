"""A table that is older than what was sent from it is noticed before anything is sent again."""

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.commands import going
from tests.support.program import Program, ranges
from tests.support.standin import StandIn

TABLE = ("table.db", "table.db-wal", "table.db-shm")


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as opened:
        yield opened


@pytest.fixture
def killed(tmp_path: Path, standin: StandIn) -> Program:
    """A run that was killed in the middle; its log is all that knows what was sent."""
    program = Program(tmp_path, standin.url)
    assert program.run("load", program.manifest(ranges(40, 2))).returncode == 0
    with going(program, "run", "--rate", "60/s") as running:
        standin.wait_for(30)
        running.send_signal(signal.SIGKILL)
    return program


@pytest.mark.parametrize("damage", ["removed", "a bad byte"])
def test_a_lost_log_is_noticed_and_what_was_sent_is_not_sent_again(
    killed: Program, standin: StandIn, damage: str
) -> None:
    log = killed.folder / "table.db-wal"
    whole = log.read_bytes()
    spoilt = bytearray(whole)
    spoilt[len(spoilt) // 3] ^= 255
    log.unlink() if damage == "removed" else log.write_bytes(spoilt)
    again = killed.run("run")
    assert again.returncode == 7
    assert "is older than what was sent from it" in again.stderr
    assert killed.run("retry", "--state", "failed").returncode == 7
    # It was not touched, so that the right log can still be put back.
    log.write_bytes(whole)
    assert killed.run("run").returncode in {0, 1}
    assert set(standin.counts.values()) == {1}


def test_with_its_log_it_goes_on(killed: Program, standin: StandIn) -> None:
    assert killed.run("run").returncode in {0, 1}
    assert set(standin.counts.values()) == {1}


def test_an_older_copy_is_noticed_until_a_person_takes_it(tmp_path: Path, standin: StandIn) -> None:
    program = Program(tmp_path, standin.url)
    program.run("load", program.manifest(ranges(4)))
    copy = tmp_path / "copy.db"
    with (
        closing(sqlite3.connect(tmp_path / "table.db")) as table,
        closing(sqlite3.connect(copy)) as backup,
    ):
        table.backup(backup)
    assert program.run("run").returncode == 0
    for name in TABLE:
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(copy, tmp_path / "table.db")
    refused = program.run("run")
    assert refused.returncode == 7
    assert "table.db.sent" in refused.stderr
    assert len(standin.creates) == 4
    (tmp_path / "table.db.sent").unlink()
    assert program.run("cancel", "--state", "pending", "--yes").returncode == 0
    assert program.run("run").returncode == 0
    assert len(standin.creates) == 4


def test_a_new_table_begins_without_a_mark(tmp_path: Path, standin: StandIn) -> None:
    program = Program(tmp_path, standin.url)
    assert program.run("run", program.manifest(ranges(3))).returncode == 0
    for name in TABLE:
        (tmp_path / name).unlink(missing_ok=True)
    program.manifest([(row[0], 500, 515) for row in ranges(3)])
    assert program.run("run", "m.csv").returncode == 0
    assert set(standin.counts.values()) == {1}
