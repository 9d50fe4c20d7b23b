"""Asking Restream: how often, how fast, with which token, and until when."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batchclip.errors import ApiUnavailable, PersonNeeded, TableError
from batchclip.events import Notice
from batchclip.outcome import Kind, Outcome
from batchclip.runner.halts import interrupted
from batchclip.runner.questions import TRIES, keep_holding_off
from batchclip.store.base import Hold, StartRun
from batchclip.store.journal import Journal
from tests.support.fakeclock import FakeClock
from tests.support.inquiry import Inquiry
from tests.support.runs import BROKEN, LOST, SCOPELESS, SLOW, UNAUTHORIZED, Listener, Night

FORBIDDEN = Outcome(Kind.REFUSED, http_status=404)
INACTIVE = Outcome(Kind.FEATURE_INACTIVE, http_status=402)
USED_UP = Outcome(Kind.USAGE_LIMIT, http_status=403)
TERM = interrupted("SIGTERM", 15)


@pytest.fixture
def inquiry() -> Inquiry:
    return Inquiry()


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    async with Night(tmp_path / "table.db") as opened:
        yield opened


async def test_an_answer_is_given_on(inquiry: Inquiry) -> None:
    assert await inquiry.passing(inquiry.questions.ask(inquiry.answering("found"))) == "found"
    assert inquiry.asked == [(0.0, "token-0")]
    assert inquiry.pacer.pace.in_use == 0


@pytest.mark.parametrize("outcome", [FORBIDDEN, INACTIVE, USED_UP, SCOPELESS])
async def test_a_refusal_is_given_on_at_once(inquiry: Inquiry, outcome: Outcome) -> None:
    assert await inquiry.passing(inquiry.questions.ask(inquiry.answering(outcome))) == outcome
    assert (len(inquiry.asked), inquiry.halts.halt) == (1, None)


@pytest.mark.parametrize(
    ("outcome", "moments"),
    [(LOST, [0, 1, 3]), (BROKEN, [0, 1, 3]), (SLOW, [7 * n for n in range(10)])],
)
async def test_what_passes_is_asked_again_so_often_and_given_up(
    inquiry: Inquiry, outcome: Outcome, moments: list[int]
) -> None:
    assert await inquiry.passing(inquiry.questions.ask(inquiry.answering(outcome))) == outcome
    assert [at for at, _ in inquiry.asked] == moments
    assert len(moments) == TRIES[outcome.kind]
    assert (inquiry.halts.halt, inquiry.pacer.pace.in_use) == (None, 0)


async def test_each_way_to_fail_has_its_own_patience(inquiry: Inquiry) -> None:
    answers = (LOST, SLOW, BROKEN, UNAUTHORIZED, LOST, SLOW, BROKEN, "found")
    assert await inquiry.passing(inquiry.questions.ask(inquiry.answering(*answers))) == "found"


async def test_a_401_is_answered_with_a_new_token(inquiry: Inquiry) -> None:
    question = inquiry.answering(UNAUTHORIZED, "found")
    assert await inquiry.passing(inquiry.questions.ask(question)) == "found"
    assert [token for _, token in inquiry.asked] == ["token-0", "token-1"]


@pytest.mark.parametrize(
    ("renewable", "words"), [(True, "log in again"), (False, "BATCHCLIP_ACCESS_TOKEN")]
)
async def test_a_second_401_stops_everything(inquiry: Inquiry, renewable: bool, words: str) -> None:
    inquiry.auth.renewable = renewable
    assert await inquiry.passing(inquiry.questions.ask(inquiry.answering(UNAUTHORIZED))) is None
    assert len(inquiry.asked) == 2
    assert inquiry.halts.halt is not None
    assert (inquiry.halts.halt.exit_code, words in inquiry.halts.halt.sentence) == (4, True)


async def test_no_more_questions_are_on_the_wire_than_the_pace_allows() -> None:
    inquiry, on_wire, highest = Inquiry(concurrency=3), 0, 0

    async def question(_: str) -> str:
        nonlocal on_wire, highest
        on_wire += 1
        highest = max(highest, on_wire)
        await inquiry.clock.sleep(1.0)
        on_wire -= 1
        return "found"

    async def all_at_once() -> None:
        await asyncio.gather(*(inquiry.questions.ask(question) for _ in range(12)))

    await inquiry.passing(all_at_once())
    assert (highest, inquiry.seconds) == (3, 4.0)


async def test_questions_leave_no_faster_than_the_rate() -> None:
    inquiry = Inquiry(rate=2.0)
    question = inquiry.answering("found")

    async def all_at_once() -> None:
        await asyncio.gather(*(inquiry.questions.ask(question) for _ in range(5)))

    await inquiry.passing(all_at_once())
    assert [at for at, _ in inquiry.asked] == [0, 0.5, 1, 1.5, 2]


async def test_a_hold_off_holds_off_every_question(inquiry: Inquiry) -> None:
    async def both() -> None:
        await asyncio.gather(
            inquiry.questions.ask(inquiry.answering(SLOW, "found")),
            inquiry.clock.sleep(1.0),
        )
        await inquiry.questions.ask(inquiry.answering("found"))

    await inquiry.passing(both())
    assert [at for at, _ in inquiry.asked] == [0, 7, 7]


async def test_a_hold_off_that_comes_before_a_question_has_left_holds_it_off_too(
    inquiry: Inquiry, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, calls = inquiry.auth.token, 0

    async def slowly() -> str:
        nonlocal calls
        calls += 1
        if calls == 1:
            inquiry.pacer.pace.hold(inquiry.clock.monotonic() + 30.0)
        return await token()

    monkeypatch.setattr(inquiry.auth, "token", slowly)
    assert await inquiry.passing(inquiry.questions.ask(inquiry.answering("found"))) == "found"
    assert inquiry.asked == [(30.0, "token-0")]
    assert inquiry.pacer.pace.in_use == 0


@pytest.mark.parametrize("before", [True, False])
async def test_a_stop_ends_a_question(inquiry: Inquiry, before: bool) -> None:
    async def stopped_meanwhile() -> object:
        asking = asyncio.create_task(inquiry.questions.ask(inquiry.answering(SLOW)))
        await inquiry.clock.sleep(0.0 if before else 3.0)
        inquiry.halts.stop(TERM)
        return await asking

    if before:
        inquiry.halts.stop(TERM)
    assert await inquiry.passing(stopped_meanwhile()) is None
    assert (len(inquiry.asked), inquiry.seconds) == ((0, 0.0) if before else (1, 3.0))


async def test_a_stop_ends_the_pause_before_it_is_asked_again(inquiry: Inquiry) -> None:
    async def stopped_meanwhile() -> object:
        asking = asyncio.create_task(inquiry.questions.ask(inquiry.answering(LOST)))
        await inquiry.clock.sleep(0.5)
        inquiry.halts.stop(TERM)
        return await asking

    assert await inquiry.passing(stopped_meanwhile()) is None
    assert (len(inquiry.asked), inquiry.seconds) == (1, 0.5)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_token_endpoint_that_asks_for_patience_gets_it(
    inquiry: Inquiry, status: int
) -> None:
    inquiry.auth.errors = [ApiUnavailable("later", hold_off=9.0, http_status=status)]
    assert await inquiry.passing(inquiry.questions.ask(inquiry.answering("found"))) == "found"
    assert inquiry.asked == [(9.0, "token-0")]


async def test_a_token_endpoint_that_is_not_to_be_had_is_asked_again(inquiry: Inquiry) -> None:
    inquiry.auth.errors = [ApiUnavailable("no answer") for _ in range(2)]
    assert await inquiry.passing(inquiry.questions.ask(inquiry.answering("found"))) == "found"
    assert inquiry.asked == [(3.0, "token-0")]


async def test_where_only_a_person_can_help_everything_stops(inquiry: Inquiry) -> None:
    inquiry.auth.errors = [PersonNeeded("log in again")]
    assert await inquiry.passing(inquiry.questions.ask(inquiry.answering("found"))) is None
    assert inquiry.halts.halt is not None
    assert (inquiry.halts.halt.exit_code, inquiry.asked) == (4, [])
    assert inquiry.pacer.pace.in_use == 0


async def test_an_api_that_asks_to_wait_longer_than_a_night_ends_the_search(
    inquiry: Inquiry,
) -> None:
    patience = Outcome(Kind.SLOW_DOWN, http_status=429, hold_off=13 * 3600.0)
    assert await inquiry.passing(inquiry.questions.ask(inquiry.answering(patience))) is None
    assert inquiry.halts.halt is not None
    assert (inquiry.halts.halt.exit_code, inquiry.seconds) == (3, 0.0)


# What the table keeps of it.


async def test_a_hold_off_is_kept_with_the_run(night: Night) -> None:
    [run_id] = await night.store.commit([StartRun(0, 1, "host")])
    assert isinstance(run_id, int)
    async with Journal(night.store) as journal:
        inquiry = Inquiry(journal=journal, run_id=run_id)
        until = round(1000 * (inquiry.clock.now() + 7.0))
        await inquiry.passing(inquiry.questions.ask(inquiry.answering(SLOW, "found")))
    assert night.look("SELECT held_until FROM runs") == [(until,)]


@pytest.mark.parametrize("set_by", [-3_600.0, 3_600.0])
async def test_a_clock_that_was_set_since_the_run_began_moves_no_hold_off(
    night: Night, set_by: float
) -> None:
    clock = FakeClock()
    at, uptime = round(1000 * clock.now()), round(1000 * clock.uptime())
    [run_id] = await night.store.commit([StartRun(at, 1, "host", uptime, clock.boot())])
    assert isinstance(run_id, int)
    clock.jump(set_by)
    async with Journal(night.store) as journal:
        later = Inquiry(journal=journal, run_id=run_id, clock=clock)
        await later.passing(later.questions.ask(later.answering(SLOW, "found")))
    assert night.look("SELECT held_until FROM runs") == [(at + 7_000,)]


async def test_a_table_that_cannot_be_written_stops_everything(night: Night) -> None:
    night.store.fails = lambda _: TableError("the disk is full")
    async with Journal(night.store) as journal:
        inquiry = Inquiry(journal=journal, run_id=1)
        assert await inquiry.passing(inquiry.questions.ask(inquiry.answering(SLOW))) is None
    assert inquiry.halts.halt is not None
    assert inquiry.halts.halt.exit_code == 7


async def held(night: Night, inquiry: Inquiry, seconds: float) -> Listener:
    """Keep to what an earlier run was asked for: to wait until so long from now."""
    clock = inquiry.clock
    at, uptime = round(1000 * clock.now()), round(1000 * clock.uptime())
    [run_id] = await night.store.commit([StartRun(at, 1, "host", uptime, clock.boot())])
    assert isinstance(run_id, int)
    await night.store.commit([Hold(run_id, at + round(1000 * seconds))])
    listener = Listener()
    await keep_holding_off(night.store, inquiry.questions, listener)
    return listener


async def test_what_an_earlier_run_was_asked_for_is_kept_to(night: Night, inquiry: Inquiry) -> None:
    listener = await held(night, inquiry, 90.0)
    assert listener.events == [
        Notice("Restream has asked an earlier run to hold off; 90 s of it are left")
    ]
    await inquiry.passing(inquiry.questions.ask(inquiry.answering("found")))
    assert inquiry.asked == [(90.0, "token-0")]


@pytest.mark.parametrize("seconds", [0.0, -5.0])
async def test_what_is_over_holds_nobody_off(
    night: Night, inquiry: Inquiry, seconds: float
) -> None:
    assert (await held(night, inquiry, seconds)).events == []
    await inquiry.passing(inquiry.questions.ask(inquiry.answering("found")))
    assert inquiry.asked == [(0.0, "token-0")]
