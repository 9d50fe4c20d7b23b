"""Runs: how they begin and end, what a dead one leaves, and what is taken up again."""

from dataclasses import replace

import pytest

from batchclip.job import State
from batchclip.store.base import EndRun, LeftClaim, Reopen, StartRun, Store
from batchclip.store.reports import RunReport
from tests.support.tables import (
    AT,
    REFUSED,
    SILENT,
    SLOW_DOWN,
    Table,
    asked,
    claim,
    claim_one,
    claims,
    ending,
    finish,
    in_doubt,
    intend,
    load,
    reopen,
    spans,
    start_run,
    states,
    write,
)

TAKEN_UP = (State.FAILED, State.REJECTED, State.IN_DOUBT)


async def test_there_is_no_last_run_before_the_first(store: Store) -> None:
    assert await store.last_run() is None


async def test_a_run_that_goes_on_has_no_end(store: Store, run_id: int) -> None:
    assert await store.last_run() == RunReport(run_id, AT, None, 4321, "archive", None, None)


async def test_how_a_run_ended_is_on_the_record(store: Store, run_id: int) -> None:
    await write(store, EndRun(run_id, AT + 60_000, 3, "the deadline has come"))

    assert await store.last_run() == RunReport(
        run_id, AT, AT + 60_000, 4321, "archive", 3, "the deadline has come"
    )


async def test_the_end_of_one_run_leaves_the_next_alone(store: Store, run_id: int) -> None:
    later = await start_run(store, AT + 1)
    await write(store, EndRun(run_id, AT + 2, 0, "finished"))

    last = await store.last_run()
    assert last is not None
    assert (last.run_id, last.ended_at) == (later, None)


async def test_a_new_run_wakes_what_an_earlier_one_backed_off(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30), asked(2, 0, 10))
    for claimed in await claim(store, run_id):
        await finish(store, claimed, State.PENDING, SLOW_DOWN, due_at=AT + 9_000_000)

    later = await start_run(store)

    assert spans(await claim(store, later)) == [(1, 0), (2, 0)]
    assert (await claims(store, later)).next_due is None


async def test_a_run_that_died_leaves_its_claims(store: Store, run_id: int, table: Table) -> None:
    await load(store, *(asked(number, 0, 10, title=f"clip {number}") for number in (1, 2, 3)))
    sent, unsent, finished = await claim(store, run_id)
    assert await intend(store, sent, AT + 7)
    await finish(store, finished, State.SUBMITTED)
    await store.close()

    left = await (await table.open()).left_claims()

    assert left == [LeftClaim(sent, AT + 7), LeftClaim(unsent, None)]


