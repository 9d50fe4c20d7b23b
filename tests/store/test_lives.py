"""One range with all that ever happened to it, however it is named."""

from dataclasses import replace

import pytest

from batchclip.evidence import Ruling
from batchclip.job import State
from batchclip.store.base import Intend, JobReader, PutBack, Store
from batchclip.store.decisions import Resolve, Settle
from batchclip.store.reports import (
    AttemptReport,
    ChangeReport,
    FileReport,
    FindingReport,
    HeldBy,
    Life,
)
from batchclip.store.selection import Selection, Wanted
from tests.support.tables import (
    AT,
    CREATED,
    LATER,
    REFUSED,
    SILENT,
    SLOW_DOWN,
    Table,
    asked,
    claim,
    claim_one,
    ending,
    file,
    finish,
    in_doubt,
    intend,
    load,
    reopen,
    reports,
    write,
)


async def lives(reader: JobReader, wanted: Wanted) -> list[Life]:
    return [life async for life in reader.lives(wanted)]


async def numbers(reader: JobReader, wanted: Wanted) -> list[int]:
    return [life.report.job_id for life in await lives(reader, wanted)]


async def life_of(reader: JobReader, job_id: int) -> Life:
    [life] = await lives(reader, Wanted(job_id=job_id))
    return life


@pytest.fixture
async def two_nights(store: Store) -> None:
    """Ranges 1 to 5: lines 2 and 3 of Monday's manifest, loaded twice, and 2 of Tuesday's."""
    await load(store, asked(1, 0, 10), asked(1, 20, 30), manifest="monday.csv")
    await load(store, asked(2, 0, 10), asked(2, 0, 20), manifest="monday.csv", at=AT + 1)
    await load(store, asked(1), manifest="tuesday.csv", at=AT + 2)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(job_id=2), [2]),
        (Wanted(job_id=99), []),
        (Wanted(manifest="monday.csv", line=2), [1, 3]),
        (Wanted(manifest="monday.csv", line=3), [2, 4]),
        (Wanted(manifest="tuesday.csv", line=2), [5]),
        (Wanted(manifest="tuesday.csv", line=3), []),
        (Wanted(manifest="sunday.csv", line=2), []),
        (Wanted(file_id=file(1)), [1, 2, 5]),
        (Wanted(file_id=file(9)), []),
        (Wanted(file_id=file(1), start_ms=20_000), [2]),
        (Wanted(file_id=file(2), start_ms=0), [3, 4]),
        (Wanted(file_id=file(1), start_ms=1), []),
    ],
)
async def test_a_range_is_found_by_its_number_its_line_and_its_file(
    store: Store, two_nights: None, wanted: Wanted, found: list[int]
) -> None:
    assert await numbers(store, wanted) == found


async def test_a_range_that_nothing_has_happened_to_has_only_its_beginning(
    store: Store, two_nights: None
) -> None:
    report = (await reports(store))[4]

    assert await life_of(store, 5) == Life(report, AT + 2, None, (), (), (), None)
    assert (report.manifest, report.line) == ("tuesday.csv", 2)


