"""What the table tells of a range in doubt, so that its file's clips can be held against it."""

from dataclasses import replace

from batchclip.evidence import Doubt
from batchclip.job import State
from batchclip.outcome import Kind, Outcome
from batchclip.runner.recovery import Found, recovery_of
from batchclip.store.base import Claimed, Intend, StartRun, Store
from batchclip.store.decisions import Resolve
from tests.support.tables import (
    AT,
    CREATED,
    REFUSED,
    SILENT,
    SLOW_DOWN,
    asked,
    claim,
    claim_one,
    ending,
    finish,
    in_doubt,
    load,
    reopen,
    write,
)

DONE_BEFORE = Outcome(Kind.ALREADY_DONE, http_status=409)


async def the_doubt(store: Store) -> Doubt:
    [doubt] = await store.doubts()
    return doubt


async def send(
    store: Store, claimed: Claimed, state: State, outcome: Outcome = SILENT, sent_at: int = AT
) -> None:
    """Send it at this moment, 7 ms earlier by Restream's clock, and hear this 50 ms later."""
    entry = replace(ending(claimed, state, outcome, at=sent_at + 50), sent_at=sent_at, took_ms=50)
    assert await write(store, Intend(claimed.generation, sent_at, sent_at - 7))
    assert await write(store, replace(entry, server_sent_at=sent_at - 7))


async def test_there_is_no_doubt_where_everything_is_known(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(2, 0, 10), asked(3, 0, 10))
    first, _ = await claim(store, run_id, 2)
    await finish(store, first, State.SUBMITTED)

    assert await store.doubts() == []


async def test_a_doubt_says_which_request_it_is_about(store: Store, run_id: int) -> None:
    wanted = asked(4, 5, 65, force=True, title="Ω", priority=3)
    await load(store, asked(9, 0, 10), wanted)
    claimed = await claim_one(store, run_id)
    await send(store, claimed, State.IN_DOUBT, SILENT, AT + 9)

    assert await the_doubt(store) == Doubt(
        job_id=2,
        generation=claimed.generation,
        source_id=claimed.source_id,
        range=wanted,
        sent_at=AT + 9,
        server_sent_at=AT + 2,
        newest_server_sent_at=AT + 2,
        lasted_ms=50,
        doubted_at=AT + 59,
    )


async def test_what_a_dead_process_sent_lasted_nobody_knows_how_long(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10))
    entry = ending(await claim_one(store, run_id), State.IN_DOUBT, SILENT)
    await write(store, replace(entry, took_ms=None))

    doubt = await the_doubt(store)

    assert (doubt.lasted_ms, doubt.server_sent_at) == (None, None)


async def test_clips_may_come_from_the_first_request_whose_answer_was_lost(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1))
    await send(store, await claim_one(store, run_id), State.PENDING, SLOW_DOWN, AT + 1_000)
    await send(store, await claim_one(store, run_id), State.PENDING, SILENT, AT + 2_000)
    await send(store, await claim_one(store, run_id), State.PENDING, REFUSED, AT + 3_000)
    await send(store, await claim_one(store, run_id), State.IN_DOUBT, SILENT, AT + 4_000)

    doubt = await the_doubt(store)

    assert (doubt.sent_at, doubt.server_sent_at) == (AT + 2_000, AT + 1_993)
    assert (doubt.newest_server_sent_at, doubt.doubted_at) == (AT + 3_993, AT + 4_050)
    assert doubt.generation == 4


async def test_the_first_request_counts_though_it_was_said_to_have_done_nothing(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10))
    first = await claim_one(store, run_id)
    await send(store, first, State.IN_DOUBT, SILENT, AT)
    await write(store, Resolve(1, first.generation, State.PENDING, "a person says so", AT))
    await send(store, await claim_one(store, run_id), State.IN_DOUBT, SILENT, AT + 5_000)

    assert (await the_doubt(store)).sent_at == AT


async def test_doubts_of_one_file_come_together(store: Store, run_id: int) -> None:
    ranges = [asked(number, start, start + 10) for start in (0, 20) for number in (1, 2)]
    await load(store, *ranges)
    for _ in ranges:
        await in_doubt(store, run_id)

    assert [doubt.job_id for doubt in await store.doubts()] == [1, 3, 2, 4]


async def test_the_clocks_difference_is_taken_from_what_is_next_sent_with_both_known(
    store: Store, run_id: int
) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(4)))
    before, doubted, unknown, known = await claim(store, run_id)
    await send(store, before, State.SUBMITTED, CREATED)
    await send(store, doubted, State.IN_DOUBT)
    await finish(store, unknown, State.SUBMITTED)
    assert (await the_doubt(store)).later_ahead is None

    await send(store, known, State.SUBMITTED, CREATED)
    assert (await the_doubt(store)).later_ahead == -7


async def test_a_doubt_that_a_person_has_ended_is_told_no_more(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    await in_doubt(store, run_id)
    await reopen(store, State.IN_DOUBT)

    assert await store.doubts() == []


async def test_what_a_dead_run_sent_is_told_with_the_machines_uptime_then(store: Store) -> None:
    run_id = await write(store, StartRun(AT, 1, "archive", uptime=5_000, boot="this start"))
    await load(store, asked(1, 0, 10))
    claimed = await claim_one(store, run_id)
    await write(store, Intend(claimed.generation, AT + 7, uptime=5_007))
    [left] = await store.left_claims()
    await store.commit([recovery_of(left, Found(AT + 900, 5_900, "this start"))])

    doubt = await the_doubt(store)
    assert (doubt.sent_uptime, doubt.sent_boot) == (5_007, "this start")
    assert (doubt.doubted_uptime, doubt.boot) == (5_900, "this start")


async def test_a_file_whose_ranges_were_told_of_two_projects_has_several(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30), asked(1, 40, 50))
    await in_doubt(store, run_id)
    await finish(store, await claim_one(store, run_id), State.SUBMITTED, CREATED)
    assert not (await the_doubt(store)).several_projects
    other = replace(CREATED, project_id="project-2")
    await finish(store, await claim_one(store, run_id), State.SUBMITTED, other)

    assert (await the_doubt(store)).several_projects
