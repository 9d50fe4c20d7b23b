"""What is prepared while the wire is full, and how few commits that takes."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from batchclip.job import Range, State
from batchclip.outcome import Outcome
from batchclip.runner.halts import interrupted
from batchclip.store.base import Claim, Finish, PutBack, Write
from tests.support.runs import BROKEN, CREATED, SLOW, Night, part


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    async with Night(tmp_path / "table.db") as opened:
        yield opened


DISK_SECONDS = 0.125


def groups_of(night: Night) -> list[list[Write[object]]]:
    """The groups that the run commits, on a disk so slow that preparing is worth while."""
    groups: list[list[Write[object]]] = []

    async def keep(writes: Sequence[Write[object]]) -> None:
        groups.append(list(writes))
        if any(isinstance(write, Claim) for write in writes):
            night.clock.pass_over(DISK_SECONDS)

    night.store.before = keep
    return groups


async def test_a_files_next_range_is_claimed_with_the_last_ones_end(night: Night) -> None:
    await night.load(*(part(1, 20 * place, 20 * place + 10) for place in range(10)))
    night.client.takes = 1.0
    groups = groups_of(night)

    assert (await night.run(workers=8)).exit_code == 0

    ends = [group for group in groups if any(isinstance(write, Finish) for write in group)]
    assert len(ends) == 10
    assert all(any(isinstance(write, Claim) for write in group) for group in ends)
    # One that finds nothing is made at the start and at the end, and after the first claim.
    assert sum(isinstance(write, Claim) for group in groups for write in group) <= 13


async def test_while_the_wire_is_full_the_next_one_has_its_intent(night: Night) -> None:
    await night.load(*(part(number) for number in range(1, 60)))
    groups_of(night)
    intents: list[object] = []

    async def answer() -> Outcome:
        await night.clock.sleep(1.0)
        intents.append(night.look("SELECT count(sent_at), count(*) FROM claims"))
        return CREATED

    night.client.script = lambda *_: answer()
    assert (await night.run(workers=1)).exit_code == 0
    assert night.client.highest_on_wire == 1
    # Not before it has learnt that it is worth while.
    assert intents[0] == [(1, 1)]
    assert intents[-20:-2] == [[(2, 2)]] * 18


@pytest.mark.parametrize("come_between", ["a hold-off", "a stop"])
async def test_what_is_prepared_when_something_comes_between_is_put_back(
    night: Night, come_between: str
) -> None:
    await night.load(part(1), part(2), part(3))
    groups = groups_of(night)

    async def answer(asked: Range, times: int) -> Outcome:
        await night.clock.sleep(1.0)
        if asked.file_id.int != 2 or times > 1:
            return CREATED
        assert night.look("SELECT count(sent_at) FROM claims") == [(2,)]
        if come_between == "a stop":
            night.halts.stop(interrupted("SIGTERM", 15))
            return CREATED
        return SLOW

    night.client.script = answer
    await night.run(workers=1)

    assert sum(isinstance(write, PutBack) for group in groups for write in group) == 1
    assert await night.rows("SELECT * FROM claims") == []
    if come_between == "a stop":
        assert await night.states() == {"submitted": 2, "pending": 1}
        assert len(night.client.sent) == 2
    else:
        assert await night.states() == {"submitted": 3}
        left_at = [at for at, _ in night.client.sent]
        assert left_at[2] - left_at[1] >= 8.0


@pytest.mark.parametrize(("waits", "sent"), [(1.5, 2), (0.5, 3)])
async def test_what_has_waited_long_for_its_place_is_held_back_by_a_pause(
    night: Night, waits: float, sent: int
) -> None:
    await night.load(*(part(number) for number in range(1, 9)))
    groups_of(night)

    async def stop_later() -> None:
        await night.clock.sleep(10.0)
        night.halts.stop(interrupted("SIGTERM", 15))

    async def answer(asked: Range, _: int) -> Outcome:
        if asked.file_id.int == 2:
            await night.clock.sleep(0.25)
            assert night.look("SELECT count(sent_at) FROM claims") == [(2,)]
            with closing(sqlite3.connect(night.path, isolation_level=None)) as database:
                database.execute("INSERT INTO pauses (paused_at, paused_by) VALUES (0, 'ann')")
            stopping.append(asyncio.create_task(stop_later()))
        await night.clock.sleep(waits)
        return CREATED

    stopping: list[asyncio.Task[None]] = []
    night.client.script = answer
    await night.run(workers=1)
    assert len(night.client.sent) == sent
    assert await night.states() == {"submitted": sent, "pending": 8 - sent}


async def test_a_look_at_an_api_that_is_down_has_nothing_prepared_behind_it(night: Night) -> None:
    await night.load(*(part(number) for number in range(40)))
    looks: list[object] = []

    def script(*_: object) -> Outcome:
        if len(night.client.sent) > 30:
            return CREATED
        if len(night.client.sent) > 25:
            looks.append(night.look("SELECT count(sent_at) FROM claims"))
        return BROKEN

    night.client.script = script
    assert (await night.run(workers=4, max_attempts=9)).exit_code == 0
    assert looks == [[(1,)]] * 5
    assert await night.states() == {State.SUBMITTED: 40}
