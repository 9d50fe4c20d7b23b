"""What the other ranges of its file, and their clips, mean for a range in doubt."""

import json
from dataclasses import replace

import pytest

from batchclip.evidence import Doubt, Ruling, Weight
from batchclip.job import Range, State
from batchclip.outcome import Kind, Outcome
from batchclip.store.base import Store
from batchclip.store.decisions import Cancel, Resolve, Settle
from batchclip.store.selection import Selection
from tests.support.tables import (
    AT,
    CREATED,
    REFUSED,
    SILENT,
    SLOW_DOWN,
    asked,
    claim_one,
    ending,
    finish,
    in_doubt,
    load,
    write,
)

DONE_BEFORE = Outcome(Kind.ALREADY_DONE, http_status=409)


async def the_doubt(store: Store) -> Doubt:
    [doubt] = await store.doubts()
    return doubt


@pytest.mark.parametrize(
    ("start", "end", "rival"),
    [(0, 11, True), (29, 60, True), (15, 20, True), (None, None, True),
     (0, 10, False), (30, 60, False)],
)  # fmt: skip
async def test_only_what_overlaps_is_a_rival(
    store: Store, run_id: int, start: int | None, end: int | None, *, rival: bool
) -> None:
    other = asked(1, start, end, title="the other")
    await load(store, other, asked(1, 10, 30))
    await finish(store, await claim_one(store, run_id), State.SUBMITTED)
    await in_doubt(store, run_id)

    assert (await the_doubt(store)).rivals == ((other,) if rival else ())


async def test_every_clipped_range_is_a_rival_of_a_whole_video(store: Store, run_id: int) -> None:
    clipped = [asked(1, 0, 10, priority=1), asked(1, 20, 30, priority=1)]
    await load(store, *clipped, asked(1, force=True))
    for _ in clipped:
        await finish(store, await claim_one(store, run_id), State.SUBMITTED)
    await in_doubt(store, run_id)

    assert set((await the_doubt(store)).rivals) == set(clipped)


OTHER = asked(1, 0, 20, priority=1)


async def doubt_beside(
    store: Store, run_id: int, state: State, outcome: Outcome, other: Range = OTHER
) -> Doubt:
    """A range in doubt, beside another of its file that has ended like this."""
    await load(store, other, asked(1, 10, 30))
    claimed = await claim_one(store, run_id)
    due_at = AT + 9_000 if state is State.PENDING else None
    await finish(store, claimed, state, outcome, due_at=due_at)
    await in_doubt(store, run_id)
    return next(doubt for doubt in await store.doubts() if doubt.job_id == 2)


@pytest.mark.parametrize(
    ("state", "outcome", "perhaps", "surely"),
    [
        (State.SUBMITTED, CREATED, True, True),
        (State.ALREADY_DONE, DONE_BEFORE, True, True),
        (State.FAILED, SILENT, True, False),
        (State.PENDING, SILENT, True, False),
        (State.REJECTED, REFUSED, False, False),
        (State.FAILED, SLOW_DOWN, False, False),
        (State.PENDING, SLOW_DOWN, False, False),
    ],
)
async def test_another_range_matters_when_it_may_have_been_clipped(
    store: Store, run_id: int, state: State, outcome: Outcome, *, perhaps: bool, surely: bool
) -> None:
    doubt = await doubt_beside(store, run_id, state, outcome)

    assert doubt.rivals == ((OTHER,) if perhaps else ())
    assert doubt.file_was_clipped is surely


async def test_a_lost_request_matters_also_when_its_range_was_cancelled_since(
    store: Store, run_id: int
) -> None:
    await doubt_beside(store, run_id, State.FAILED, SILENT)
    await write(store, Cancel(Selection((State.FAILED,)), "a person says so", AT))

    assert (await the_doubt(store)).rivals == (OTHER,)


async def test_a_range_that_was_never_sent_leaves_a_doubt_alone(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 20), asked(1, 10, 30))
    await in_doubt(store, run_id)

    doubt = await the_doubt(store)

    assert (doubt.rivals, doubt.file_was_clipped) == ((), False)


