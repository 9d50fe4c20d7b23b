"""What stops a run, what is still recorded then, and what a run that died leaves to the next."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from batchclip.errors import ApiUnavailable, PersonNeeded, TableError
from batchclip.job import Range
from batchclip.notation import FailureLimit
from batchclip.outcome import Kind, Outcome
from batchclip.runner.halts import interrupted
from batchclip.runner.recovery import Found, recovery_of
from batchclip.store.base import Claim, Intend, LeftClaim, StartRun, Write
from batchclip.store.sqlite import intends_to_send
from tests.support.runs import BROKEN, CREATED, LOST, REFUSED, UNAUTHORIZED, Night, part, whole

USAGE = Outcome(Kind.USAGE_LIMIT, http_status=403)
FULL = TableError("the disk is full")


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    async with Night(tmp_path / "table.db") as opened:
        yield opened


def parts(count: int) -> list[Range]:
    return [part(number) for number in range(count)]


@pytest.mark.parametrize("rate", [None, 1.0], ids=["with the claim", "by itself"])
async def test_a_stop_between_leave_and_intent_keeps_the_request_here(
    night: Night, rate: float | None
) -> None:
    await night.load(part(1))

    def stop_at_the_intent(writes: Sequence[Write[object]]) -> None:
        if any(intends_to_send(write) for write in writes):
            night.halts.stop(interrupted("SIGTERM", 15))

    night.store.fails = stop_at_the_intent
    assert (await night.run(rate=rate)).exit_code == 143
    assert night.client.sent == []
    assert await night.states() == {"pending": 1}
    assert await night.rows("SELECT * FROM claims") == []


async def test_a_401_is_refreshed_once_and_uses_no_attempt(night: Night) -> None:
    await night.load(*parts(20))
    night.client.script = lambda _, times: (
        UNAUTHORIZED if not night.auth.refused or times == 0 else CREATED
    )
    assert (await night.run(max_attempts=1)).exit_code == 0
    assert len(night.auth.refused) == 1
    assert await night.states() == {"submitted": 20}


async def test_a_401_of_a_token_that_was_replaced_meanwhile_is_no_second_one(
    night: Night,
) -> None:
    await night.load(part(1))

    def refused_twice(_: Range, times: int) -> Outcome:
        if times == 2:
            # Another range's 401 has had this one's token replaced while it was on the wire.
            night.auth.refuse(f"token-{len(night.auth.refused)}")
        return UNAUTHORIZED if times < 3 else CREATED

    night.client.script = refused_twice
    assert (await night.run()).exit_code == 0
    assert await night.states() == {"submitted": 1}


async def test_a_fixed_token_has_no_second_try(night: Night) -> None:
    await night.load(part(1))
    night.auth.renewable = False
    night.client.script = lambda *_: UNAUTHORIZED
    assert (await night.run()).exit_code == 4
    assert len(night.client.sent) == 1


@pytest.mark.parametrize("place", [0, 1])
async def test_no_token_to_be_had(
    night: Night, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await night.load(part(1))
    good: list[None] = [None] * place
    night.auth.errors = [PersonNeeded("log in again")]

    async def token() -> str:
        if good:
            good.pop()
            return "token"
        raise night.auth.errors[0]

    monkeypatch.setattr(night.auth, "token", token)
    end = await night.run()
    assert (end.exit_code, end.sentence) == (4, "log in again")
    assert (await night.states(), night.client.sent) == ({"pending": 1}, [])
    assert await night.rows("SELECT * FROM claims") == []


async def test_a_token_that_cannot_be_had_just_now_is_waited_for(night: Night) -> None:
    await night.load(part(1))
    night.auth.errors = [ApiUnavailable("not just now")]
    assert (await night.run()).exit_code == 0
    assert [row[0] for row in await night.rows("SELECT outcome FROM attempts")] == [
        "never_left",
        "created",
    ]


async def test_an_api_that_is_down_is_probed_and_comes_back(night: Night) -> None:
    await night.load(*parts(60))
    night.client.script = lambda *_: CREATED if night.clock.monotonic() > 1100 else BROKEN
    assert (await night.run(workers=16, max_attempts=6)).exit_code == 0
    looks = [at for at, _ in night.client.sent if 1010 < at < 1100]
    gaps = [later - earlier for earlier, later in pairwise(looks)]
    assert gaps == sorted(gaps)
    assert len(looks) < 8
    assert await night.states() == {"submitted": 60}


async def test_an_api_that_stays_down_ends_the_run(night: Night) -> None:
    await night.load(*parts(60))
    night.client.script = lambda *_: BROKEN
    end = await night.run(workers=16, give_up_after=300.0)
    assert end.exit_code == 5
    assert night.clock.monotonic() == pytest.approx(1300, abs=61)
    assert await night.states() == {"pending": 60}


@pytest.mark.parametrize("limit", [0, 1, 7])
async def test_the_budget_is_never_passed(night: Night, limit: int) -> None:
    await night.load(*parts(50))
    night.client.takes = 1.0
    night.client.script = lambda asked, _: LOST if asked.file_id.int % 3 == 0 else CREATED
    assert (await night.run(workers=50, budget=limit)).exit_code == 3
    assert len(night.client.sent) == limit


async def test_refusals_do_not_count_against_the_budget(night: Night) -> None:
    await night.load(*parts(9))
    night.client.script = lambda asked, _: REFUSED if asked.file_id.int < 7 else CREATED
    assert (await night.run(budget=2)).exit_code == 1
    assert await night.states() == {"rejected": 7, "submitted": 2}


async def test_the_deadline_lets_what_is_on_the_wire_end(night: Night) -> None:
    await night.load(*parts(50))
    night.client.takes = 10.0
    end = await night.run(deadline=night.clock.now() + 25.0)
    assert end.exit_code == 3
    assert max(at for at, _ in night.client.sent) < 1025
    states = await night.states()
    assert states == {"submitted": len(night.client.sent), "pending": 50 - len(night.client.sent)}


async def test_a_hold_off_past_the_deadline_ends_the_run_at_once(night: Night) -> None:
    await night.load(*parts(5))
    night.client.script = lambda *_: Outcome(Kind.SLOW_DOWN, http_status=429, hold_off=3600.0)
    end = await night.run(deadline=night.clock.now() + 600.0)
    assert end.exit_code == 3
    assert night.clock.monotonic() < 1600


async def test_a_hold_off_outlives_the_run_that_was_asked_for_it(night: Night) -> None:
    await night.load(*parts(5))

    def slow_down_and_die(*_: object) -> Outcome:
        night.halts.stop(interrupted("SIGTERM", 15))
        return Outcome(Kind.SLOW_DOWN, http_status=429, hold_off=100.0)

    night.client.script = slow_down_and_die
    assert (await night.run(workers=1)).exit_code == 143
    asked_at = night.clock.monotonic()
    night.client.sent.clear()
    night.client.script = lambda *_: CREATED
    await night.clock.advance(40.0)
    assert (await night.run(deadline=night.clock.now() + 30.0)).exit_code == 3
    assert night.client.sent == []
    assert (await night.run()).exit_code == 0
    assert min(at for at, _ in night.client.sent) == pytest.approx(asked_at + 100.0, abs=0.01)


async def test_a_hold_off_that_was_too_long_is_so_for_the_next_run_too(night: Night) -> None:
    await night.load(part(1))
    night.client.script = lambda *_: Outcome(Kind.SLOW_DOWN, http_status=429, hold_off=100_000.0)
    first, second = await night.run(), await night.run()
    assert (first.exit_code, second.exit_code) == (3, 3)
    assert "asks to wait 100000 s" in second.sentence
    assert len(night.client.sent) == 1


async def test_a_hold_off_beside_a_stop_binds_nobody(night: Night) -> None:
    await night.load(part(1))
    night.client.script = lambda _, times: (
        replace(USAGE, hold_off=3600.0) if times == 1 else CREATED
    )
    assert (await night.run()).exit_code == 3
    stopped_at = night.clock.monotonic()
    assert (await night.run()).exit_code == 0
    assert night.client.sent[-1][0] == stopped_at


async def test_an_api_that_is_down_may_still_ask_for_too_much_patience(night: Night) -> None:
    await night.load(*parts(60))
    patience = Outcome(Kind.SLOW_DOWN, http_status=503, hold_off=100_000.0)
    night.client.script = lambda *_: patience if night.clock.monotonic() > 1020 else BROKEN
    assert (await night.run(workers=16)).exit_code == 3
    assert night.clock.monotonic() < 1100


async def test_a_token_endpoint_that_asks_for_patience_gets_it(night: Night) -> None:
    await night.load(part(1))
    night.auth.errors = [ApiUnavailable("not now", 429, 30.0) for _ in range(3)]
    assert (await night.run(max_attempts=1)).exit_code == 0
    assert night.client.sent[0][0] == 1090.0
    assert await night.states() == {"submitted": 1}


@pytest.mark.parametrize(
    ("allowed", "rejected"), [(FailureLimit(count=2), 3), (FailureLimit(percent=10), 6)]
)
async def test_too_many_refusals(night: Night, allowed: FailureLimit, rejected: int) -> None:
    await night.load(*parts(50))
    night.client.script = lambda *_: REFUSED
    end = await night.run(workers=1, max_failed=allowed)
    assert (end.exit_code, len(night.client.sent)) == (3, rejected)


@pytest.mark.parametrize(
    ("asked", "sent_at", "state"),
    [
        (part(1), None, "pending"),
        (whole(1), None, "pending"),
        (whole(1), 5, "pending"),
        (whole(1, force=True), 5, "in_doubt"),
        (part(1), 5, "in_doubt"),
    ],
)
async def test_what_a_dead_run_leaves(
    night: Night, asked: Range, sent_at: int | None, state: str
) -> None:
    await night.load(asked)
    await die_with_a_claim(night, sent_at)
    entry = recovery_of((await night.store.left_claims())[0], Found(at=9))
    await night.store.commit([entry])
    assert await night.states() == {state: 1}
    attempts = await night.rows("SELECT sent_at, error_name FROM attempts")
    assert attempts == ([] if sent_at is None else [(5, "ProcessDied")])


async def die_with_a_claim(night: Night, sent_at: int | None) -> None:
    run_id = (await night.store.commit([StartRun(0, 1, "host")]))[0]
    assert isinstance(run_id, int)
    await night.store.commit([Claim(run_id, 0, 1)])
    left: list[LeftClaim] = await night.store.left_claims()
    if sent_at is not None:
        await night.store.commit([Intend(left[0].claimed.generation, sent_at)])
