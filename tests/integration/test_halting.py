"""Whatever stops a run: nothing new leaves, what is out is waited for, and the reason is said."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from batchclip.events import AttemptEnded, Draining, RunEnded, RunStarted
from batchclip.job import Range
from batchclip.notation import FailureLimit
from batchclip.outcome import Kind, Outcome
from batchclip.runner.halts import interrupted
from batchclip.store.base import EndRun, StartRun, Write
from tests.support.runs import (
    BROKEN,
    CREATED,
    LOST,
    REFUSED,
    SLOW,
    UNAUTHORIZED,
    Night,
    part,
    whole,
)

USAGE = Outcome(Kind.USAGE_LIMIT, http_status=403)
SCOPE = Outcome(Kind.SCOPE_MISSING, http_status=403)
FEATURE = Outcome(Kind.FEATURE_INACTIVE, http_status=403)


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    async with Night(tmp_path / "table.db") as opened:
        yield opened


def parts(count: int) -> list[Range]:
    return [part(number) for number in range(count)]


@pytest.mark.parametrize(
    ("outcome", "code", "words"),
    [
        (USAGE, 3, "usage limit is reached"),
        (SCOPE, 4, "clips.write"),
        (FEATURE, 4, "not active"),
    ],
)
async def test_a_stop_in_the_middle(night: Night, outcome: Outcome, code: int, words: str) -> None:
    await night.load(*parts(60))
    stopped_at: list[float] = []

    async def answer(asked: Range) -> Outcome:
        await night.clock.sleep(1.0 + asked.file_id.int / 100)
        if asked.file_id.int != 10:
            return CREATED
        stopped_at.append(night.clock.monotonic())
        return outcome

    night.client.script = lambda asked, _: answer(asked)
    end = await night.run(workers=8)
    assert end.exit_code == code
    assert words in end.sentence
    sent = len(night.client.sent)
    assert max(at for at, _ in night.client.sent) <= stopped_at[0]
    assert await night.states() == {"submitted": sent - 1, "pending": 61 - sent}
    assert await night.rows("SELECT * FROM claims") == []
    assert await night.rows("SELECT exit_code, ended_because FROM runs") == [(code, end.sentence)]


async def test_a_second_401_stops_and_the_rest_is_recorded(night: Night) -> None:
    await night.load(*parts(30))
    night.client.takes = 1.0
    night.client.script = lambda asked, _: UNAUTHORIZED if asked.file_id.int == 3 else CREATED
    end = await night.run(workers=4)
    assert end.exit_code == 4
    assert "refuses the access token" in end.sentence
    assert night.client.times(part(3)) == 2
    states = await night.states()
    assert states["submitted"] == len(night.client.sent) - 2
    assert states == {"submitted": states["submitted"], "pending": 30 - states["submitted"]}


async def test_all_on_the_wire_meet_the_same_stop(night: Night) -> None:
    await night.load(*parts(30))
    night.client.takes = 1.0
    night.client.script = lambda *_: USAGE
    assert (await night.run()).exit_code == 3
    assert len(night.client.sent) == 4
    assert await night.states() == {"pending": 30}


async def test_observers_hear_of_a_stop_and_of_its_end(night: Night) -> None:
    await night.load(*parts(2))
    night.client.script = lambda *_: USAGE
    end = await night.run(workers=1)
    heard = [type(event) for event in night.listener.events]
    shown = [kind for kind in heard if kind in {RunStarted, Draining, AttemptEnded, RunEnded}]
    assert shown == [RunStarted, Draining, AttemptEnded, RunEnded]
    [draining] = [event for event in night.listener.events if isinstance(event, Draining)]
    assert draining == Draining(end.sentence)
    last = night.listener.events[-1]
    assert isinstance(last, RunEnded)
    assert (last.exit_code, last.sentence) == (3, end.sentence)
    assert last.counts == await night.store.counts()


async def test_a_stop_before_the_first_request_sends_nothing(night: Night) -> None:
    await night.load(*parts(9))

    async def stop_at_once(writes: Sequence[Write[object]]) -> None:
        if any(isinstance(write, StartRun) for write in writes):
            night.halts.stop(interrupted("SIGINT", 2))

    night.store.before = stop_at_once
    assert (await night.run()).exit_code == 130
    assert (night.client.sent, await night.states()) == ([], {"pending": 9})


@pytest.mark.parametrize("outcome", [BROKEN, SLOW])
async def test_nobody_waits_for_what_is_held_back_once_the_run_stops(
    night: Night, outcome: Outcome
) -> None:
    await night.load(part(1))
    stopping: list[asyncio.Task[None]] = []

    async def stop_later() -> None:
        await night.clock.sleep(0.25)
        night.halts.stop(interrupted("SIGTERM", 15))

    def script(*_: object) -> Outcome:
        stopping.append(asyncio.create_task(stop_later()))
        return outcome

    night.client.script = script
    assert (await night.run()).exit_code == 143
    assert night.clock.monotonic() == pytest.approx(1000.25)
    assert await night.states() == {"pending": 1}


@pytest.mark.parametrize("seconds", [-3600.0, 0.0])
async def test_a_deadline_that_has_passed_sends_nothing(night: Night, seconds: float) -> None:
    await night.load(*parts(9))
    end = await night.run(deadline=night.clock.now() + seconds)
    assert (end.exit_code, night.client.sent) == (3, [])
    assert "--until" in end.sentence
    assert await night.states() == {"pending": 9}


async def test_a_deadline_after_the_work_is_no_stop(night: Night) -> None:
    await night.load(*parts(9))
    assert (await night.run(deadline=night.clock.now() + 60.0)).exit_code == 0
    assert night.clock.sleepers == 0


async def test_a_deadline_is_kept_when_somebody_sets_the_clock(night: Night) -> None:
    await night.load(*parts(9))
    night.client.takes = 10.0

    def set_back(*_: object) -> Outcome:
        if len(night.client.sent) == 1:
            night.clock.jump(-7200.0)
        return CREATED

    night.client.script = set_back
    assert (await night.run(workers=1, deadline=night.clock.now() + 35.0)).exit_code == 3
    assert [at - 1000.0 for at, _ in night.client.sent] == [0.0, 10.0, 20.0, 30.0]


async def test_a_hold_off_of_more_than_a_night_is_a_stop(night: Night) -> None:
    await night.load(*parts(3))
    night.client.script = lambda *_: Outcome(Kind.SLOW_DOWN, 429, hold_off=12 * 3600.0 + 1)
    end = await night.run(workers=1)
    assert (end.exit_code, len(night.client.sent)) == (3, 1)
    assert "asks to wait 43201 s" in end.sentence
    assert night.clock.monotonic() == 1000.0


@pytest.mark.parametrize("outcome", [BROKEN, LOST, Outcome(Kind.SLOW_DOWN, http_status=503)])
async def test_two_ranges_and_a_dead_api_come_to_an_end(night: Night, outcome: Outcome) -> None:
    await night.load(whole(1), whole(2))
    night.client.script = lambda *_: outcome
    end = await night.run(max_attempts=6)
    assert end.exit_code == (5 if outcome.kind is Kind.SLOW_DOWN else 1)
    left = "pending" if outcome.kind is Kind.SLOW_DOWN else "failed"
    assert await night.states() == {left: 2}
    assert night.clock.monotonic() < 1000.0 + 900.0 + 61.0


async def test_looks_at_an_api_that_is_down_come_alone_and_use_no_attempt(night: Night) -> None:
    await night.load(*parts(60))
    night.client.takes = 0.5
    night.client.script = lambda *_: BROKEN
    end = await night.run(workers=16, max_attempts=3, give_up_after=600.0)
    assert (end.exit_code, await night.states()) == (5, {"pending": 60})
    assert "600 s (--give-up-after)" in end.sentence
    [(tries,)] = await night.rows("SELECT sum(tries) FROM jobs")
    looks = [at for at, _ in night.client.sent][tries:]
    assert len(looks) > 8
    gaps = [later - earlier for earlier, later in pairwise(looks)]
    assert min(gaps) > 0.5
    assert gaps[-2] == pytest.approx(60.5)
    assert tries < 60


async def test_an_api_that_asks_for_patience_is_not_down(night: Night) -> None:
    await night.load(part(1))
    night.client.script = lambda _, times: (
        Outcome(Kind.SLOW_DOWN, http_status=429, hold_off=400.0) if times < 6 else CREATED
    )
    assert (await night.run(give_up_after=900.0, max_attempts=1)).exit_code == 0
    assert night.clock.monotonic() == 1000.0 + 5 * 400.0


@pytest.mark.parametrize(
    ("budget", "loaded", "code"), [(0, 3, 3), (0, 0, 0), (40, 40, 0), (39, 40, 3), (41, 40, 0)]
)
async def test_a_budget_matters_only_while_work_is_left(
    night: Night, budget: int, loaded: int, code: int
) -> None:
    await night.load(*parts(loaded))
    night.client.takes = 1.0
    end = await night.run(workers=50, budget=budget)
    assert (end.exit_code, len(night.client.sent)) == (code, min(budget, loaded))
    assert ("--max-submissions" in end.sentence) == (code == 3)


async def test_a_budget_is_not_passed_whatever_comes_back(night: Night) -> None:
    await night.load(*parts(90))
    cycle = [CREATED, LOST, BROKEN, REFUSED, SLOW, Outcome(Kind.ALREADY_DONE, http_status=409)]

    async def answer(number: int) -> Outcome:
        await night.clock.sleep(1.0 + number % 7)
        return cycle[len(night.client.sent) % 6]

    night.client.script = lambda asked, _: answer(asked.file_id.int)
    assert (await night.run(workers=50, budget=11)).exit_code == 3
    [(spent,)] = await night.rows(
        "SELECT count(*) FROM attempts WHERE outcome IN ('created', 'unknown')"
    )
    assert spent == 11


@pytest.mark.parametrize("allowed", [FailureLimit(count=0), FailureLimit(percent=0)])
async def test_not_one_may_fail(night: Night, allowed: FailureLimit) -> None:
    await night.load(*parts(20))
    night.client.script = lambda asked, _: REFUSED if asked.file_id.int == 5 else CREATED
    end = await night.run(workers=1, max_failed=allowed)
    assert (end.exit_code, len(night.client.sent)) == (3, 6)
    assert "--max-failed" in end.sentence


async def test_too_many_that_failed_with_no_work_left_is_no_stop(night: Night) -> None:
    await night.load(*parts(3))
    night.client.takes = 1.0
    night.client.script = lambda *_: BROKEN
    end = await night.run(max_failed=FailureLimit(count=0), max_attempts=1)
    assert (end.exit_code, await night.states()) == (1, {"failed": 3})


async def test_a_run_s_end_is_written_after_all_else(night: Night) -> None:
    await night.load(*parts(30))
    written: list[type[object]] = []

    async def note(writes: Sequence[Write[object]]) -> None:
        written.extend(type(write) for write in writes)

    night.store.before = note
    await night.run()
    assert (written[0], written[-1], written.count(EndRun)) == (StartRun, EndRun, 1)


async def test_who_waits_for_the_budget_lets_go_as_soon_as_the_run_stops(night: Night) -> None:
    await night.load(*parts(9))
    held: list[int] = []

    async def answer() -> Outcome:
        await night.clock.sleep(1.0)
        held.append(len(night.look("SELECT * FROM claims")))
        night.halts.stop(interrupted("SIGTERM", 15))
        await night.clock.sleep(20.0)
        held.append(len(night.look("SELECT * FROM claims")))
        return CREATED

    night.client.script = lambda *_: answer()
    assert (await night.run(budget=1)).exit_code == 143
    assert held[0] > 1
    assert held[1:] == [1]
