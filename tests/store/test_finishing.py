"""Intents, claims given back, and outcomes: each counts once, and only for its own claim."""

from dataclasses import replace

import pytest

from batchclip.errors import TableError
from batchclip.job import LEGAL, State
from batchclip.outcome import Kind, Outcome
from batchclip.store.base import Claimed, Intend, PutBack, Store
from tests.support.tables import (
    AT,
    CREATED,
    REFUSED,
    SILENT,
    SLOW_DOWN,
    Table,
    asked,
    claim,
    claim_one,
    ending,
    finish,
    in_doubt,
    intend,
    load,
    reopen,
    reports,
    start_run,
    states,
    write,
)

ENDS = sorted(end for start, end in LEGAL if start is State.SUBMITTING)
SETTLED = sorted(end for start, end in LEGAL if start is State.IN_DOUBT and end in ENDS)
NOT_AN_END = sorted(set(State) - set(ENDS))


@pytest.fixture
async def claimed(store: Store, run_id: int) -> Claimed:
    await load(store, asked(1, 0, 10))
    return await claim_one(store, run_id)


def attempts(table: Table) -> list[tuple[object, ...]]:
    return table.rows(
        "SELECT generation, job_id, run_id, sent_at, took_ms, outcome, http_status, error_name, "
        "error FROM attempts ORDER BY generation"
    )


def everything(table: Table) -> list[list[tuple[object, ...]]]:
    return [
        table.rows(f"SELECT * FROM {name} ORDER BY 1")  # noqa: S608 -- names of tables
        for name in ("jobs", "claims", "attempts", "history", "runs", "sources", "manifests")
    ]


async def test_an_intent_is_on_the_record(store: Store, claimed: Claimed, table: Table) -> None:
    assert table.rows("SELECT sent_at FROM claims") == [(None,)]
    assert await intend(store, claimed, AT + 7)
    assert table.rows("SELECT sent_at FROM claims") == [(AT + 7,)]


async def test_there_is_no_intent_without_a_claim(store: Store, claimed: Claimed) -> None:
    await write(store, PutBack(claimed.generation, AT))

    assert not await intend(store, claimed)


async def test_an_intent_is_not_given_to_another_claim_of_the_same_range(
    store: Store, claimed: Claimed, run_id: int, table: Table
) -> None:
    await write(store, PutBack(claimed.generation, AT))
    await claim_one(store, run_id)

    assert not await intend(store, claimed)
    assert table.rows("SELECT sent_at FROM claims") == [(None,)]


