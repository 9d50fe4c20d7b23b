"""Manifests into the table: what is new, what is known, all or nothing, and beside a run."""

from dataclasses import replace

import pytest

from batchclip.errors import TableError
from batchclip.job import Mode, Range, State
from batchclip.store.base import Loaded, StagedRow, Store
from batchclip.store.journal import Journal
from tests.support.tables import (
    AT,
    CREATED,
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
)

NIGHT = [asked(number, start, start + 15) for number in (1, 2) for start in (0, 20)]


async def titles(store: Store) -> list[str | None]:
    return [report.range.title for report in await reports(store)]


async def test_new_ranges_are_added(store: Store) -> None:
    assert await load(store, *NIGHT) == Loaded(added=4, known=0, retitled=0)
    assert [report.range for report in await reports(store)] == NIGHT


async def test_no_rows_are_no_ranges(store: Store) -> None:
    assert await load(store) == Loaded(0, 0, 0)


async def test_the_same_manifest_again_adds_nothing(store: Store) -> None:
    await load(store, *NIGHT)

    assert await load(store, *NIGHT) == Loaded(added=0, known=4, retitled=0)


async def test_a_manifest_sorted_otherwise_or_renamed_adds_nothing(store: Store) -> None:
    await load(store, *NIGHT)

    assert await load(store, *reversed(NIGHT), manifest="other.csv") == Loaded(0, 4, 0)
    assert {report.manifest for report in await reports(store)} == {"tonight.csv"}


async def test_only_what_is_new_is_added_among_what_is_known(store: Store) -> None:
    await load(store, *NIGHT[:2])

    assert await load(store, *NIGHT) == Loaded(added=2, known=2, retitled=0)


async def test_a_range_given_twice_is_one(store: Store) -> None:
    assert await load(store, *NIGHT, *NIGHT) == Loaded(added=4, known=4, retitled=0)
    assert [report.line for report in await reports(store)] == [2, 3, 4, 5]


async def test_a_range_given_in_two_manifests_is_the_firsts(store: Store) -> None:
    staging = await store.stage()
    await staging.add([StagedRow("first.csv", 7, NIGHT[0])])
    await staging.add([StagedRow("second.csv", 3, row) for row in NIGHT])

    assert await staging.merge(AT) == Loaded(4, 1, 0)
    assert [(report.manifest, report.line) for report in await reports(store)] == [
        ("first.csv", 7),
        ("second.csv", 3),
        ("second.csv", 3),
        ("second.csv", 3),
    ]


SAME = [
    (asked(1), asked(1)),
    (asked(1), asked(1, title="named", priority=9)),
    (asked(1, 0, 10), asked(1, 0, 10, force=True)),
    (asked(1, 0, 10, mode=Mode.SINGLE), asked(1, 0, 10, mode=Mode.SINGLE, force=True)),
    (asked(1, force=True), asked(1, force=True)),
]
OTHER = [
    (asked(1), asked(2)),
    (asked(1), asked(1, force=True)),
    (asked(1), asked(1, mode=Mode.SINGLE)),
    (asked(1), asked(1, 0, 10)),
    (asked(1, 0, 10), asked(1, 0, 11)),
    (asked(1, 0, 10), replace(asked(1, 0, 10), end_ms=10_001)),
    (asked(1, 0, 10), asked(1, 0, 10, mode=Mode.SINGLE)),
]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("one", "two"), SAME)
async def test_what_asks_for_the_same_is_one_range(
    store: Store, one: Range, two: Range, together: bool
) -> None:
    rows = ([one, two],) if together else ([one], [two])

    assert sum([(await load(store, *group)).added for group in rows]) == 1
    assert len(await reports(store)) == 1


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("one", "two"), OTHER)
async def test_what_asks_for_something_else_is_another_range(
    store: Store, one: Range, two: Range, together: bool
) -> None:
    rows = ([one, two],) if together else ([one], [two])

    assert sum([(await load(store, *group)).added for group in rows]) == 2


async def test_a_title_is_taken_over_while_a_range_is_pending(store: Store) -> None:
    await load(store, asked(1, 0, 10, title="old"), asked(2, 0, 10))

    named = [asked(1, 0, 10, title="new"), asked(2, 0, 10, title="named")]

    assert await load(store, *named, at=AT + 9) == Loaded(added=0, known=2, retitled=2)
    assert await titles(store) == ["new", "named"]
    assert [report.updated_at for report in await reports(store)] == [AT + 9] * 2


async def test_no_title_and_the_same_title_change_nothing(store: Store) -> None:
    await load(store, asked(1, 0, 10, title="old"), asked(2, 0, 10, title="kept"))

    again = [asked(1, 0, 10), asked(2, 0, 10, title="kept")]

    assert await load(store, *again, at=AT + 9) == Loaded(added=0, known=2, retitled=0)
    assert await titles(store) == ["old", "kept"]
    assert [report.updated_at for report in await reports(store)] == [AT] * 2


