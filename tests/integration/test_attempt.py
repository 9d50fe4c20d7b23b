"""One attempt: what is on the record before it leaves, and what keeps it from leaving."""

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from batchclip.errors import ApiUnavailable, BatchclipError, PersonNeeded
from batchclip.events import AttemptEnded, AttemptStarted
from batchclip.job import Range
from batchclip.outcome import WITHHELD, Kind, Outcome
from batchclip.store.base import Intend, PutBack, Write
from tests.support.runs import BROKEN, CREATED, LOST, SLOW, UNAUTHORIZED, Night, part, whole


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    async with Night(tmp_path / "table.db") as opened:
        yield opened


def change(night: Night, *statements: str) -> None:
    """Change the table behind the run's back, as another machine would."""
    with closing(sqlite3.connect(night.path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def sent_at(night: Night, number: int) -> list[float]:
    """When this file's requests left, in seconds of the run."""
    return [at - 1000.0 for at, asked in night.client.sent if asked.file_id.int == number]


async def test_when_a_request_leaves_another_process_sees_its_intent(night: Night) -> None:
    await night.load(*(part(number) for number in range(20)))
    seen: list[object] = []

    def script(asked: Range, _: int) -> Outcome:
        seen.extend(
            night.look(
                "SELECT sent_at, state FROM claims JOIN jobs ON jobs.id = claims.job_id "
                "JOIN sources ON sources.id = jobs.source_id WHERE file_id = ?",
                asked.file_id.bytes,
            )
        )
        return CREATED

    night.client.script = script
    assert (await night.run()).exit_code == 0
    assert seen == [(1_700_000_000_000, "submitting")] * 20


@pytest.mark.parametrize("draw", [0.0, 0.5, 1.0])
async def test_a_back_off_doubles_up_to_five_minutes_and_is_drawn(
    night: Night, draw: float
) -> None:
    await night.load(part(1))
    night.client.script = lambda *_: BROKEN
    end = await night.run(workers=1, max_attempts=12, draw=draw, give_up_after=math.inf)
    assert (end.exit_code, await night.states()) == (1, {"failed": 1})
    gaps = [later - earlier for earlier, later in pairwise(sent_at(night, 1))]
    longest = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert gaps == pytest.approx([draw * seconds for seconds in longest], abs=0.002)


async def test_what_is_backed_off_waits_in_the_table_and_in_no_worker(night: Night) -> None:
    await night.load(part(1), part(2))
    waiting: list[object] = []

    def script(asked: Range, times: int) -> Outcome:
        if asked.file_id.int == 2:
            waiting.extend(night.look("SELECT state, due_at, tries FROM jobs WHERE id = 1"))
            waiting.extend(night.look("SELECT job_id FROM claims"))
        return BROKEN if asked.file_id.int == times == 1 else CREATED

    night.client.script = script
    assert (await night.run(workers=1)).exit_code == 0
    assert waiting == [("pending", 1_700_000_001_000, 1), (2,)]
    assert [asked.file_id.int for _, asked in night.client.sent] == [1, 2, 1]


@pytest.mark.parametrize("outcome", [SLOW, UNAUTHORIZED])
async def test_what_uses_no_attempt_is_on_the_record_all_the_same(
    night: Night, outcome: Outcome
) -> None:
    await night.load(part(1))
    night.client.script = lambda _, times: outcome if times == 1 else CREATED
    assert (await night.run(max_attempts=1)).exit_code == 0
    assert await night.rows("SELECT attempts, tries FROM jobs") == [(2, 1)]
    assert await night.rows("SELECT outcome FROM attempts") == [(outcome.kind,), ("created",)]


async def test_a_hold_off_between_leave_and_intent_keeps_the_request_here(night: Night) -> None:
    await night.load(part(1), part(2))
    answer, put_back = asyncio.Event(), []

    async def ask_for_patience() -> Outcome:
        await answer.wait()
        return SLOW

    async def meanwhile(writes: Sequence[Write[object]]) -> None:
        put_back.extend([write for write in writes if isinstance(write, PutBack)])
        if sent_at(night, 1) and any(isinstance(write, Intend) for write in writes):
            answer.set()
            for _ in range(50):
                await asyncio.sleep(0)

    night.client.script = lambda asked, times: (
        ask_for_patience() if asked.file_id.int == times == 1 else CREATED
    )
    night.store.before = meanwhile
    assert (await night.run(workers=2, rate=1.0)).exit_code == 0
    assert len(put_back) == 1
    assert len(sent_at(night, 2)) == 1
    assert min(sent_at(night, 2)) >= 8.0
    assert await night.rows("SELECT attempts FROM jobs ORDER BY id") == [(2,), (1,)]


async def test_a_claim_that_is_ours_no_more_sends_nothing(night: Night) -> None:
    await night.load(part(1))

    async def lose_it(writes: Sequence[Write[object]]) -> None:
        if any(isinstance(write, Intend) for write in writes):
            change(night, "DELETE FROM claims", "UPDATE jobs SET state = 'in_doubt'")

    night.store.before = lose_it
    assert (await night.run(rate=1.0)).exit_code == 1
    assert (night.client.sent, await night.states()) == ([], {"in_doubt": 1})


@pytest.mark.parametrize(
    ("meanwhile", "state", "counted"),
    [
        ("UPDATE jobs SET state = 'in_doubt'", "submitted", 1),
        ("UPDATE jobs SET state = 'pending'", "pending", 0),
    ],
)
async def test_a_late_answer_settles_its_own_doubt_and_nothing_else(
    night: Night, meanwhile: str, state: str, counted: int
) -> None:
    await night.load(part(1))

    def script(*_: object) -> Outcome:
        change(
            night,
            "UPDATE jobs SET generation = (SELECT generation FROM claims)",
            "DELETE FROM claims",
            meanwhile,
        )
        return CREATED

    night.client.script = script
    await night.run()
    assert (await night.states(), len(night.client.sent)) == ({state: 1}, 1)
    heard = [type(event) for event in night.listener.events]
    assert (heard.count(AttemptStarted), heard.count(AttemptEnded)) == (1, counted)


@pytest.mark.parametrize("place", [1, 2])
async def test_a_token_that_cannot_be_had_just_now_uses_an_attempt_and_no_request(
    night: Night, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await night.load(part(1))
    calls: list[int] = []

    async def token() -> str:
        calls.append(1)
        if len(calls) == place:
            raise ApiUnavailable("not just now")
        return "token"

    monkeypatch.setattr(night.auth, "token", token)
    # With a rate nothing is prepared: a token is asked for before its intent is set, and after.
    assert (await night.run(rate=1000.0)).exit_code == 0
    assert sent_at(night, 1) == [1.0]
    rows = await night.rows("SELECT outcome, took_ms, error_name, error FROM attempts")
    assert rows == [
        ("never_left", None, "TokenRefresh", "not just now"),
        ("created", 0, None, None),
    ]


async def test_without_a_token_what_is_on_the_wire_is_still_waited_for(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    await night.load(*(part(number) for number in range(20)))
    night.client.takes = 5.0

    async def token() -> str:
        if len(night.client.sent) == 4:
            raise PersonNeeded("log in again")
        return "token"

    monkeypatch.setattr(night.auth, "token", token)
    end = await night.run(workers=8)
    assert (end.exit_code, end.sentence) == (4, "log in again")
    assert await night.states() == {"submitted": 4, "pending": 16}


async def test_each_token_is_refused_for_everybody_once(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    await night.load(*(part(number) for number in range(40)))
    night.client.takes = 1.0
    tokens: list[str] = []
    create = night.client.create_project

    async def create_project(asked: Range, token: str, may_leave: Callable[[], bool]) -> Outcome:
        tokens.append(token)
        outcome = await create(asked, token, may_leave)
        return UNAUTHORIZED if token == "token-0" else outcome  # noqa: S105 -- made up

    monkeypatch.setattr(night.client, "create_project", create_project)
    assert (await night.run(workers=8, max_attempts=1)).exit_code == 0
    assert night.auth.refused == ["token-0"]
    assert tokens == ["token-0"] * 4 + ["token-1"] * 40


@pytest.mark.parametrize("error", [PersonNeeded("log in"), ApiUnavailable("not now")])
async def test_what_the_intent_was_for_never_leaves_without_a_token(
    night: Night, error: BatchclipError
) -> None:
    await night.load(part(1), whole(2), whole(3, force=True))
    night.auth.errors = [error] * 1000
    await night.run()
    assert night.client.sent == []
    assert await night.rows("SELECT * FROM claims") == []
    assert "in_doubt" not in await night.states()


async def test_a_lost_answer_of_a_whole_video_is_asked_again_and_of_a_part_never(
    night: Night,
) -> None:
    await night.load(whole(1), part(2))
    night.client.script = lambda _, times: LOST if times == 1 else Outcome(Kind.ALREADY_DONE, 409)
    assert (await night.run()).exit_code == 1
    assert (sent_at(night, 1), sent_at(night, 2)) == ([0.0, 1.0], [0.0])
    assert await night.states() == {"already_done": 1, "in_doubt": 1}


async def test_what_was_held_back_at_the_last_moment_uses_no_attempt(night: Night) -> None:
    await night.load(part(1), part(2))

    def withheld(asked: Range, times: int) -> Outcome:
        return (
            Outcome(Kind.NEVER_LEFT, error_name=WITHHELD)
            if asked == part(1) and times == 1
            else CREATED
        )

    night.client.script = withheld
    assert (await night.run(max_attempts=1)).exit_code == 0
    assert night.client.times(part(1)) == 2
    assert night.look("SELECT count(*) FROM attempts") == [(2,)]