async def test_intents_of_one_group_are_answered_each_for_itself(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    first, second = await claim(store, run_id)
    gone = Intend(second.generation + 99, AT)

    entries = [Intend(second.generation, AT + 2), gone, Intend(first.generation, AT + 1)]

    assert await store.commit(entries) == [True, False, True]
    assert [left.sent_at for left in await store.left_claims()] == [AT + 1, AT + 2]


async def test_an_intent_in_the_group_that_ends_its_claim_is_refused(
    store: Store, claimed: Claimed
) -> None:
    entries = [Intend(claimed.generation, AT), PutBack(claimed.generation, AT)]

    assert await store.commit(entries) == [False, None]


async def test_a_claim_that_is_put_back_leaves_no_trace(
    store: Store, claimed: Claimed, run_id: int, table: Table
) -> None:
    assert await intend(store, claimed)
    await write(store, PutBack(claimed.generation, AT + 3))

    [report] = await reports(store)
    assert (report.state, report.attempts, report.updated_at) == (State.PENDING, 0, AT + 3)
    assert attempts(table) == []
    again = await claim_one(store, run_id)
    assert again == replace(claimed, generation=again.generation)


async def test_putting_back_what_has_ended_changes_nothing(
    store: Store, claimed: Claimed, table: Table
) -> None:
    await finish(store, claimed, State.SUBMITTED)
    before = everything(table)

    await write(store, PutBack(claimed.generation, AT + 9))

    assert everything(table) == before


async def test_putting_back_an_old_claim_leaves_the_new_one(
    store: Store, claimed: Claimed, run_id: int
) -> None:
    await write(store, PutBack(claimed.generation, AT))
    again = await claim_one(store, run_id)
    await write(store, PutBack(claimed.generation, AT))

    assert await intend(store, again)
    assert await states(store) == [State.SUBMITTING]


@pytest.mark.parametrize("end", ENDS)
async def test_an_attempt_ends_in_every_legal_state(
    store: Store, claimed: Claimed, end: State, table: Table
) -> None:
    assert await finish(store, claimed, end)

    [report] = await reports(store)
    assert report.state is end
    assert report.attempts == 1
    assert report.project_id == "project-1"
    assert report.http_status == 201
    assert table.rows("SELECT count(*) FROM claims") == [(0,)]


@pytest.mark.parametrize("end", NOT_AN_END)
async def test_an_attempt_ends_in_no_other_state(
    store: Store, claimed: Claimed, end: State, table: Table
) -> None:
    before = everything(table)

    with pytest.raises(TableError, match="illegal transition"):
        await finish(store, claimed, end)

    assert everything(table) == before


async def test_an_attempt_is_on_the_record_with_all_that_is_known_of_it(
    store: Store, claimed: Claimed, run_id: int, table: Table
) -> None:
    await finish(store, claimed, State.REJECTED, REFUSED)

    assert attempts(table) == [
        (
            claimed.generation,
            claimed.job_id,
            run_id,
            AT + 1,
            250,
            "refused",
            404,
            "NotFound",
            "no such file",
        )
    ]
    [report] = await reports(store)
    assert (report.http_status, report.error_name, report.error) == (
        404,
        "NotFound",
        "no such file",
    )


async def test_every_attempt_has_a_row_of_its_own(
    store: Store, claimed: Claimed, run_id: int, table: Table
) -> None:
    await finish(store, claimed, State.PENDING, SLOW_DOWN)
    again = await claim_one(store, run_id)
    await finish(store, again, State.SUBMITTED)

    assert [row[0] for row in attempts(table)] == [claimed.generation, again.generation]
    [report] = await reports(store)
    assert report.attempts == 2


async def test_a_project_id_is_kept_when_a_later_answer_brings_none(
    store: Store, claimed: Claimed, run_id: int
) -> None:
    await finish(store, claimed, State.PENDING, CREATED)
    await finish(store, await claim_one(store, run_id), State.REJECTED, REFUSED)

    assert [report.project_id for report in await reports(store)] == ["project-1"]


async def test_a_later_project_id_takes_the_earlier_ones_place(
    store: Store, claimed: Claimed, run_id: int
) -> None:
    await finish(store, claimed, State.PENDING, CREATED)
    later = Outcome(Kind.CREATED, project_id="project-2")
    await finish(store, await claim_one(store, run_id), State.SUBMITTED, later)

    assert [report.project_id for report in await reports(store)] == ["project-2"]


async def test_tries_are_counted_in_their_own_run(store: Store, claimed: Claimed) -> None:
    run_id = claimed.run_id
    await finish(store, claimed, State.PENDING, SILENT)
    second = await claim_one(store, run_id)
    await finish(store, second, State.PENDING, SLOW_DOWN, uses_attempt=False)
    third = await claim_one(store, run_id)
    await finish(store, third, State.PENDING, SILENT)
    other = await claim_one(store, await start_run(store))
    await finish(store, other, State.PENDING, SILENT)
    last = await claim_one(store, other.run_id)

    assert [claimed.tries, second.tries, third.tries, other.tries, last.tries] == [0, 1, 1, 0, 1]


async def test_answers_come_in_the_order_of_their_entries(store: Store, run_id: int) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(3)))
    first, second, third = await claim(store, run_id)
    await write(store, PutBack(second.generation, AT))
    entries = [ending(each, State.SUBMITTED) for each in (third, second, first)]

    assert await store.commit(entries) == [True, False, True]
    assert await states(store) == [State.SUBMITTED, State.PENDING, State.SUBMITTED]


@pytest.mark.parametrize("end", sorted(set(ENDS) - {State.IN_DOUBT}))
@pytest.mark.parametrize("again", ENDS)
async def test_finishing_twice_changes_nothing_the_second_time(
    store: Store, claimed: Claimed, table: Table, end: State, again: State
) -> None:
    assert await finish(store, claimed, end)
    before = everything(table)

    assert not await finish(store, claimed, again, REFUSED)
    assert everything(table) == before


@pytest.mark.parametrize("end", sorted(set(ENDS) - {State.IN_DOUBT}))
async def test_finishing_twice_in_one_group_counts_the_first(
    store: Store, claimed: Claimed, table: Table, end: State
) -> None:
    twice = [ending(claimed, end), ending(claimed, State.REJECTED, REFUSED)]

    assert await store.commit(twice) == [True, False]
    assert await states(store) == [end]
    assert [row[5] for row in attempts(table)] == ["created"]


