"""Which ranges a claim takes, in which order, and which it passes over."""

import pytest

from batchclip.job import State
from batchclip.store.base import Claim, Claims, PutBack, Store
from tests.support.tables import (
    AT,
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


async def drain(store: Store, run_id: int, batch: int) -> list[tuple[int, int | None]]:
    """Claim and submit until nothing is left; what was claimed, in its order."""
    order: list[tuple[int, int | None]] = []
    while taken := await claim(store, run_id, batch):
        order += spans(taken)
        for claimed in taken:
            await finish(store, claimed, State.SUBMITTED)
    return order


@pytest.mark.parametrize("batch", [1, 2, 3])
async def test_every_files_first_range_comes_before_any_files_second(
    store: Store, run_id: int, batch: int
) -> None:
    ranges = [asked(number, start, start + 10) for number in (1, 2, 3) for start in (0, 20, 40)]
    await load(store, *ranges)

    order = await drain(store, run_id, batch)

    assert order == [(number, start) for start in (0, 20, 40) for number in (1, 2, 3)]


async def test_a_row_given_twice_does_not_push_its_files_next_range_back(
    store: Store, run_id: int
) -> None:
    thrice = [asked(1, 0, 10)] * 3
    await load(
        store, *thrice, asked(1, 20, 30), *(asked(2, start, start + 10) for start in (0, 20, 40))
    )

    assert await drain(store, run_id, 1) == [(1, 0), (2, 0), (1, 20), (2, 20), (2, 40)]


async def test_turns_go_on_after_the_ranges_that_were_loaded_before(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30))
    await load(store, asked(1, 40, 50), asked(1, 0, 10), asked(2, 0, 10), asked(2, 20, 30))

    assert await drain(store, run_id, 1) == [(1, 0), (2, 0), (1, 20), (2, 20), (1, 40)]


async def test_a_higher_priority_comes_first_whatever_its_turn(store: Store, run_id: int) -> None:
    await load(
        store,
        asked(1, 0, 10),
        asked(1, 20, 30, priority=5),
        asked(2, 0, 10, priority=-1),
        asked(3, 0, 10, priority=9),
    )

    assert await drain(store, run_id, 1) == [(3, 0), (1, 20), (1, 0), (2, 0)]


async def test_a_higher_priority_that_is_loaded_later_becomes_its_files_next(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30), asked(2, 0, 10))
    await load(store, asked(1, 40, 50, priority=1))

    assert spans(await claim(store, run_id)) == [(1, 40), (2, 0)]


async def test_a_load_does_not_give_a_file_with_a_claim_a_second_one(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10))
    await claim_one(store, run_id)
    await load(store, asked(1, 40, 50, priority=1))

    assert await claim(store, run_id) == []


async def test_no_more_is_claimed_than_the_limit(store: Store, run_id: int) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(5)))

    assert len(await claim(store, run_id, limit=2)) == 2
    assert len(await claim(store, run_id, limit=9)) == 3


async def test_a_file_is_claimed_once_and_again_when_its_claim_has_ended(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30))
    [first] = await claim(store, run_id)

    assert await claim(store, run_id) == []
    await finish(store, first, State.SUBMITTED)
    assert spans(await claim(store, run_id)) == [(1, 20)]


async def test_a_claim_says_whose_range_it_is(store: Store, run_id: int, table: Table) -> None:
    wanted = asked(7, 5, 65, force=True, title="Ω, the end", priority=3)
    await load(store, wanted)

    claimed = await claim_one(store, run_id)

    assert claimed.range == wanted
    assert claimed.run_id == run_id
    assert claimed.tries == 0
    assert table.rows("SELECT id, source_id, state FROM jobs") == [
        (claimed.job_id, claimed.source_id, "submitting")
    ]


async def test_two_claims_in_one_group_take_different_files(store: Store, run_id: int) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(3)))

    answers = await store.commit([Claim(run_id, AT, 2), Claim(run_id, AT, 2)])

    first, second = (answer for answer in answers if isinstance(answer, Claims))
    assert spans(first.claimed) == [(0, 0), (1, 0)]
    assert spans(second.claimed) == [(2, 0)]


async def test_a_range_that_waits_is_not_claimed_before_its_time(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    await finish(store, await claim_one(store, run_id), State.PENDING, SLOW_DOWN, due_at=AT + 500)

    assert await claims(store, run_id, at=AT + 499) == Claims((), AT + 500)
    assert spans(await claim(store, run_id, at=AT + 500)) == [(1, 0)]


async def test_the_soonest_of_those_that_wait_is_named(store: Store, run_id: int) -> None:
    await load(store, *(asked(number, 0, 10) for number in (1, 2)))
    first, second = await claim(store, run_id)
    await finish(store, first, State.PENDING, SLOW_DOWN, due_at=AT + 900)
    await finish(store, second, State.PENDING, SLOW_DOWN, due_at=AT + 700)

    assert (await claims(store, run_id)).next_due == AT + 700


async def test_nothing_is_due_where_nothing_waits(store: Store, run_id: int) -> None:
    assert await claims(store, run_id) == Claims((), None)


async def test_while_one_range_waits_its_files_next_is_claimed(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30))
    await finish(store, await claim_one(store, run_id), State.PENDING, SLOW_DOWN, due_at=AT + 500)

    assert spans(await claim(store, run_id)) == [(1, 20)]