@pytest.mark.parametrize(
    "end", [State.SUBMITTED, State.ALREADY_DONE, State.REJECTED, State.IN_DOUBT, State.FAILED]
)
async def test_a_title_is_taken_over_by_what_failed_and_by_nothing_else_that_has_ended(
    store: Store, run_id: int, end: State
) -> None:
    await load(store, asked(1, 0, 10, title="old"))
    await finish(store, await claim_one(store, run_id), end)

    loaded = await load(store, asked(1, 0, 10, title="new"))

    assert loaded.retitled == (end is State.FAILED)
    assert await titles(store) == ["new" if end is State.FAILED else "old"]
    assert await states(store) == [end]


async def test_a_title_is_not_changed_under_a_request(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10, title="old"))
    await claim_one(store, run_id)

    assert (await load(store, asked(1, 0, 10, title="new"))).retitled == 0
    assert await titles(store) == ["old"]


async def test_of_a_range_given_twice_the_first_title_counts_each_time(store: Store) -> None:
    rows = [asked(1, 0, 10), asked(1, 0, 10, title="first"), asked(1, 0, 10, title="second")]

    assert await load(store, *rows) == Loaded(1, 2, 0)
    assert await load(store, *rows) == Loaded(0, 3, 0)
    assert await titles(store) == ["first"]


@pytest.mark.parametrize(
    "impossible",
    [
        replace(asked(3, 0, 10), end_ms=None),
        replace(asked(3, 0, 10), start_ms=-1),
        asked(3, 10, 10),
        asked(3, 20, 10),
    ],
)
async def test_a_range_that_cannot_be_is_never_dropped_in_silence(
    store: Store, impossible: Range
) -> None:
    staging = await store.stage()
    await staging.add([StagedRow("m.csv", 2, row) for row in (*NIGHT, impossible)])

    with pytest.raises(TableError, match="constraint"):
        await staging.merge(AT)

    assert await reports(store) == []
    assert await load(store, *NIGHT) == Loaded(4, 0, 0)


async def test_rows_that_cannot_be_staged_leave_the_store_usable(store: Store) -> None:
    await load(store, asked(1, 0, 10))
    staging = await store.stage()
    broken = replace(asked(3, 0, 10), priority=None)  # type: ignore[arg-type]

    with pytest.raises(TableError, match="constraint"):
        await staging.add([StagedRow("m.csv", 2, asked(2, 0, 10)), StagedRow("m.csv", 3, broken)])

    await in_doubt(store, await start_run(store))
    assert await states(store) == [State.IN_DOUBT]


async def test_what_is_staged_is_in_nobodys_way_and_goes_with_the_next_staging(
    store: Store,
) -> None:
    staging = await store.stage()
    await staging.add([StagedRow("m.csv", 2, NIGHT[0])])

    assert await reports(store) == []
    assert await load(store, NIGHT[1]) == Loaded(1, 0, 0)
    assert [report.range for report in await reports(store)] == [NIGHT[1]]


async def test_loading_changes_nothing_of_what_is_there(store: Store, run_id: int) -> None:
    await load(store, *NIGHT, asked(7, 0, 10))
    [first, second, third] = await claim(store, run_id)
    await finish(store, first, State.SUBMITTED)
    await finish(store, second, State.REJECTED)
    assert await intend(store, third)
    before = await reports(store)

    lower = [replace(row, priority=-4, force=True) for row in (*NIGHT, asked(7, 0, 10))]

    assert await load(store, *lower, manifest="b.csv", at=AT + 99) == Loaded(0, 5, 0)
    assert await reports(store) == before
    assert await finish(store, third, State.SUBMITTED)


async def test_a_load_goes_through_while_somebody_reads(table: Table, store: Store) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(300)))
    reading = (await table.read()).ranges()
    await anext(reading)

    assert await load(store, asked(999, 0, 10)) == Loaded(1, 0, 0)
    assert len([report async for report in reading]) == 299


async def test_a_load_and_a_runs_journal_get_on_with_each_other(
    table: Table, store: Store, run_id: int
) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(20)))
    loader = await table.open()
    staging = await loader.stage()

    async with Journal(store) as journal:
        for number, claimed in enumerate(await claim(store, run_id, 20)):
            await staging.add([StagedRow("late.csv", number, asked(number, 20, 30))])
            assert await journal.write(ending(claimed, State.SUBMITTED, CREATED))

    assert await staging.merge(AT) == Loaded(20, 0, 0)
    assert len(await claim(store, run_id, 100)) == 20


async def test_what_was_reopened_and_given_again_is_still_one_range(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10))
    await in_doubt(store, run_id)
    await reopen(store, State.IN_DOUBT)

    assert await load(store, asked(1, 0, 10)) == Loaded(0, 1, 0)
    assert len(await claim(store, run_id)) == 1