async def test_a_left_claim_says_how_often_its_run_had_tried(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    await finish(store, await claim_one(store, run_id), State.PENDING, SILENT)
    claimed = await claim_one(store, run_id)

    assert await store.left_claims() == [LeftClaim(claimed, None)]
    assert claimed.tries == 1


async def test_nothing_is_left_where_nothing_was_claimed(store: Store) -> None:
    await load(store, asked(1, 0, 10))

    assert await store.left_claims() == []


async def ended_in_each(store: Store, run_id: int) -> None:
    """Four ranges of four files: failed, rejected, in doubt and submitted."""
    await load(store, *(asked(number, 0, 10) for number in range(4)))
    for claimed, end in zip(await claim(store, run_id), (*TAKEN_UP, State.SUBMITTED), strict=True):
        assert await intend(store, claimed)
        await finish(store, claimed, end, REFUSED, due_at=AT + 9_000_000)


@pytest.mark.parametrize("state", TAKEN_UP)
async def test_what_is_reopened_is_pending_at_once(store: Store, run_id: int, state: State) -> None:
    await ended_in_each(store, run_id)

    assert await reopen(store, state) == 1

    counts = await store.counts()
    assert counts[State.PENDING] == 1
    assert counts[state] == 0
    assert spans(await claim(store, run_id)) == [(TAKEN_UP.index(state), 0)]


async def test_several_states_are_reopened_together(store: Store, run_id: int) -> None:
    await ended_in_each(store, run_id)

    assert await reopen(store, *TAKEN_UP, State.FAILED) == 3
    assert spans(await claim(store, run_id)) == [(0, 0), (1, 0), (2, 0)]


@pytest.mark.parametrize(
    "state", [State.PENDING, State.SUBMITTING, State.SUBMITTED, State.ALREADY_DONE]
)
async def test_what_is_not_over_or_is_done_is_never_reopened(
    store: Store, run_id: int, state: State, table: Table
) -> None:
    await ended_in_each(store, run_id)
    await load(store, asked(8, 0, 10), asked(9, 0, 10), asked(9, 20, 30))
    await finish(store, await claim_one(store, run_id), State.ALREADY_DONE)
    await claim(store, run_id)
    before = await states(store)

    assert await reopen(store, state) == 0
    assert await states(store) == before
    assert table.rows("SELECT count(*) FROM history") == [(0,)]


async def test_reopening_is_in_the_ranges_history(store: Store, run_id: int, table: Table) -> None:
    await ended_in_each(store, run_id)
    await write(store, Reopen((State.REJECTED,), AT + 5, "a new run tries again", run_id))

    assert table.rows("SELECT job_id, at, run_id, from_state, to_state, reason FROM history") == [
        (2, AT + 5, run_id, "rejected", "pending", "a new run tries again")
    ]


async def test_reopening_keeps_the_number_of_attempts(store: Store, run_id: int) -> None:
    await ended_in_each(store, run_id)
    await reopen(store, State.FAILED)

    assert [report.attempts async for report in store.ranges((State.PENDING,))] == [1]


async def test_what_is_reopened_waits_for_its_files_claim(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30))
    await finish(store, await claim_one(store, run_id), State.FAILED, SILENT)
    second = await claim_one(store, run_id)
    await reopen(store, State.FAILED)

    assert await claim(store, run_id) == []
    await finish(store, second, State.SUBMITTED)
    assert spans(await claim(store, run_id)) == [(1, 0)]


async def test_what_is_reopened_is_held_back_by_what_is_still_in_doubt(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 30), asked(1, 20, 40))
    await finish(store, await claim_one(store, run_id), State.FAILED, SILENT)
    await in_doubt(store, run_id)
    await reopen(store, State.FAILED)

    assert await claim(store, run_id) == []


async def slowed_down(store: Store, run_id: int, *held: int | None) -> None:
    """End one attempt for each of these, all in one group."""
    await load(store, *(asked(number, 0, 10) for number in range(len(held))))
    claimed = await claim(store, run_id, len(held))
    ends = (ending(each, State.PENDING, SLOW_DOWN) for each in claimed)
    await store.commit(
        [replace(end, held_until=until) for end, until in zip(ends, held, strict=True)]
    )


async def test_nobody_holds_off_unless_asked_to(store: Store, run_id: int) -> None:
    assert await store.held_for(AT, 0, None) == 0
    await slowed_down(store, run_id, None, None)

    assert await store.held_for(AT, 0, None) == 0


async def test_the_next_run_knows_for_how_long_the_last_was_asked_to_hold_off(
    store: Store, run_id: int, table: Table
) -> None:
    await slowed_down(store, run_id, AT + 100, AT + 900, None, AT + 300)
    await store.close()
    store = await table.open()
    await start_run(store)

    assert await store.held_for(AT + 200, 0, None) == 700
    assert await store.held_for(AT + 1_000, 0, None) <= 0


async def test_an_earlier_moment_does_not_shorten_a_hold_off(store: Store, run_id: int) -> None:
    await slowed_down(store, run_id, AT + 900)
    await slowed_down(store, run_id, AT + 300)

    assert await store.held_for(AT, 0, None) == 900


async def test_a_clock_that_was_set_back_does_not_make_a_hold_off_longer(
    store: Store, run_id: int
) -> None:
    await slowed_down(store, run_id, AT + 900)

    assert await store.held_for(AT - 3_600_000, 0, None) == 900


@pytest.mark.parametrize("set_by", [-3_600_000, 0, 3_600_000])
async def test_since_the_machines_start_the_clock_may_be_set_and_changes_nothing(
    store: Store, set_by: int
) -> None:
    run_id = await write(store, StartRun(AT, 1, "archive", uptime=5_000, boot="this start"))
    await slowed_down(store, run_id, AT + 900)

    assert await store.held_for(AT + set_by, 5_200, "this start") == 700
    assert await store.held_for(AT + set_by, 5_900, "this start") == 0
    assert await store.held_for(AT + 100, 5_200, "another start") == 800
