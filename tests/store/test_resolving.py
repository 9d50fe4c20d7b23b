"""A person's word on a range in doubt counts while it is in doubt, and is kept."""

import pytest

from batchclip.errors import TableError
from batchclip.job import LEGAL, State
from batchclip.store.base import Claimed, Store
from batchclip.store.decisions import Resolve
from tests.support.tables import (
    AT,
    Table,
    asked,
    claim,
    claim_one,
    finish,
    in_doubt,
    load,
    reports,
    spans,
    states,
    write,
)

SETTLED = sorted(end for start, end in LEGAL if start is State.IN_DOUBT)
NEVER = sorted(set(State) - set(SETTLED))
HISTORY = "SELECT job_id, at, run_id, from_state, to_state, reason FROM history"


@pytest.fixture
async def doubted(store: Store, run_id: int) -> Claimed:
    """In doubt, and beside it a range that overlaps it and one of another file."""
    await load(store, asked(1, 0, 30), asked(1, 20, 40), asked(2, 0, 10))
    return await in_doubt(store, run_id)


def word(about: Claimed, state: State) -> Resolve:
    return Resolve(about.job_id, about.generation, state, "ann on archive says so", AT + 9)


@pytest.mark.parametrize("state", SETTLED)
async def test_a_persons_word_moves_a_doubt_with_its_reason_in_the_history(
    store: Store, doubted: Claimed, table: Table, state: State
) -> None:
    assert await write(store, word(doubted, state))

    assert (await states(store))[0] is state
    assert table.rows(HISTORY) == [
        (1, AT + 9, None, "in_doubt", state.value, "ann on archive says so")
    ]
    assert table.rows("SELECT * FROM evidence") == []


async def test_what_overlapped_may_be_claimed_when_a_person_has_spoken(
    store: Store, doubted: Claimed
) -> None:
    await write(store, word(doubted, State.SUBMITTED))

    assert spans(await claim(store, doubted.run_id)) == [(2, 0), (1, 20)]


async def test_what_a_person_says_never_happened_is_claimed_before_what_overlaps_it(
    store: Store, doubted: Claimed
) -> None:
    await write(store, word(doubted, State.PENDING))

    assert spans(await claim(store, doubted.run_id)) == [(1, 0), (2, 0)]


async def test_a_persons_word_leaves_the_other_doubts(store: Store, doubted: Claimed) -> None:
    other = await in_doubt(store, doubted.run_id)

    assert await write(store, word(other, State.SUBMITTED))

    assert await states(store) == [State.IN_DOUBT, State.PENDING, State.SUBMITTED]


async def test_of_two_words_in_one_group_the_first_counts(store: Store, doubted: Claimed) -> None:
    both = [word(doubted, State.SUBMITTED), word(doubted, State.PENDING)]

    assert await store.commit(both) == [True, False]
    assert (await states(store))[0] is State.SUBMITTED


@pytest.mark.parametrize("end", [None, *SETTLED])
async def test_a_persons_word_counts_only_while_a_range_is_in_doubt(
    store: Store, run_id: int, table: Table, end: State | None
) -> None:
    await load(store, asked(1, 0, 30))
    claimed = await claim_one(store, run_id)
    if end is not None:
        await finish(store, claimed, end)
    before = await reports(store)

    assert not await write(store, word(claimed, State.SUBMITTED))

    assert await reports(store) == before
    assert table.rows(HISTORY) == []


async def test_there_is_no_doubt_about_a_range_that_is_not_there(
    store: Store, doubted: Claimed
) -> None:
    assert not await write(store, Resolve(99, doubted.generation, State.SUBMITTED, "no", AT))


async def test_a_word_on_an_earlier_doubt_does_not_settle_the_one_that_began_since(
    store: Store, doubted: Claimed
) -> None:
    assert await write(store, word(doubted, State.PENDING))
    again = await in_doubt(store, doubted.run_id)
    assert (again.job_id, again.generation > doubted.generation) == (doubted.job_id, True)

    assert not await write(store, word(doubted, State.PENDING))

    assert (await states(store))[0] is State.IN_DOUBT


@pytest.mark.parametrize("state", NEVER)
async def test_a_persons_word_moves_a_doubt_into_no_other_state(
    store: Store, doubted: Claimed, table: Table, state: State
) -> None:
    with pytest.raises(TableError, match="illegal transition"):
        await write(store, word(doubted, state))

    assert (await states(store))[0] is State.IN_DOUBT
    assert table.rows(HISTORY) == []