async def test_a_doubt_and_its_late_answer_in_one_group_both_count(
    store: Store, claimed: Claimed
) -> None:
    both = [ending(claimed, State.IN_DOUBT, SILENT), ending(claimed, State.SUBMITTED)]

    assert await store.commit(both) == [True, True]
    [report] = await reports(store)
    assert (report.state, report.attempts, report.project_id) == (State.SUBMITTED, 1, "project-1")


@pytest.mark.parametrize("end", ENDS)
async def test_an_old_answer_leaves_the_claim_that_another_run_has_made_since(
    store: Store, claimed: Claimed, table: Table, end: State
) -> None:
    await write(store, PutBack(claimed.generation, AT))
    again = await claim_one(store, await start_run(store))
    assert await intend(store, again)
    before = everything(table)

    assert not await finish(store, claimed, end)
    assert everything(table) == before
    assert await finish(store, again, State.SUBMITTED)


async def test_an_old_answer_beside_the_new_claims_own_counts_for_nothing(
    store: Store, claimed: Claimed, run_id: int, table: Table
) -> None:
    await write(store, PutBack(claimed.generation, AT))
    again = await claim_one(store, run_id)
    entries = [ending(claimed, State.REJECTED, REFUSED), ending(again, State.SUBMITTED)]

    assert await store.commit(entries) == [False, True]
    assert await states(store) == [State.SUBMITTED]
    assert [row[0] for row in attempts(table)] == [again.generation]


@pytest.mark.parametrize("end", SETTLED)
async def test_a_late_answer_settles_the_doubt_of_its_own_claim(
    store: Store, run_id: int, table: Table, end: State
) -> None:
    await load(store, asked(1, 0, 10))
    doubted = await in_doubt(store, run_id)

    assert await finish(store, doubted, end)

    [report] = await reports(store)
    assert (report.state, report.attempts, report.project_id) == (end, 1, "project-1")
    assert [row[:6] for row in attempts(table)] == [
        (doubted.generation, doubted.job_id, run_id, AT + 1, 250, "created")
    ]


async def test_a_late_answer_uses_up_no_second_try(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    doubted = await in_doubt(store, run_id)
    assert await finish(store, doubted, State.PENDING, SILENT)

    assert (await claim_one(store, run_id)).tries == 1


async def test_a_late_answer_that_knows_no_more_changes_nothing(
    store: Store, run_id: int, table: Table
) -> None:
    await load(store, asked(1, 0, 10))
    doubted = await in_doubt(store, run_id)
    before = everything(table)

    assert not await finish(store, doubted, State.IN_DOUBT, SILENT)
    assert everything(table) == before


@pytest.mark.parametrize("end", ENDS)
async def test_an_answer_does_not_settle_the_doubt_of_a_later_claim(
    store: Store, claimed: Claimed, run_id: int, table: Table, end: State
) -> None:
    await write(store, PutBack(claimed.generation, AT))
    await in_doubt(store, run_id)
    before = everything(table)

    assert not await finish(store, claimed, end)
    assert everything(table) == before


@pytest.mark.parametrize("end", SETTLED)
async def test_a_late_answer_comes_too_late_once_a_person_has_spoken(
    store: Store, run_id: int, table: Table, end: State
) -> None:
    await load(store, asked(1, 0, 10))
    doubted = await in_doubt(store, run_id)
    await reopen(store, State.IN_DOUBT)
    before = everything(table)

    assert not await finish(store, doubted, end)
    assert everything(table) == before


async def test_a_late_answer_leaves_the_claim_that_followed_a_persons_word(
    store: Store, run_id: int, table: Table
) -> None:
    await load(store, asked(1, 0, 10))
    doubted = await in_doubt(store, run_id)
    await reopen(store, State.IN_DOUBT)
    again = await claim_one(store, run_id)
    assert await intend(store, again)
    before = everything(table)

    assert not await finish(store, doubted, State.SUBMITTED)
    assert everything(table) == before


async def test_late_answers_of_one_group_settle_each_its_own(store: Store, run_id: int) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(3)))
    doubts = [await in_doubt(store, run_id) for _ in range(3)]
    await finish(store, doubts[1], State.REJECTED, REFUSED)
    entries = [ending(each, State.SUBMITTED) for each in reversed(doubts)]

    assert await store.commit(entries) == [True, False, True]
    assert await states(store) == [State.SUBMITTED, State.REJECTED, State.SUBMITTED]
