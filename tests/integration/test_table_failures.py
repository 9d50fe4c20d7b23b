"""A table that cannot be written or read: nothing unrecorded leaves, and the run says so."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

import pytest

from batchclip.errors import BatchclipError, TableError
from batchclip.events import RunEnded
from batchclip.job import Range, State
from batchclip.outcome import Outcome
from batchclip.runner.halts import interrupted
from batchclip.store.base import Claim, EndRun, Finish, Intend, PutBack, Reopen, StartRun, Write
from tests.support.runs import CREATED, Night, part

FULL = TableError("the disk is full")


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    async with Night(tmp_path / "table.db") as opened:
        yield opened


def parts(count: int) -> list[Range]:
    return [part(number) for number in range(count)]


def at(
    kind: type[Write[object]], time: int
) -> Callable[[Sequence[Write[object]]], BatchclipError | None]:
    """Fail only the n-th group that holds such a write."""
    seen = 0

    def fails(writes: Sequence[Write[object]]) -> BatchclipError | None:
        nonlocal seen
        seen += any(type(one) is kind for one in writes)
        return FULL if seen == time and any(type(one) is kind for one in writes) else None

    return fails


async def heal(night: Night) -> None:
    """The next run finds a table that works, and finishes what can be finished."""
    night.store.fails = lambda _: None
    night.client.script = lambda *_: CREATED
    await night.run()
    assert await night.rows("SELECT * FROM claims") == []


@pytest.mark.parametrize("time", [1, 2, 3])
async def test_without_a_durable_intent_nothing_leaves(night: Night, time: int) -> None:
    await night.load(*parts(12))
    night.client.takes = 1.0
    night.store.fails = at(Intend, time)
    end = await asyncio.wait_for(night.run(workers=1, rate=0.5), 20)
    assert (end.exit_code, end.sentence) == (7, "the disk is full")
    assert Counter(await night.states()) == Counter(submitted=time - 1, pending=13 - time)
    assert len(night.client.sent) == time - 1
    await heal(night)
    assert await night.states() == {"submitted": 12}


@pytest.mark.parametrize("time", [1, 2, 5])
async def test_an_outcome_that_is_not_on_the_record_is_found_in_doubt(
    night: Night, time: int
) -> None:
    await night.load(*parts(12))

    async def answer(asked: Range) -> Outcome:
        await night.clock.sleep(1.0 + asked.file_id.int / 10)
        return CREATED

    night.client.script = lambda asked, _: answer(asked)
    night.store.fails = at(Finish, time)
    end = await asyncio.wait_for(night.run(workers=3), 20)
    assert (end.exit_code, end.sentence) == (7, "the disk is full")
    sent = [asked for _, asked in night.client.sent]
    states = await night.states()
    assert states["submitting"] == 1
    assert states.get("submitted", 0) == len(sent) - 1
    await heal(night)
    assert await night.states() == {"in_doubt": 1, "submitted": 11}
    assert len(night.client.sent) == 12


@pytest.mark.parametrize("time", [1, 3])
async def test_a_claim_that_cannot_be_taken(night: Night, time: int) -> None:
    await night.load(*parts(12))
    night.client.takes = 1.0
    ended_with_it: list[Write[object]] = []

    def fail(writes: Sequence[Write[object]]) -> BatchclipError | None:
        error = at_that_time(writes)
        ended_with_it.extend(write for write in writes if error and isinstance(write, Finish))
        return error

    at_that_time, night.store.fails = at(Claim, time), fail
    end = await asyncio.wait_for(night.run(workers=2), 20)
    assert end.exit_code == 7
    assert "in_doubt" not in await night.states()
    await heal(night)
    # What ended in the moment that the table failed is not on the record.
    doubts = len(ended_with_it)
    assert Counter(await night.states()) == Counter(submitted=12 - doubts, in_doubt=doubts)


async def test_a_claim_that_cannot_be_put_back_is_put_back_by_the_next_run(night: Night) -> None:
    await night.load(*parts(12))
    stopping: list[asyncio.Task[None]] = []

    async def stop_later() -> None:
        await night.clock.sleep(5.0)
        stop(night)

    def script(*_: object) -> Outcome:
        stopping.append(asyncio.create_task(stop_later()))
        return CREATED

    night.client.script = script
    night.store.fails = lambda writes: FULL if any(type(w) is PutBack for w in writes) else None
    # While the rate keeps the next ones back, the stop comes.
    end = await asyncio.wait_for(night.run(workers=2, rate=0.1), 20)
    assert (end.exit_code, end.sentence) == (7, "the disk is full")
    assert (await night.states())["submitting"] > 0
    await heal(night)
    assert await night.states() == {"submitted": 12}


@pytest.mark.parametrize("stopped", [False, True])
async def test_a_run_whose_end_is_not_on_the_record_does_not_say_that_all_is_well(
    night: Night, stopped: bool
) -> None:
    await night.load(*parts(3))
    if stopped:
        night.client.script = lambda *_: stop(night)
    night.store.fails = at(EndRun, 1)
    end = await night.run()
    assert (end.exit_code, end.sentence) == (7, "the disk is full")
    assert await night.rows("SELECT ended_at, exit_code FROM runs") == [(None, None)]
    last = night.listener.events[-1]
    assert isinstance(last, RunEnded)
    assert (last.exit_code, last.sentence) == (7, "the disk is full")


def stop(night: Night) -> Outcome:
    night.halts.stop(interrupted("SIGTERM", 15))
    return CREATED


async def test_counts_that_cannot_be_read_at_the_end(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    await night.load(*parts(3))
    counts, reads = night.store.counts, []

    async def fail_at_the_end() -> Mapping[State, int]:
        reads.append(1)
        if len(reads) == 2:
            raise FULL
        return await counts()

    monkeypatch.setattr(night.store, "counts", fail_at_the_end)
    end = await night.run()
    assert (end.exit_code, end.sentence) == (7, "the disk is full")
    assert await night.rows("SELECT exit_code FROM runs") == [(7,)]


@pytest.mark.parametrize("kind", [StartRun, Reopen])
async def test_a_run_that_cannot_begin(night: Night, kind: type[Write[object]]) -> None:
    await night.load(*parts(3))
    night.store.fails = at(kind, 1)
    with pytest.raises(TableError, match="the disk is full"):
        await night.run()
    assert (night.client.sent, await night.states()) == ([], {"pending": 3})
    await heal(night)
    assert await night.states() == {"submitted": 3}


async def test_a_table_that_fails_is_said_whatever_stopped_the_run_before(night: Night) -> None:
    await night.load(*parts(9))
    night.client.takes = 1.0
    night.client.script = lambda *_: stop(night)
    night.store.fails = at(Finish, 1)
    end = await night.run()
    assert (end.exit_code, end.sentence) == (7, "the disk is full")


async def test_an_error_that_nobody_foresaw_leaves_doubt_and_no_lie(night: Night) -> None:
    await night.load(*parts(9))

    async def break_down(asked: Range) -> Outcome:
        await night.clock.sleep(1.0)
        if asked.file_id.int == 2:
            raise ZeroDivisionError
        await night.clock.sleep(1.0)
        return CREATED

    night.client.script = lambda asked, _: break_down(asked)
    with pytest.raises(ExceptionGroup):
        await night.run()
    out = len(night.client.sent)
    assert out == 4
    await heal(night)
    assert await night.states() == {"in_doubt": out, "submitted": 9 - out}
    assert len(night.client.sent) == 9
