"""Evidence of ranges in doubt: it counts once, and for its own doubt alone."""

from dataclasses import replace

import pytest

from batchclip.errors import TableError
from batchclip.evidence import Ruling
from batchclip.job import LEGAL, State
from batchclip.store.base import Claim, Claimed, Claims, Store
from batchclip.store.decisions import Resolve, Settle
from tests.support.tables import (
    AT,
    SILENT,
    Table,
    asked,
    claim,
    claim_one,
    ending,
    finish,
    in_doubt,
    load,
    reopen,
    reports,
    spans,
    states,
    write,
)

SETTLED = sorted(end for start, end in LEGAL if start is State.IN_DOUBT)
NEVER = sorted(set(State) - set(SETTLED))
COMPARED = '{"clips": []}'


@pytest.fixture
async def doubted(store: Store, run_id: int) -> Claimed:
    """In doubt, and beside it a range that overlaps it and one of another file."""
    await load(store, asked(1, 0, 30), asked(1, 20, 40), asked(2, 0, 10))
    return await in_doubt(store, run_id)


def settling(claimed: Claimed, ruling: Ruling, state: State | None = None) -> Settle:
    reason, generation = "because of a clip", claimed.generation
    return Settle(claimed.job_id, generation, ruling, reason, COMPARED, AT + 9, state)


def evidence(table: Table) -> list[tuple[object, ...]]:
    return table.rows(
        "SELECT job_id, generation, first_at, last_at, ruling, reason, compared FROM evidence"
    )


def history(table: Table) -> list[tuple[object, ...]]:
    return table.rows("SELECT job_id, at, run_id, from_state, to_state, reason FROM history")


async def held_back(store: Store, claimed: Claimed) -> bool:
    """Whether the range that overlaps the first still is, when everything else has gone."""
    return (1, 20) not in spans(await claim(store, claimed.run_id))


@pytest.mark.parametrize("ruling", Ruling)
async def test_what_was_found_out_is_kept(
    store: Store, doubted: Claimed, table: Table, ruling: Ruling
) -> None:
    assert await write(store, settling(doubted, ruling))

    assert evidence(table) == [
        (1, doubted.generation, AT + 9, AT + 9, ruling.value, "because of a clip", COMPARED)
    ]


@pytest.mark.parametrize("ruling", Ruling)
async def test_a_ruling_that_moves_nothing_leaves_the_doubt_and_no_history(
    store: Store, doubted: Claimed, table: Table, ruling: Ruling
) -> None:
    before = await reports(store)

    assert await write(store, settling(doubted, ruling))

    assert await reports(store) == before
    assert history(table) == []
    assert await held_back(store, doubted)


@pytest.mark.parametrize("state", SETTLED)
async def test_evidence_moves_a_range_with_its_reason_and_its_run_in_the_history(
    store: Store, doubted: Claimed, table: Table, state: State
) -> None:
    entry = replace(settling(doubted, Ruling.HAPPENED, state), run_id=doubted.run_id)

    assert await write(store, entry)

    assert (await states(store))[0] is state
    assert history(table) == [
        (1, AT + 9, doubted.run_id, "in_doubt", state.value, "evidence: because of a clip")
    ]


async def test_evidence_that_no_run_has_found_names_none(
    store: Store, doubted: Claimed, table: Table
) -> None:
    await write(store, settling(doubted, Ruling.HAPPENED, State.SUBMITTED))

    assert [row[2] for row in history(table)] == [None]


async def test_evidence_brings_its_project_and_keeps_the_one_that_was_known(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 30), asked(2, 0, 30))
    for _ in range(2):
        doubted = await in_doubt(store, run_id)
        entry = settling(doubted, Ruling.HAPPENED, State.SUBMITTED)
        project_id = "project-9" if doubted.job_id == 1 else None
        await write(store, replace(entry, project_id=project_id))

    assert [report.project_id for report in await reports(store)] == ["project-9", None]


async def test_a_project_that_was_known_outlasts_evidence_without_one(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 30))
    await finish(store, await claim_one(store, run_id), State.PENDING)
    doubted = await in_doubt(store, run_id)

    await write(store, settling(doubted, Ruling.NEVER_HAPPENED, State.PENDING))

    assert [report.project_id for report in await reports(store)] == ["project-1"]


@pytest.mark.parametrize("state", sorted(set(SETTLED) - {State.PENDING}))
async def test_what_overlapped_may_be_claimed_when_evidence_has_settled_it(
    store: Store, doubted: Claimed, state: State
) -> None:
    await write(store, settling(doubted, Ruling.HAPPENED, state))

    assert not await held_back(store, doubted)


async def test_what_never_happened_is_claimed_again_before_what_overlaps_it(
    store: Store, doubted: Claimed
) -> None:
    await write(store, settling(doubted, Ruling.NEVER_HAPPENED, State.PENDING))

    assert spans(await claim(store, doubted.run_id)) == [(1, 0), (2, 0)]


async def test_what_never_happened_is_due_at_once_whatever_was_noted_with_its_doubt(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 30))
    claimed = await claim_one(store, run_id)
    await finish(store, claimed, State.IN_DOUBT, SILENT, due_at=AT + 500)
    await write(store, settling(claimed, Ruling.NEVER_HAPPENED, State.PENDING))

    assert spans(await claim(store, run_id)) == [(1, 0)]


