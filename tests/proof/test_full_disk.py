"""A disk that is full, or fails to sync, at any moment of a load and a run."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from batchclip.errors import TableError
from batchclip.job import Range
from batchclip.lock import FileLock
from tests.support.disk import laid_under
from tests.support.grounds import FOR_EVER, SYNC_FAILED, Ground, Trouble
from tests.support.program import effects, file_id, identity, simulator
from tests.support.proof import size
from tests.support.runs import Night, part
from tests.support.troubled import TroubledProgram

RANGES = [part(file, 20 * number, 20 * number + 15) for file in range(4) for number in range(3)]
NOT_YET = 1 << 50
TROUBLES = {
    "full_from_then_on": Trouble("write"),
    "full_for_a_moment": Trouble("write", last=0),
    "no_sync_from_then_on": Trouble("sync", code=SYNC_FAILED),
    "one_sync_fails": Trouble("sync", last=0, code=SYNC_FAILED),
}


@dataclass
class Ended:
    """How a run ended, what it had sent, and how many operations of the trouble's kind it took."""

    exit_code: int
    sentence: str
    sent: list[Range]
    count: int


def beginning_at(trouble: Trouble, first: int) -> Trouble:
    last = FOR_EVER if trouble.last else first
    return Trouble(trouble.kind, first, last, trouble.code)


async def load_and_run(path: Path, trouble: Trouble) -> Ended:
    night, ground = Night(path), Ground(trouble)
    night.client.takes = 1.0
    try:
        with laid_under(ground):
            async with night:
                await night.load(*RANGES)
                end = await night.run(workers=3, rate=2.0)
        code, sentence = end.exit_code, end.sentence
    except TableError as error:
        code, sentence = error.exit_code, str(error)
    return Ended(code, sentence, [asked for _, asked in night.client.sent], ground.count)


@pytest.mark.parametrize("name", TROUBLES)
async def test_whenever_it_happens_nothing_is_lost_and_nothing_sent_again(
    tmp_path: Path, name: str
) -> None:
    trouble = TROUBLES[name]
    whole = await load_and_run(tmp_path / "whole.db", beginning_at(trouble, NOT_YET))
    every = size(37, 1) if trouble.kind == "write" else size(5, 1)
    stopped = 0
    for first in range(1, whole.count + 1, every):
        path = tmp_path / f"{first}.db"
        before = await load_and_run(path, beginning_at(trouble, first))
        stopped += before.exit_code == 7
        # What fails after the end is the copying of the log, which the next one to open it does.
        assert before.exit_code == 7 or len(before.sent) == len(RANGES)
        assert before.exit_code == 0 or "the disk is full" in before.sentence
        after = await load_and_run(path, Trouble())
        await assert_kept(path, before.sent, after.sent)
    assert stopped > 5


async def assert_kept(path: Path, before: list[Range], after: list[Range]) -> None:
    sent = before + after
    assert len(set(sent)) == len(sent), path.name
    async with Night(path) as night:
        states = await night.states()
        left = await night.store.left_claims()
    assert states.keys() <= {"submitted", "in_doubt"}, path.name
    assert sum(states.values()) == len(RANGES), path.name
    assert states.get("in_doubt", 0) <= len(before), path.name
    assert left == []


@pytest.fixture(scope="module")
def restream() -> Iterator[str]:
    """One simulator for all: each test has files of its own."""
    with simulator() as url:
        yield url


@pytest.mark.parametrize("first", range(20, 260, size(80, 8)))
def test_the_real_program_says_so_in_a_sentence_and_goes_on_when_there_is_room(
    tmp_path: Path, restream: str, first: int
) -> None:
    program = TroubledProgram(tmp_path, restream)
    files = [file_id(1000 * first + number) for number in range(12)]
    rows = [(file, start, start + 15) for file in files for start in (0, 20)]
    program.trouble = Trouble("write", first, checkpoint_pages=30)
    full = program.run("run", program.manifest(rows), "--max-concurrency", "4")
    assert full.returncode == 7, full.stderr
    assert "the disk is full; free some space and run again" in full.stderr.splitlines()[-1]
    assert "Traceback" not in full.stderr
    program.trouble = Trouble()
    last = program.run("run", "m.csv")
    assert last.returncode in {0, 1}, last.stderr
    happened = effects(restream)
    report = program.report()
    assert len(report) == len(rows)
    for row in report:
        assert happened[identity(row)] == 1 or row["state"] == "in_doubt", row
        assert row["state"] in {"submitted", "in_doubt"}, row
    assert max(happened.values()) == 1


def test_a_lock_whose_note_finds_no_room_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lock = FileLock(tmp_path / "table.db.lock")
    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", no_room)
        with pytest.raises(OSError, match="No space left"):
            lock.try_acquire("process 1")

    assert not lock.held()
    assert lock.try_acquire("process 2")
    lock.release()