async def test_another_file_leaves_a_doubt_alone(store: Store, run_id: int) -> None:
    await load(store, asked(2, 0, 20, priority=1), asked(1, 0, 20))
    await finish(store, await claim_one(store, run_id), State.SUBMITTED)
    await in_doubt(store, run_id)

    doubt = await the_doubt(store)

    assert (doubt.rivals, doubt.file_was_clipped, doubt.project_id) == ((), False, None)


async def test_what_is_on_the_wire_beside_it_is_not_clipped_yet(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 20), asked(1, 20, 30))
    await in_doubt(store, run_id)
    await claim_one(store, run_id)

    doubt = await the_doubt(store)

    assert (doubt.rivals, doubt.file_was_clipped) == ((), False)


async def test_another_doubt_of_the_file_may_have_been_clipped_but_not_surely(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 20), asked(1, 20, 30))
    for _ in range(2):
        await in_doubt(store, run_id)

    told = [doubt.file_was_clipped for doubt in await store.doubts()]

    assert told == [False] * 2


async def test_another_range_knows_the_files_project(store: Store, run_id: int) -> None:
    doubt = await doubt_beside(store, run_id, State.SUBMITTED, CREATED, asked(1, 40, 50))

    assert doubt.project_id == "project-1"


async def test_of_two_projects_the_one_that_was_told_last_counts(store: Store, run_id: int) -> None:
    ranges = [asked(1, start, start + 10) for start in (0, 20, 40)]
    await load(store, *ranges)
    for project_id, at in (("newer", AT + 9), ("older", AT + 3)):
        claimed, told = await claim_one(store, run_id), replace(CREATED, project_id=project_id)
        await write(store, ending(claimed, State.SUBMITTED, told, at=at))
    await in_doubt(store, run_id)

    assert (await the_doubt(store)).project_id == "newer"


def clips(**weights: Weight) -> str:
    found = [{"clip_id": clip_id, "weight": weight} for clip_id, weight in weights.items()]
    return json.dumps({"clips": found})


COMPARED = clips(own=Weight.ITS_OWN, old=Weight.BEFORE, maybe=Weight.UNCLEAR, no=Weight.ANOTHERS)


async def test_clips_that_are_evidence_of_another_range_are_known_as_theirs(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10), asked(1, 40, 50))
    first, _ = await in_doubt(store, run_id), await in_doubt(store, run_id)
    happened = Settle(1, first.generation, Ruling.HAPPENED, "a clip", COMPARED, AT)
    await write(store, replace(happened, state=State.SUBMITTED))

    assert (await the_doubt(store)).theirs == {"own"}


@pytest.mark.parametrize("ruling", sorted(set(Ruling) - {Ruling.HAPPENED}))
async def test_clips_that_decided_nothing_are_nobodys(
    store: Store, run_id: int, ruling: Ruling
) -> None:
    await load(store, asked(1, 0, 10), asked(1, 40, 50))
    first, _ = await in_doubt(store, run_id), await in_doubt(store, run_id)
    entry = Settle(1, first.generation, ruling, "a clip", COMPARED, AT, State.SUBMITTED)
    await write(store, entry)

    assert (await the_doubt(store)).theirs == set()


async def test_clips_are_nobodys_when_a_person_has_set_their_evidence_aside(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10), asked(1, 40, 50))
    first, _ = await in_doubt(store, run_id), await in_doubt(store, run_id)
    await write(store, Settle(1, first.generation, Ruling.HAPPENED, "a clip", COMPARED, AT))
    await write(store, Resolve(1, first.generation, State.PENDING, "a person says so", AT))

    assert (await the_doubt(store)).theirs == set()


async def test_a_ranges_own_evidence_is_not_anothers(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    first = await in_doubt(store, run_id)
    await write(store, Settle(1, first.generation, Ruling.HAPPENED, "a clip", COMPARED, AT))

    assert (await the_doubt(store)).theirs == set()


async def test_evidence_of_another_file_is_not_this_files(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    first, _ = await in_doubt(store, run_id), await in_doubt(store, run_id)
    happened = Settle(1, first.generation, Ruling.HAPPENED, "a clip", COMPARED, AT)
    await write(store, replace(happened, state=State.SUBMITTED))

    assert (await the_doubt(store)).theirs == set()