async def test_what_was_found_again_moves_its_last_time_and_what_was_compared(
    store: Store, doubted: Claimed, table: Table
) -> None:
    first = settling(doubted, Ruling.UNCLEAR)
    await write(store, first)
    await write(store, replace(first, at=AT + 90, compared='{"clips": [], "more": 1}'))

    assert [row[2:4] + row[6:] for row in evidence(table)] == [
        (AT + 9, AT + 90, '{"clips": [], "more": 1}')
    ]


async def test_another_ruling_and_another_reason_are_findings_of_their_own(
    store: Store, doubted: Claimed, table: Table
) -> None:
    first = settling(doubted, Ruling.TOO_EARLY)
    await write(store, first)
    await write(store, replace(first, ruling=Ruling.UNCLEAR))
    await write(store, replace(first, ruling=Ruling.UNCLEAR, reason="two clips"))

    assert [row[4:6] for row in evidence(table)] == [
        ("too_early", "because of a clip"),
        ("unclear", "because of a clip"),
        ("unclear", "two clips"),
    ]


async def test_evidence_of_an_earlier_request_says_nothing_of_a_later_doubt(
    store: Store, doubted: Claimed, table: Table
) -> None:
    await reopen(store, State.IN_DOUBT)
    later = await in_doubt(store, doubted.run_id)
    assert later.job_id == doubted.job_id

    assert not await write(store, settling(doubted, Ruling.NEVER_HAPPENED, State.PENDING))

    assert evidence(table) == []
    assert (await states(store))[0] is State.IN_DOUBT


@pytest.mark.parametrize("state", SETTLED)
async def test_evidence_comes_too_late_for_a_doubt_that_has_ended(
    store: Store, doubted: Claimed, table: Table, state: State
) -> None:
    await write(store, Resolve(doubted.job_id, doubted.generation, state, "a person says so", AT))
    before = await reports(store)

    assert not await write(store, settling(doubted, Ruling.HAPPENED, State.SUBMITTED))

    assert await reports(store) == before
    assert evidence(table) == []
    assert len(history(table)) == 1


async def test_evidence_says_nothing_of_a_range_that_is_on_the_wire_again(
    store: Store, doubted: Claimed, table: Table
) -> None:
    await reopen(store, State.IN_DOUBT)
    again = await claim_one(store, doubted.run_id)

    assert not await write(store, settling(doubted, Ruling.NEVER_HAPPENED, State.PENDING))
    assert not await write(store, settling(again, Ruling.NEVER_HAPPENED, State.PENDING))

    assert evidence(table) == []
    assert [left.claimed for left in await store.left_claims()] == [again]


async def test_a_late_answer_in_the_same_group_comes_before_evidence(
    store: Store, doubted: Claimed
) -> None:
    evidence_first = [
        settling(doubted, Ruling.NEVER_HAPPENED, State.PENDING),
        ending(doubted, State.SUBMITTED),
    ]

    assert await store.commit(evidence_first) == [False, True]
    assert (await states(store))[0] is State.SUBMITTED


async def test_a_late_answer_comes_too_late_once_evidence_has_settled_it(
    store: Store, doubted: Claimed
) -> None:
    await write(store, settling(doubted, Ruling.NEVER_HAPPENED, State.PENDING))

    assert not await finish(store, doubted, State.SUBMITTED)
    assert (await states(store))[0] is State.PENDING


async def test_of_two_rulings_in_one_group_the_first_moves_the_range(
    store: Store, doubted: Claimed, table: Table
) -> None:
    both = [
        settling(doubted, Ruling.HAPPENED, State.SUBMITTED),
        settling(doubted, Ruling.NEVER_HAPPENED, State.PENDING),
    ]

    assert await store.commit(both) == [True, False]
    assert (await states(store))[0] is State.SUBMITTED
    assert [row[4] for row in evidence(table)] == ["happened"]


async def test_a_group_that_settles_and_claims_takes_what_was_held_back(
    store: Store, doubted: Claimed
) -> None:
    group = [
        Claim(doubted.run_id, AT, 9),
        settling(doubted, Ruling.HAPPENED, State.SUBMITTED),
    ]

    got, settled = await store.commit(group)

    assert settled is True
    assert isinstance(got, Claims)
    assert spans(got.claimed) == [(2, 0), (1, 20)]


@pytest.mark.parametrize("state", NEVER)
async def test_evidence_moves_a_doubt_into_no_other_state(
    store: Store, doubted: Claimed, table: Table, state: State
) -> None:
    with pytest.raises(TableError, match="illegal transition"):
        await write(store, settling(doubted, Ruling.HAPPENED, state))

    assert (await states(store))[0] is State.IN_DOUBT
    assert evidence(table) == history(table) == []


async def test_an_old_answer_beside_the_new_doubts_own_changes_nothing(
    store: Store, doubted: Claimed
) -> None:
    await reopen(store, State.IN_DOUBT)
    later = await in_doubt(store, doubted.run_id)
    group = [ending(doubted, State.SUBMITTED), ending(later, State.IN_DOUBT)]

    assert await store.commit(group) == [False, False]
    assert (await states(store))[0] is State.IN_DOUBT
