"""What a run that died has left behind, and what the next one makes of it."""

import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from batchclip.api.reads import ProjectPage
from batchclip.errors import BatchclipError, TableError
from batchclip.events import Notice
from batchclip.job import Range, State
from batchclip.outcome import Kind, Outcome
from batchclip.runner.recovery import DIED, Recovered
from batchclip.store.base import (
    Claim,
    Claims,
    Finish,
    Intend,
    LeftClaim,
    PutBack,
    StartRun,
    Write,
)
from tests.support.mischief import Mischief
from tests.support.runs import BROKEN, CREATED, Night, part, whole

ALREADY = Outcome(Kind.ALREADY_DONE, http_status=409)
ASKED = [
    part(1),
    part(2),
    whole(3),
    whole(4),
    whole(5, force=True),
    whole(6, force=True),
    part(7),
]
"""Claimed by a run that dies; of 2, 4 and 6 the request may have left."""
OUT = {2, 4, 6}


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    async with Night(tmp_path / "table.db") as opened:
        yield opened


async def die(night: Night) -> list[LeftClaim]:
    """Claim everything, let some of it out, and be gone."""
    await night.load(*ASKED)
    [run_id] = await night.store.commit([StartRun(0, 1, "host")])
    assert isinstance(run_id, int)
    await night.store.commit([Claim(run_id, 0, len(ASKED) - 1)])
    left = await night.store.left_claims()
    for claim in left:
        if claim.claimed.range.file_id.int in OUT:
            await night.store.commit([Intend(claim.claimed.generation, 5)])
    return left


async def states(night: Night) -> dict[int, str]:
    return {one.range.file_id.int: one.state.value async for one in night.store.ranges()}


def files(asked: Sequence[tuple[float, Range]]) -> list[int]:
    return sorted(one.file_id.int for _, one in asked)


async def test_what_surely_never_left_goes_out_and_what_may_have_does_not(night: Night) -> None:
    await die(night)
    night.client.script = lambda asked, _: ALREADY if asked.file_id.int == 4 else CREATED
    assert (await night.run()).exit_code == 1
    assert files(night.client.sent) == [1, 3, 4, 5, 7]
    assert await states(night) == {
        1: "submitted",
        2: "in_doubt",
        3: "submitted",
        4: "already_done",
        5: "submitted",
        6: "in_doubt",
        7: "submitted",
    }
    assert await night.rows("SELECT * FROM claims") == []


async def test_nothing_in_doubt_is_ever_sent_by_later_runs(night: Night) -> None:
    await die(night)
    for _ in range(3):
        assert (await night.run()).exit_code == 1
    assert not {2, 6} & set(files(night.client.sent))


async def test_the_record_says_that_the_process_died(night: Night) -> None:
    left = await die(night)
    await night.run()
    died = await night.rows(
        "SELECT generation, sent_at, took_ms, outcome, run_id FROM attempts "
        "WHERE error_name = 'ProcessDied' ORDER BY generation"
    )
    out = [each.claimed for each in left if each.claimed.range.file_id.int in OUT]
    assert died == [(each.generation, 5, None, "unknown", each.run_id) for each in out]
    reports = [one async for one in night.store.ranges([State.IN_DOUBT])]
    assert {one.error for one in reports} == {DIED.error}


async def test_the_operator_is_told_before_the_run_begins(night: Night) -> None:
    await die(night)
    await night.run()
    first = night.listener.events[0]
    assert isinstance(first, Notice)
    assert first.sentence.startswith("an earlier run died: 4 ranges put back, 2 in doubt")


async def test_a_run_that_ended_well_left_nothing(night: Night) -> None:
    await night.load(part(1))
    await night.run()
    assert not [event for event in night.listener.events if isinstance(event, Notice)]
    assert Recovered().sentence() == ""


