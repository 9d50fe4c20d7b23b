"""What becomes of ranges in a run: all of it real but the network and the clock."""

import random
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from batchclip.events import AttemptEnded, AttemptStarted, RunEnded, RunStarted
from batchclip.job import Range
from batchclip.outcome import Kind, Outcome
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

ALREADY = Outcome(Kind.ALREADY_DONE, http_status=409)
USAGE = Outcome(Kind.USAGE_LIMIT, http_status=403)
SCOPE = Outcome(Kind.SCOPE_MISSING, http_status=403)
FEATURE = Outcome(Kind.FEATURE_INACTIVE, http_status=403)


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    async with Night(tmp_path / "table.db") as opened:
        yield opened


@pytest.mark.parametrize(
    ("outcome", "asked", "state", "sent", "code"),
    [
        (CREATED, part(1), "submitted", 1, 0),
        (CREATED, whole(1), "submitted", 1, 0),
        (ALREADY, part(1), "already_done", 1, 0),
        (ALREADY, whole(1), "already_done", 1, 0),
        (REFUSED, part(1), "rejected", 1, 1),
        (REFUSED, whole(1), "rejected", 1, 1),
        (BROKEN, part(1), "failed", 3, 1),
        (BROKEN, whole(1), "failed", 3, 1),
        (LOST, part(1), "in_doubt", 1, 1),
        (LOST, whole(1, force=True), "in_doubt", 1, 1),
        (LOST, whole(1), "failed", 3, 1),
        (USAGE, part(1), "pending", 1, 3),
        (USAGE, whole(1), "pending", 1, 3),
        (SCOPE, part(1), "pending", 1, 4),
        (FEATURE, whole(1), "pending", 1, 4),
        (UNAUTHORIZED, part(1), "pending", 2, 4),
        (UNAUTHORIZED, whole(1), "pending", 2, 4),
    ],
)
async def test_how_an_attempt_ends(
    night: Night, outcome: Outcome, asked: Range, state: str, sent: int, code: int
) -> None:
    await night.load(asked)
    night.client.script = lambda *_: outcome
    end = await night.run()
    assert (await night.states(), len(night.client.sent)) == ({state: 1}, sent)
    assert end.exit_code == code


async def test_a_slow_down_holds_the_whole_pool_off_and_uses_no_attempt(night: Night) -> None:
    await night.load(*(part(number) for number in range(30)))
    night.client.takes = 0.1
    night.client.script = lambda asked, times: (
        SLOW if asked.file_id.int == 3 and times < 4 else CREATED
    )
    assert (await night.run(max_attempts=1)).exit_code == 0
    slow_downs = [at + 0.1 for at, asked in night.client.sent if asked.file_id.int == 3][:3]
    for until in slow_downs:
        assert not [at for at, _ in night.client.sent if until < at < until + 7.0]
    assert await night.states() == {"submitted": 30}


async def test_the_pace_is_kept(night: Night) -> None:
    await night.load(*(part(number) for number in range(60)))
    night.client.takes = 10.0
    assert (await night.run(workers=5, rate=2.0)).exit_code == 0
    times = [at for at, _ in night.client.sent]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.499
    assert night.client.highest_on_wire == 5


async def test_one_create_for_one_file_at_a_time(night: Night) -> None:
    dice = random.Random(5)  # noqa: S311 -- a seed that repeats
    await night.load(*(part(f, 20 * k, 20 * k + 15) for f in range(40) for k in range(5)))

    async def take_a_while() -> Outcome:
        await night.clock.sleep(dice.random())
        return CREATED

    night.client.script = lambda *_: take_a_while()
    assert (await night.run(workers=16)).exit_code == 0
    assert night.client.highest_for_one_file == 1
    assert night.client.highest_on_wire > 8
    assert len(night.client.sent) == 200
    first_turns = {asked.file_id for _, asked in night.client.sent[:40]}
    assert len(first_turns) == 40


async def test_nothing_in_doubt_is_sent_again_nor_what_overlaps_it(night: Night) -> None:
    await night.load(part(1, 0, 20), part(1, 10, 30), part(1, 30, 50))
    night.client.script = lambda asked, _: LOST if asked.start_ms == 0 else CREATED
    end = await night.run()
    assert await night.states() == {"in_doubt": 1, "pending": 1, "submitted": 1}
    assert "1 pending until what they overlap" in end.sentence
    assert (await night.run()).exit_code == 1
    assert [asked.start_ms for _, asked in night.client.sent] == [0, 30_000]


async def test_what_failed_is_tried_again_by_the_next_run(night: Night) -> None:
    await night.load(part(1))
    night.client.script = lambda _, times: CREATED if times > 3 else BROKEN
    assert (await night.run()).exit_code == 1
    assert (await night.run()).exit_code == 0
    reasons = await night.rows("SELECT from_state, to_state, reason FROM history")
    assert reasons == [("failed", "pending", "a new run tries again")]


async def test_every_request_has_its_row(night: Night) -> None:
    await night.load(whole(1))
    night.client.takes = 0.25
    night.client.script = lambda _, times: CREATED if times == 2 else LOST
    await night.run()
    rows = await night.rows("SELECT outcome, took_ms, error_name FROM attempts ORDER BY generation")
    assert rows == [("unknown", 250, "ServerDisconnectedError"), ("created", 250, None)]


async def test_observers_hear_of_everything_in_order(night: Night) -> None:
    await night.load(part(1))
    await night.run()
    kinds = [type(event) for event in night.listener.events]
    shown = [kind for kind in kinds if kind.__name__ != "PaceChanged"]
    assert shown == [RunStarted, AttemptStarted, AttemptEnded, RunEnded]


async def test_an_empty_table_is_no_failure(night: Night) -> None:
    assert (await night.run()).exit_code == 0
