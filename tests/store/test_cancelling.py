"""Taking ranges out: which are meant, which can be, and what may go in their place."""

import pytest

from batchclip.job import State
from batchclip.store.base import Claim, Claims, Store
from batchclip.store.decisions import Cancel
from batchclip.store.selection import Selection, Wanted
from tests.support.tables import (
    AT,
    SLOW_DOWN,
    Table,
    asked,
    claim,
    claim_one,
    claims,
    ending,
    file,
    finish,
    in_doubt,
    intend,
    load,
    reopen,
    reports,
    spans,
    states,
    write,
)

OPEN = (State.PENDING, State.FAILED, State.REJECTED)
ENDED = (State.SUBMITTED, State.ALREADY_DONE, State.REJECTED, State.FAILED, State.IN_DOUBT)
IN_EACH = [*ENDED, State.SUBMITTING, State.PENDING]
HISTORY = "SELECT job_id, at, run_id, from_state, to_state, reason FROM history ORDER BY job_id"


@pytest.fixture
async def one_in_each(store: Store, run_id: int) -> None:
    """Ranges of files 0 to 6, in the order of `IN_EACH`."""
    await load(store, *(asked(number, 0, 10) for number in range(len(IN_EACH))))
    *ended, _ = await claim(store, run_id, len(ENDED) + 1)
    for claimed, end in zip(ended, ENDED, strict=True):
        assert await intend(store, claimed)
        await finish(store, claimed, end)


def cancelling(selection: Selection) -> Cancel:
    return Cancel(selection, "ann on archive says so", AT + 9)


async def cancel(store: Store, *chosen: State) -> int:
    return await write(store, cancelling(Selection(chosen)))


@pytest.mark.parametrize("state", OPEN)
async def test_what_is_open_is_cancelled_with_its_reason_in_the_history(
    store: Store, one_in_each: None, table: Table, state: State
) -> None:
    assert await cancel(store, state) == 1

    place = IN_EACH.index(state)
    report = (await reports(store))[place]
    assert (report.state, report.updated_at) == (State.CANCELLED, AT + 9)
    assert table.rows(HISTORY) == [
        (place + 1, AT + 9, None, state.value, "cancelled", "ann on archive says so")
    ]


@pytest.mark.parametrize("state", sorted(set(State) - set(OPEN)))
async def test_what_was_sent_or_may_have_been_is_never_cancelled(
    store: Store, one_in_each: None, table: Table, state: State
) -> None:
    before = await reports(store)

    assert await cancel(store, state) == 0

    assert await reports(store) == before
    assert table.rows(HISTORY) == []
    assert len(await store.left_claims()) == 1


async def test_of_all_states_only_the_open_ones_are_cancelled(
    store: Store, one_in_each: None, table: Table
) -> None:
    assert await cancel(store, *State) == 3

    assert await states(store) == [State.CANCELLED if state in OPEN else state for state in IN_EACH]
    assert len(table.rows(HISTORY)) == 3


async def test_no_state_is_no_range(store: Store, one_in_each: None) -> None:
    assert await cancel(store) == 0
    assert await states(store) == IN_EACH


@pytest.fixture
async def two_nights(store: Store) -> None:
    await load(store, asked(1, 0, 10), asked(2, 0, 10), manifest="monday.csv")
    await load(store, asked(1, 20, 30), asked(2, 20, 30), manifest="tuesday.csv")


