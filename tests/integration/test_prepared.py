"""What is prepared while the wire is full, and how few commits that takes."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from batchclip.job import Range, State
from batchclip.outcome import WITHHELD, Kind, Outcome
from batchclip.runner.halts import interrupted
from batchclip.store.base import Claim, Finish, Intend, PutBack, Write
from tests.support.runs import BROKEN, CREATED, SLOW, Night, ScriptedAuth, part


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    async with Night(tmp_path / "table.db") as opened:
        yield opened


DISK_SECONDS = 0.125


def pause(night: Night) -> None:
    """Halt the table's runs from another terminal."""
    with closing(sqlite3.connect(night.path, isolation_level=None)) as database:
        database.execute("INSERT INTO pauses (paused_at, paused_by) VALUES (0, 'ann')")


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
            pause(night)
            stopping.append(asyncio.create_task(stop_later()))
        await night.clock.sleep(waits)
        return CREATED

    stopping: list[asyncio.Task[None]] = []
    night.client.script = answer
    await night.run(workers=1)
    assert len(night.client.sent) == sent
    assert await night.states() == {"submitted": sent, "pending": 8 - sent}


class SlowAuth(ScriptedAuth):
    """One of its tokens takes a minute, in which a person halts the runs of the table."""

    def __init__(self, night: Night, slow: int) -> None:
        super().__init__()
        self._night, self._slow, self._asked = night, slow, 0

    async def token(self) -> str:
        self._asked += 1
        if self._asked == self._slow:
            pause(self._night)
            await self._night.clock.sleep(60.0)
        return await super().token()


@pytest.mark.parametrize(("rate", "slow"), [(None, 3), (1000.0, 5), (1000.0, 6)])
async def test_a_pause_holds_back_what_has_waited_for_its_token(
    night: Night, rate: float | None, slow: int
) -> None:
    await night.load(*(part(number) for number in range(1, 9)))
    night.auth = SlowAuth(night, slow)

    async def stop_later() -> None:
        await night.clock.sleep(120.0)
        night.halts.stop(interrupted("SIGTERM", 15))

    stopping = asyncio.create_task(stop_later())
    await night.run(workers=1, rate=rate)
    await stopping
    assert len(night.client.sent) == 2
    assert await night.states() == {"submitted": 2, "pending": 6}


class LateAuth(ScriptedAuth):
    """Not ready until somebody has asked for the token, like a pair that is read from its file."""

    asked = False

    def ready(self) -> bool:
        return self.asked and super().ready()

    async def token(self) -> str:
        await asyncio.sleep(0)
        self.asked = True
        return await super().token()


def single_intents(groups: list[list[Write[object]]]) -> int:
    return sum(isinstance(write, Intend) for group in groups for write in group)


@pytest.mark.parametrize("held_up_by", ["a token", "a hold-off"])
async def test_once_nothing_waits_for_leave_the_next_ones_are_prepared_again(
    night: Night, held_up_by: str
) -> None:
    await night.load(*(part(number) for number in range(200)))
    groups = groups_of(night)
    if held_up_by == "a token":
        night.auth = LateAuth()
    else:
        night.client.script = lambda *_: SLOW if len(night.client.sent) == 20 else CREATED
    night.client.takes = 1.0

    assert (await night.run(workers=8)).exit_code == 0

    # No more than were claimed without leave at the time.
    assert 0 < single_intents(groups) <= 24


@pytest.mark.parametrize(("workers", "budget"), [(1, 2), (4, 5), (16, 32)])
async def test_a_budget_with_a_token_that_comes_late_holds_nobody_up(
    night: Night, workers: int, budget: int
) -> None:
    await night.load(*(part(number) for number in range(100)))
    groups_of(night)
    night.auth = LateAuth()
    night.client.takes = 1.0

    assert (await night.run(workers=workers, budget=budget)).exit_code == 3
    assert len(night.client.sent) == budget


@pytest.mark.parametrize("set_by", [-3600.0, 3600.0])
async def test_how_long_it_has_waited_is_told_by_no_clock_that_can_be_set(
    night: Night, set_by: float
) -> None:
    await night.load(*(part(number) for number in range(1, 9)))
    groups = groups_of(night)

    async def answer(asked: Range, _: int) -> Outcome:
        await night.clock.sleep(0.5)
        if asked.file_id.int == 4:
            night.clock.jump(set_by)
            await night.clock.sleep(0.25 if set_by > 0 else 1.0)
        return CREATED

    night.client.script = answer
    assert (await night.run(workers=1)).exit_code == 0
    assert single_intents(groups) == (0 if set_by > 0 else 1)


async def test_a_server_that_calls_its_error_as_we_call_what_never_left_is_not_believed(
    night: Night,
) -> None:
    await night.load(part(1))
    night.client.script = lambda *_: Outcome(Kind.UNKNOWN, 500, error_name=WITHHELD)

    assert (await night.run()).exit_code == 1
    assert await night.states() == {"in_doubt": 1}
    assert len(night.client.sent) == 1


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
