"""A person's pause: nothing is claimed and nothing may leave, but every answer is recorded."""

from batchclip.job import State
from batchclip.store.base import Claim, Claims, EndRun, Intend, PutBack, Store
from batchclip.store.decisions import Pause, Resume
from batchclip.store.reports import PauseReport
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
    intend,
    load,
    spans,
    start_run,
    states,
    write,
)

PAUSE = Pause("ann on archive", AT + 3)
RESUME = Resume("bob on archive", AT + 8)
PAUSES = "SELECT paused_at, paused_by, resumed_at, resumed_by FROM pauses ORDER BY id"


async def test_a_table_is_not_paused_until_a_person_says_so(store: Store) -> None:
    assert await store.open_pause() is None


async def test_a_pause_says_who_and_since_when(store: Store, table: Table) -> None:
    assert await write(store, PAUSE)

    assert await (await table.read()).open_pause() == PauseReport(AT + 3, "ann on archive")


async def test_a_pause_outlasts_its_process_and_a_run(store: Store, table: Table) -> None:
    await write(store, PAUSE)
    await store.close()
    store = await table.open()
    await write(store, EndRun(await start_run(store), AT, 3, "paused"))

    assert await store.open_pause() == PauseReport(AT + 3, "ann on archive")


async def test_who_pauses_a_second_time_changes_nothing(store: Store) -> None:
    await write(store, PAUSE)

    assert not await write(store, Pause("bob on archive", AT + 4))
    assert await store.open_pause() == PauseReport(AT + 3, "ann on archive")


async def test_a_pause_that_has_ended_stays_on_the_record(store: Store, table: Table) -> None:
    await write(store, PAUSE)

    assert await write(store, RESUME)

    assert await store.open_pause() is None
    assert table.rows(PAUSES) == [(AT + 3, "ann on archive", AT + 8, "bob on archive")]


async def test_there_is_nothing_to_resume_where_nothing_is_paused(
    store: Store, table: Table
) -> None:
    assert not await write(store, RESUME)
    assert table.rows(PAUSES) == []


async def test_a_table_can_be_paused_again(store: Store, table: Table) -> None:
    await write(store, PAUSE)
    await write(store, RESUME)

    assert await write(store, Pause("bob on archive", AT + 9))
    assert await store.open_pause() == PauseReport(AT + 9, "bob on archive")
    assert len(table.rows(PAUSES)) == 2


async def test_a_pause_and_its_end_in_one_group_leave_the_table_running(store: Store) -> None:
    assert await store.commit([PAUSE, RESUME]) == [True, True]
    assert await store.open_pause() is None


async def test_nothing_is_claimed_while_paused(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    await write(store, PAUSE)

    assert await claims(store, run_id) == Claims((), None, paused=True)
    assert await states(store) == [State.PENDING]

    await write(store, RESUME)
    assert spans(await claim(store, run_id)) == [(1, 0)]


async def test_a_claim_in_the_group_of_a_pause_gets_nothing(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))

    assert await store.commit([Claim(run_id, AT, 1), PAUSE]) == [
        Claims((), None, paused=True),
        True,
    ]


async def test_it_is_no_pause_that_holds_up_a_run_which_has_nothing_left(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10))
    await finish(store, await claim_one(store, run_id), State.SUBMITTED)
    await write(store, PAUSE)

    assert await claims(store, run_id) == Claims((), None, paused=False)


async def test_what_only_waits_is_named_while_paused(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    await finish(store, await claim_one(store, run_id), State.PENDING, SLOW_DOWN, due_at=AT + 500)
    await write(store, PAUSE)

    assert await claims(store, run_id) == Claims((), AT + 500, paused=False)
    assert await claims(store, run_id, at=AT + 500) == Claims((), None, paused=True)


async def test_a_request_that_has_not_left_may_not_leave_while_paused(
    store: Store, run_id: int, table: Table
) -> None:
    await load(store, asked(1, 0, 10))
    claimed = await claim_one(store, run_id)
    await write(store, PAUSE)

    assert not await intend(store, claimed)
    assert table.rows("SELECT sent_at FROM claims") == [(None,)]

    await write(store, RESUME)
    assert await intend(store, claimed)


async def test_an_intent_in_the_group_of_a_pause_is_refused(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    claimed = await claim_one(store, run_id)

    assert await store.commit([Intend(claimed.generation, AT), PAUSE]) == [False, True]


async def test_an_intent_in_the_group_that_ends_a_pause_counts(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    claimed = await claim_one(store, run_id)
    await write(store, PAUSE)

    assert await store.commit([Intend(claimed.generation, AT), RESUME]) == [True, True]


async def test_what_is_on_the_wire_is_recorded_while_paused(store: Store, run_id: int) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(3)))
    answered, lost, unsent = await claim(store, run_id)
    assert await intend(store, answered)
    assert await intend(store, lost)
    await write(store, PAUSE)

    group = [
        ending(answered, State.SUBMITTED),
        ending(lost, State.IN_DOUBT, SILENT),
        PutBack(unsent.generation, AT),
    ]

    assert await store.commit(group) == [True, True, None]
    assert await states(store) == [State.SUBMITTED, State.IN_DOUBT, State.PENDING]


async def test_an_intent_notes_when_by_restreams_clock_if_that_is_known(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    first, second = await claim(store, run_id)
    intents = [Intend(first.generation, AT + 1, AT - 500), Intend(second.generation, AT + 2)]

    assert await store.commit(intents) == [True, True]
    assert [(left.sent_at, left.server_sent_at) for left in await store.left_claims()] == [
        (AT + 1, AT - 500),
        (AT + 2, None),
    ]