@pytest.mark.parametrize(
    ("selection", "cancelled"),
    [
        (Selection(OPEN), [1, 2, 3, 4]),
        (Selection(OPEN, file_id=file(1)), [1, 3]),
        (Selection(OPEN, manifest="tuesday.csv"), [3, 4]),
        (Selection(OPEN, file_id=file(1), manifest="tuesday.csv"), [3]),
        (Selection(OPEN, file_id=file(9)), []),
        (Selection(OPEN, manifest="sunday.csv"), []),
        (Selection((State.FAILED,), file_id=file(1)), []),
    ],
)
async def test_a_selection_is_narrowed_by_everything_it_names(
    store: Store, two_nights: None, selection: Selection, cancelled: list[int]
) -> None:
    counts = await store.counts_of(selection)

    assert await write(store, cancelling(selection)) == len(cancelled)

    assert [report.job_id for report in await reports(store, [State.CANCELLED])] == cancelled
    assert counts == dict.fromkeys(State, 0) | {State.PENDING: len(cancelled)}


async def test_what_a_manifest_brought_is_counted_when_it_is_done_as_well(
    store: Store, two_nights: None, run_id: int
) -> None:
    for end in (State.SUBMITTED, State.ALREADY_DONE):
        await finish(store, await claim_one(store, run_id), end)

    counts = await store.counts_of(Selection(tuple(State), manifest="monday.csv"))

    assert counts == dict.fromkeys(State, 0) | {State.SUBMITTED: 1, State.ALREADY_DONE: 1}


async def test_a_manifest_that_was_loaded_twice_is_meant_as_a_whole(
    store: Store, two_nights: None
) -> None:
    await load(store, asked(3, 0, 10), manifest="monday.csv")

    assert await write(store, cancelling(Selection(OPEN, manifest="monday.csv"))) == 3


async def test_what_is_cancelled_is_not_claimed_and_its_files_next_range_is(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10), manifest="monday.csv")
    await load(store, asked(1, 20, 30), manifest="tuesday.csv")
    await write(store, cancelling(Selection(OPEN, manifest="monday.csv")))

    assert spans(await claim(store, run_id)) == [(1, 20)]


async def test_what_waits_is_cancelled_and_is_not_due_any_more(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    await finish(store, await claim_one(store, run_id), State.PENDING, SLOW_DOWN, due_at=AT + 500)

    assert await cancel(store, State.PENDING) == 1

    [life] = [each async for each in store.lives(Wanted(job_id=1))]
    assert life.due_at is None
    assert await claims(store, run_id, at=AT + 500) == Claims((), None)


async def test_what_is_taken_up_again_after_all_has_its_old_place(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30))
    await cancel(store, *OPEN)
    assert await claim(store, run_id) == []

    assert await reopen(store, State.CANCELLED) == 2

    assert spans(await claim(store, run_id)) == [(1, 0)]


async def test_loading_a_cancelled_range_again_leaves_it_cancelled(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10, title="old"))
    await cancel(store, *OPEN)

    assert (await load(store, asked(1, 0, 10, title="new"))).retitled == 0

    assert await states(store) == [State.CANCELLED]
    assert await claim(store, run_id) == []


async def test_a_range_on_the_wire_still_gets_its_answer_after_everything_was_cancelled(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10))
    claimed = await claim_one(store, run_id)
    await cancel(store, *State)

    assert await intend(store, claimed)
    assert await finish(store, claimed, State.SUBMITTED)


async def test_what_overlaps_a_doubt_stays_held_back_when_the_rest_is_cancelled(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 30), asked(1, 20, 40), manifest="monday.csv")
    await load(store, asked(1, 50, 60), manifest="tuesday.csv")
    await in_doubt(store, run_id)
    await write(store, cancelling(Selection(OPEN, manifest="tuesday.csv")))

    assert await claim(store, run_id) == []


async def test_a_group_that_cancels_and_claims_sends_nothing_of_what_it_cancels(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10))

    group = [Claim(run_id, AT, 9), cancelling(Selection(OPEN))]

    assert await store.commit(group) == [Claims((), None), 1]


async def test_a_group_that_fails_and_cancels_takes_what_failed_out_as_well(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10))
    failed = ending(await claim_one(store, run_id), State.FAILED)

    assert await store.commit([cancelling(Selection(OPEN)), failed]) == [1, True]
    assert await states(store) == [State.CANCELLED]