async def test_a_range_that_has_waited_still_has_its_old_place(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30), asked(2, 0, 10))
    await finish(store, await claim_one(store, run_id), State.PENDING, SLOW_DOWN, due_at=AT + 500)

    assert spans(await claim(store, run_id, at=AT + 500)) == [(1, 0), (2, 0)]


async def test_a_range_that_is_due_waits_for_its_files_claim(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30))
    await finish(store, await claim_one(store, run_id), State.PENDING, SLOW_DOWN, due_at=AT + 500)
    second = await claim_one(store, run_id)

    assert await claims(store, run_id, at=AT + 500) == Claims((), None)
    await finish(store, second, State.SUBMITTED)
    assert spans(await claim(store, run_id, at=AT + 500)) == [(1, 0)]


async def test_generations_never_repeat(store: Store, run_id: int, table: Table) -> None:
    await load(store, *(asked(number, 0, 10) for number in (1, 2)))
    seen: list[int] = []
    for _ in range(3):
        taken = await claim(store, run_id)
        seen += [claimed.generation for claimed in taken]
        for claimed in taken:
            await write(store, PutBack(claimed.generation, AT))
    await store.close()
    store = await table.open()
    seen += [claimed.generation for claimed in await claim(store, await start_run(store))]

    assert len(seen) == 8
    assert seen == sorted(set(seen))


DOUBTED = (20, 40)


@pytest.mark.parametrize(
    ("start", "end", "held_back"),
    [
        (0, 21, True),
        (39, 60, True),
        (25, 35, True),
        (0, 60, True),
        (None, None, True),
        (0, 20, False),
        (40, 60, False),
    ],
)
async def test_what_overlaps_a_range_in_doubt_is_held_back(
    store: Store, run_id: int, start: int | None, end: int | None, held_back: bool
) -> None:
    await load(store, asked(1, *DOUBTED), asked(1, start, end), asked(2, start, end))
    await in_doubt(store, run_id)

    taken = spans(await claim(store, run_id))

    assert taken == ([(2, start)] if held_back else [(2, start), (1, start)])


async def test_a_whole_video_in_doubt_holds_back_every_range_of_its_file(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, force=True), asked(1, 0, 10), asked(1, 20, 30))
    await in_doubt(store, run_id)

    assert await claims(store, run_id) == Claims((), None)


async def test_what_does_not_overlap_goes_past_what_is_held_back(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 30), asked(1, 20, 40, priority=-1), asked(1, 50, 60, priority=-2))
    await in_doubt(store, run_id)

    assert spans(await claim(store, run_id)) == [(1, 50)]


async def test_what_is_loaded_while_in_doubt_is_held_back_too(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 30))
    await in_doubt(store, run_id)
    await load(store, asked(1, 20, 40, priority=9))

    assert await claim(store, run_id) == []


async def test_a_late_answer_frees_what_was_held_back(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 30), asked(1, 20, 40))
    doubted = await in_doubt(store, run_id)

    assert await finish(store, doubted, State.SUBMITTED)
    assert spans(await claim(store, run_id)) == [(1, 20)]


async def test_a_persons_word_frees_what_was_held_back(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 30), asked(1, 20, 40))
    await in_doubt(store, run_id)
    await reopen(store, State.IN_DOUBT)

    first = await claim_one(store, run_id)
    await finish(store, first, State.SUBMITTED)

    assert spans([first, await claim_one(store, run_id)]) == [(1, 0), (1, 20)]


async def test_two_doubts_hold_back_until_both_have_ended(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 30), asked(1, 40, 60), asked(1, 20, 50))
    doubts = [await in_doubt(store, run_id), await in_doubt(store, run_id)]
    await finish(store, doubts[0], State.SUBMITTED)

    assert await claim(store, run_id) == []
    await finish(store, doubts[1], State.REJECTED)
    assert spans(await claim(store, run_id)) == [(1, 20)]


async def test_a_group_that_doubts_and_claims_claims_nothing_that_overlaps(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 30), asked(1, 20, 40))
    claimed = await claim_one(store, run_id)
    assert await intend(store, claimed)

    answers = await store.commit([Claim(run_id, AT, 5), ending(claimed, State.IN_DOUBT, SILENT)])

    assert answers == [Claims((), None), True]
    assert await states(store) == [State.IN_DOUBT, State.PENDING]