async def test_what_a_dead_run_tried_counts_not_in_the_next(night: Night) -> None:
    await die(night)
    night.client.script = lambda _, times: BROKEN if times < 3 else CREATED
    await night.run(max_attempts=3)
    assert (await states(night))[4] == "submitted"
    assert night.client.times(whole(4)) == 3


@pytest.mark.parametrize("kind", [StartRun, Finish, PutBack])
async def test_a_recovery_that_cannot_be_written_begins_nothing(
    night: Night, kind: type[Write[object]]
) -> None:
    await die(night)
    failures = [TableError("the disk is full")]
    night.store.fails = lambda writes: (
        failures.pop() if failures and any(type(one) is kind for one in writes) else None
    )
    with pytest.raises(TableError, match="the disk is full"):
        await night.run()
    assert night.client.sent == []
    assert (await night.run()).exit_code == 1
    assert files(night.client.sent) == [1, 3, 4, 5, 7]


@pytest.mark.parametrize("seed", range(3))
async def test_killed_again_and_again_it_lets_nothing_take_effect_twice(
    night: Night, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 -- a seed that repeats
    wanted = [part(f, 10 * k, 10 * k + 10 + 5 * (f % 2)) for f in range(40) for k in range(3)]
    wanted += [whole(f, force=f % 2 == 0) for f in range(36, 48)]
    await night.load(*wanted)
    world = Mischief(night, dice)
    night.client.script = lambda asked, _: world.create_project(asked)
    killed = 0
    while killed < 12:
        die_at(night, dice.randrange(3, 40))
        try:
            code = (await night.run(workers=8)).exit_code
        except TableError:
            code = 7
        killed += code == 7
        if code != 7:
            break
    night.store.fails = lambda _: None
    await night.run(workers=8)
    assert killed > 3
    assert world.sins == []
    assert max(world.effects.values()) == 1
    assert night.client.highest_for_one_file == 1
    await check_the_record(night, world)


def die_at(night: Night, commit: int) -> None:
    """From this commit on nothing is written any more, as if the process were gone."""
    left = commit

    def fails(_: Sequence[Write[object]]) -> BatchclipError | None:
        nonlocal left
        left -= 1
        return TableError("gone") if left < 0 else None

    night.store.fails = fails


async def check_the_record(night: Night, world: Mischief) -> None:
    """What counts as sent took effect, and what would be sent again did not."""
    seen = set()
    async for report in night.store.ranges():
        seen.add(report.state)
        if report.state in {State.SUBMITTED, State.ALREADY_DONE}:
            assert world.effects[report.range] == 1
        elif report.state is not State.IN_DOUBT:
            assert world.effects[report.range] == 0 or report.range.harmless_to_repeat
    assert seen >= {State.SUBMITTED, State.IN_DOUBT}
    assert State.SUBMITTING not in seen


@pytest.mark.parametrize("boot", ["the first", "another"])
async def test_a_request_of_a_dead_process_is_on_its_way_from_when_that_was_found_dead(
    night: Night, boot: str
) -> None:
    await night.load(part(1))
    [run_id] = await night.store.commit([StartRun(night_ms(night), 1, "host")])
    [claims] = await night.store.commit([Claim(int(str(run_id)), night_ms(night), 1)])
    assert isinstance(claims, Claims)
    await night.store.commit([Intend(claims.claimed[0].generation, night_ms(night))])
    night.reader.pages = lambda _: ProjectPage((), None, whole=True)

    # It was stopped, went on and sent an hour later, and was killed in that moment.
    await night.clock.advance(3_600.0)
    assert (await night.run(settle=600.0)).exit_code == 1
    night.clock.boot_id = boot
    await night.clock.advance(1.0)
    assert (await night.run(settle=600.0)).exit_code == 1
    assert night.client.sent == []
    await night.clock.advance(600.0)
    assert (await night.run(settle=600.0)).exit_code == 0
    assert [asked for _, asked in night.client.sent] == [part(1)]


def night_ms(night: Night) -> int:
    return round(1000 * night.clock.now())
