"""The pool: who works at what, at which pace, and that no accident makes it send anything twice."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import pytest

from batchclip.events import AttemptEnded, Event, Waiting
from batchclip.job import Range, State
from batchclip.outcome import Outcome
from batchclip.store.sqlite import SqliteStore
from tests.support.mischief import Mischief, overlap
from tests.support.runs import BROKEN, CREATED, Night, part, whole
from tests.support.tables import stored


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    async with Night(tmp_path / "table.db") as opened:
        yield opened


async def test_accidents_lose_nothing_and_send_nothing_twice(night: Night) -> None:
    dice = random.Random(11)  # noqa: S311 -- a seed that repeats
    wanted = [part(f, 10 * k, 10 * k + 10 + 5 * (f % 3)) for f, k in product(range(190), range(5))]
    wanted += [whole(f, force=f % 2 == 0) for f in range(180, 200)]
    dice.shuffle(wanted)
    await night.load(*wanted)
    world = Mischief(night, dice)
    night.client.script = lambda asked, _: world.create_project(asked)
    for _ in range(2):
        assert (await night.run(workers=16)).exit_code == 1
    assert world.sins == []
    assert night.client.highest_for_one_file == 1
    assert max(world.effects.values()) == 1
    await check_the_record(night, world, wanted)


async def check_the_record(night: Night, world: Mischief, wanted: list[Range]) -> None:
    """The table says of each range what is true of it, and knows why each that waits does so."""
    states = {}
    async for report in night.store.ranges():
        states[report.range] = report.state.value
        if report.state in {"submitted", "already_done"}:
            assert world.effects[report.range] == 1
        elif report.state == "in_doubt":
            assert report.range in world.doubts
        else:
            assert report.state in {"rejected", "failed", "pending"}
            assert world.effects[report.range] == 0
        if report.state == "pending":
            assert any(overlap(report.range, doubt) for doubt in world.doubts)
    assert states.keys() == set(wanted)
    assert set(states.values()) >= {"submitted", "in_doubt", "pending", "rejected"}
    assert await night.rows("SELECT * FROM claims") == []


async def test_it_starts_low_and_grows_while_all_goes_well(night: Night) -> None:
    await night.load(*(part(number) for number in range(100)))
    night.client.takes = 1.0
    assert (await night.run(workers=16)).exit_code == 0
    left_at = Counter(at - 1000.0 for at, _ in night.client.sent)
    assert [left_at[second] for second in (0.0, 1.0, 2.0, 3.0)] == [4, 8, 16, 16]
    assert night.client.highest_on_wire == 16


@pytest.mark.parametrize("workers", [1, 2, 3, 50])
async def test_no_more_than_asked_for_are_on_the_wire(night: Night, workers: int) -> None:
    await night.load(*(part(number) for number in range(200)))
    night.client.takes = 0.2
    assert (await night.run(workers=workers)).exit_code == 0
    assert night.client.highest_on_wire == workers


async def test_ranges_loaded_by_another_process_meanwhile_are_sent_too(night: Night) -> None:
    await night.load(part(1))

    async def load_more() -> Outcome:
        other = await SqliteStore.open(night.path, 0)
        staging = await other.stage()
        await staging.add("later.csv", [stored(line, part(line)) for line in range(2, 9)])
        await staging.merge(0)
        await other.close()
        return CREATED

    night.client.script = lambda asked, _: load_more() if asked.file_id.int == 1 else CREATED
    assert (await night.run()).exit_code == 0
    assert await night.states() == {"submitted": 8}


async def test_what_is_loaded_during_a_back_off_goes_out_at_its_end(night: Night) -> None:
    await night.load(part(1))

    def script(asked: Range, times: int) -> Outcome:
        return BROKEN if asked.file_id.int == times == 1 else CREATED

    async def load_more() -> None:
        other = await SqliteStore.open(night.path, 0)
        staging = await other.stage()
        await staging.add("later.csv", [stored(2, part(2))])
        await staging.merge(0)
        await other.close()

    night.client.script = script
    waits: list[Waiting] = []

    async def meanwhile(_: object) -> None:
        if waits or not any(isinstance(event, Waiting) for event in night.listener.events):
            return
        waits.extend(event for event in night.listener.events if isinstance(event, Waiting))
        await load_more()

    night.store.before = meanwhile
    assert (await night.run()).exit_code == 0
    assert waits == [Waiting(1.0, "backed-off ranges")]
    assert await night.states() == {"submitted": 2}


async def test_a_range_that_is_due_while_others_are_on_the_wire_is_not_kept_waiting(
    night: Night,
) -> None:
    await night.load(part(1), part(2))

    async def take(seconds: float) -> Outcome:
        await night.clock.sleep(seconds)
        return CREATED

    night.client.script = lambda asked, times: (
        take(60.0) if asked.file_id.int == 2 else BROKEN if times == 1 else CREATED
    )
    assert (await night.run()).exit_code == 0
    assert [at - 1000.0 for at, asked in night.client.sent if asked.file_id.int == 1] == [0.0, 1.0]


@pytest.mark.parametrize("set_by", [-3600.0, 3600.0])
async def test_a_clock_that_is_set_meanwhile_holds_up_nothing_that_is_backed_off(
    night: Night, set_by: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    await night.load(part(1), part(2))
    night.client.script = lambda asked, times: BROKEN if (asked, times) == (part(1), 1) else CREATED
    night.client.takes = 0.5

    def set_the_clock(event: Event) -> None:
        if isinstance(event, AttemptEnded) and event.state is State.PENDING:
            night.clock.jump(set_by)

    monkeypatch.setattr(night.listener, "notice", set_the_clock)
    began = night.clock.monotonic()
    assert (await night.run()).exit_code == 0
    assert night.clock.monotonic() - began <= 10