async def test_a_range_that_waits_says_until_when(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    await finish(store, await claim_one(store, run_id), State.PENDING, SLOW_DOWN, due_at=AT + 500)

    assert (await life_of(store, 1)).due_at == AT + 500


async def test_every_attempt_is_told_in_its_order(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    first = replace(
        ending(await claim_one(store, run_id), State.PENDING, SLOW_DOWN), server_sent_at=AT - 9
    )
    await write(store, first)
    second = await claim_one(store, run_id)
    await finish(store, second, State.REJECTED, REFUSED)

    life = await life_of(store, 1)

    sent = (run_id, AT + 1)
    assert life.attempts == (
        AttemptReport(1, *sent, AT - 9, 250, "slow_down", 429, None, None),
        AttemptReport(2, *sent, None, 250, "refused", 404, "NotFound", "no such file"),
    )
    assert (life.report.http_status, life.report.error_name) == (404, "NotFound")


async def test_what_is_on_the_wire_is_told_after_what_was(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    await finish(store, await claim_one(store, run_id), State.PENDING, SILENT)
    claimed = await claim_one(store, run_id)
    await write(store, Intend(claimed.generation, AT + 7, AT - 7))

    attempts = (await life_of(store, 1)).attempts

    assert [each.outcome for each in attempts] == ["unknown", "on_the_wire"]
    assert attempts[1] == AttemptReport(
        claimed.generation, run_id, AT + 7, AT - 7, None, "on_the_wire", None, None, None
    )


async def test_a_claim_without_an_intent_is_no_attempt(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    claimed = await claim_one(store, run_id)

    assert (await life_of(store, 1)).attempts == ()
    await write(store, PutBack(claimed.generation, AT))
    assert (await life_of(store, 1)).attempts == ()


async def test_every_change_is_told_with_its_reason(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    doubted = await in_doubt(store, run_id)
    said = Resolve(1, doubted.generation, State.PENDING, "ann on archive says so", AT + 3)
    await write(store, said)
    await finish(store, await claim_one(store, run_id), State.FAILED, SILENT)
    await reopen(store, State.FAILED, reason="a new run tries again")

    assert (await life_of(store, 1)).changes == (
        ChangeReport(AT + 3, None, State.IN_DOUBT, State.PENDING, "ann on archive says so"),
        ChangeReport(AT + 5, None, State.FAILED, State.PENDING, "a new run tries again"),
    )


async def test_every_finding_is_told_the_newest_last(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10))
    generation = (await in_doubt(store, run_id)).generation
    early = Settle(1, generation, Ruling.TOO_EARLY, "too soon", "{}", AT + 10)
    unclear = Settle(1, generation, Ruling.UNCLEAR, "two clips", '{"a": 1}', AT + 20)
    await store.commit([early, unclear, replace(early, at=AT + 30, compared='{"b": 2}')])

    assert (await life_of(store, 1)).findings == (
        FindingReport(generation, AT + 20, AT + 20, "unclear", "two clips", '{"a": 1}'),
        FindingReport(generation, AT + 10, AT + 30, "too_early", "too soon", '{"b": 2}'),
    )


async def test_a_life_holds_nothing_of_another_range(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    generation = (await in_doubt(store, run_id)).generation
    await write(store, Settle(1, generation, Ruling.UNCLEAR, "no", "{}", AT, State.PENDING))
    assert await intend(store, await claim_one(store, run_id))

    other = await life_of(store, 2)

    assert (other.attempts, other.changes, other.findings, other.held_by) == ((), (), (), None)


async def test_a_range_is_held_back_by_its_files_claim(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30), asked(2, 0, 10))
    claimed = await claim_one(store, run_id)

    assert (await life_of(store, 2)).held_by == HeldBy(1, State.SUBMITTING)
    assert (await life_of(store, 1)).held_by is None
    assert (await life_of(store, 3)).held_by is None

    await finish(store, claimed, State.SUBMITTED)
    assert (await life_of(store, 2)).held_by is None


@pytest.mark.parametrize(
    ("start", "end", "held"),
    [(29, 40, True), (None, None, True), (0, 11, True), (30, 40, False), (0, 10, False)],
)
async def test_a_range_is_held_back_by_a_doubt_that_overlaps_it(
    store: Store, run_id: int, start: int | None, end: int | None, *, held: bool
) -> None:
    await load(store, asked(1, 10, 30), asked(1, start, end))
    await in_doubt(store, run_id)

    assert (await life_of(store, 2)).held_by == (HeldBy(1, State.IN_DOUBT) if held else None)


async def test_a_whole_video_in_doubt_holds_back_every_range(store: Store, run_id: int) -> None:
    await load(store, asked(1, force=True), asked(1, 0, 10))
    await in_doubt(store, run_id)

    assert (await life_of(store, 2)).held_by == HeldBy(1, State.IN_DOUBT)


async def test_a_doubt_is_named_rather_than_a_claim_because_it_lasts(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 30), asked(1, 40, 50), asked(1, 20, 35))
    await in_doubt(store, run_id)
    await claim(store, run_id)

    assert (await life_of(store, 3)).held_by == HeldBy(1, State.IN_DOUBT)


async def test_a_reader_of_its_own_sees_the_same(store: Store, run_id: int, table: Table) -> None:
    await load(store, asked(1, 0, 10))
    await in_doubt(store, run_id)

    assert await life_of(await table.read(), 1) == await life_of(store, 1)


async def test_files_are_told_with_how_many_of_their_ranges_were_clipped(
    store: Store, run_id: int
) -> None:
    assert [each async for each in store.files(LATER)] == []
    await load(store, *(asked(2, start, start + 10) for start in (0, 20, 40)), asked(1, 0, 10))
    for end in (State.SUBMITTED, State.ALREADY_DONE, State.IN_DOUBT):
        [claimed] = [each for each in await claim(store, run_id) if each.range.file_id == file(2)]
        await finish(store, claimed, end)

    assert [each async for each in store.files(LATER)] == [
        FileReport(file(2), 3, 2, 3),
        FileReport(file(1), 1, 0, 1),
    ]


async def test_what_was_clipped_only_after_a_moment_does_not_count_at_it(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10))
    await finish(store, await claim_one(store, run_id), State.SUBMITTED)

    assert [each.clipped async for each in store.files(AT)] == [0]
    assert [each.clipped async for each in store.files(AT + 1)] == [1]


async def test_the_projects_that_the_newest_attempts_told_of_are_known(
    store: Store, run_id: int
) -> None:
    assert await store.newest_projects() == frozenset()
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    await finish(store, await claim_one(store, run_id), State.SUBMITTED, CREATED)
    await finish(store, await claim_one(store, run_id), State.REJECTED, REFUSED)

    assert await store.newest_projects() == {"project-1"}


async def test_a_selection_is_counted_by_state(store: Store, two_nights: None, run_id: int) -> None:
    await finish(store, await claim_one(store, run_id), State.REJECTED, REFUSED)
    nothing = dict.fromkeys(State, 0)

    assert await store.counts_of(Selection()) == nothing
    assert await store.counts_of(Selection(tuple(State), manifest="monday.csv")) == nothing | {
        State.PENDING: 3,
        State.REJECTED: 1,
    }
    assert await store.counts_of(Selection((State.REJECTED,), file_id=file(1))) == nothing | {
        State.REJECTED: 1
    }
    assert await store.counts_of(Selection((State.REJECTED,), file_id=file(2))) == nothing
