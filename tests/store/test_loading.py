"""Manifests into the table: what is new, what is known, all or nothing, and beside a run."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from batchclip.errors import TableError
from batchclip.job import Mode, Range, State
from batchclip.store import loading, staging
from batchclip.store.base import Loaded, Store
from batchclip.store.journal import Journal
from batchclip.store.staging import SqliteStaging
from tests.support.tables import (
    AT,
    CREATED,
    Given,
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
    spans,
    stage,
    start_run,
    states,
    stored,
)

NIGHT = [asked(number, start, start + 15) for number in (1, 2) for start in (0, 20)]


@pytest.fixture(autouse=True, params=[1, 1_000], ids=["indexes built anew", "indexes kept up"])
def rebuild_from(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "REBUILD_FROM", request.param)


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
    await staging.add("first.csv", [stored(7, NIGHT[0])])
    await staging.add("second.csv", [stored(3, row) for row in NIGHT])

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
    await staging.add("m.csv", [stored(2, row) for row in (*NIGHT, impossible)])

    with pytest.raises(TableError, match="constraint"):
        await staging.merge(AT)

    assert await reports(store) == []
    assert await load(store, *NIGHT) == Loaded(4, 0, 0)


async def test_rows_that_cannot_be_staged_leave_the_store_usable(store: Store) -> None:
    await load(store, asked(1, 0, 10))
    staging = await store.stage()
    broken = replace(asked(3, 0, 10), priority=None)  # type: ignore[arg-type]

    with pytest.raises(TableError, match="constraint"):
        await staging.add("m.csv", [stored(2, asked(2, 0, 10)), stored(3, broken)])
    await staging.close()

    await in_doubt(store, await start_run(store))
    assert await states(store) == [State.IN_DOUBT]


async def test_a_load_that_has_lost_a_batch_on_the_way_is_no_load(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [sqlite3.OperationalError("disk I/O error")]

    def sort_in(database: sqlite3.Connection, manifest: int) -> None:
        if failures:
            raise failures.pop()
        sort_in_for_real(database, manifest)

    sort_in_for_real = staging.sort_in
    monkeypatch.setattr(staging, "sort_in", sort_in)
    rows = await store.stage()
    with pytest.raises(TableError, match="disk I/O error"):
        await stage(rows, [Given("m.csv", 2, row) for row in NIGHT])
    await rows.close()

    assert await reports(store) == []


async def test_what_is_staged_and_never_merged_is_in_nobodys_way(
    store: Store,
) -> None:
    staging = await store.stage()
    await staging.add("m.csv", [stored(2, NIGHT[0])])

    assert await reports(store) == []
    assert await load(store, NIGHT[1]) == Loaded(1, 0, 0)
    assert [report.range for report in await reports(store)] == [NIGHT[1]]
    await staging.close()


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
            await staging.add("late.csv", [stored(number, asked(number, 20, 30))])
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


async def test_loading_leaves_the_schema_as_it_was(table: Table, store: Store) -> None:
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
    before = table.rows(schema)

    await load(store, *NIGHT)

    assert table.rows(schema) == before
    assert table.rows("PRAGMA integrity_check") == [("ok",)]


async def test_a_load_that_fails_leaves_the_schema_as_it_was(table: Table, store: Store) -> None:
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
    before = table.rows(schema)

    with pytest.raises(TableError, match="constraint"):
        await load(store, *NIGHT, replace(asked(3, 0, 10), start_ms=-1))

    assert table.rows(schema) == before


async def test_of_a_new_file_the_highest_priority_comes_first(store: Store, run_id: int) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30, priority=5), asked(1, 40, 50, priority=5))

    assert (await claim_one(store, run_id)).range == asked(1, 20, 30, priority=5)


async def test_a_better_range_of_a_file_that_was_there_comes_first(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    await load(store, asked(1, 20, 30, priority=5), asked(3, 0, 10))

    assert [one.range for one in await claim(store, run_id)] == [
        asked(1, 20, 30, priority=5),
        asked(2, 0, 10),
        asked(3, 0, 10),
    ]


async def test_a_file_that_was_done_goes_on_whatever_other_files_have(
    store: Store, run_id: int
) -> None:
    await load(store, asked(1, 0, 10, priority=5), asked(2, 0, 10, priority=9))
    assert await finish(store, await claim_one(store, run_id), State.SUBMITTED)
    await load(store, asked(2, 20, 30))

    assert spans(await claim(store, run_id)) == [(1, 0), (2, 20)]


async def test_a_file_goes_on_counting_its_turns(table: Table, store: Store) -> None:
    await load(store, asked(1, 0, 10), asked(1, 20, 30))
    await load(store, asked(2, 0, 10), asked(1, 40, 50), asked(1, 0, 10), asked(1, 60, 70))

    assert table.rows("SELECT turn FROM jobs ORDER BY id") == [(0,), (1,), (0,), (2,), (3,)]


async def merge_after(store: Store, between: Coroutine[Any, Any, object], *rows: Range) -> Loaded:
    """Load rows; something happens when they were compared, before the write lock is taken."""
    staging = await store.stage()
    assert isinstance(staging, SqliteStaging)
    await staging.add("mine.csv", [stored(line, row) for line, row in enumerate(rows, 2)])
    await staging._database.set_trace_callback(at_the_lock(between))
    return await staging.merge(AT + 9)


def at_the_lock(work: Coroutine[Any, Any, object]) -> Callable[[str], None]:
    """What SQLite tells of each statement: the work is done to its end when a lock is asked for."""
    loop = asyncio.get_running_loop()

    def told(statement: str) -> None:
        if statement == "BEGIN IMMEDIATE":
            asyncio.run_coroutine_threadsafe(work, loop).result()

    return told


async def test_a_range_that_another_load_brings_in_the_meantime_is_known(
    table: Table, store: Store
) -> None:
    other = load(await table.open(), asked(1, 0, 10), asked(2, 0, 10), manifest="other.csv")

    mine = [asked(2, 0, 10), asked(2, 20, 30), asked(3, 0, 10)]

    assert await merge_after(store, other, *mine) == Loaded(added=2, known=1, retitled=0)
    assert [(report.manifest, report.line) for report in await reports(store)] == [
        ("other.csv", 2),
        ("other.csv", 3),
        ("mine.csv", 3),
        ("mine.csv", 4),
    ]
    assert table.rows("SELECT turn, front FROM jobs") == [(0, 1), (0, 1), (1, 0), (0, 1)]


async def test_a_title_that_another_load_takes_over_in_the_meantime_is_the_older_one(
    table: Table, store: Store
) -> None:
    await load(store, asked(1, 0, 10, title="mine"))
    other = load(await table.open(), asked(1, 0, 10, title="theirs"), manifest="other.csv")

    loaded = await merge_after(store, other, asked(1, 0, 10, title="mine"))

    assert loaded == Loaded(added=0, known=1, retitled=1)
    assert await titles(store) == ["mine"]


async def test_a_range_that_was_sent_in_the_meantime_keeps_its_title(
    store: Store, table: Table, run_id: int
) -> None:
    await load(store, asked(1, 0, 10, title="old"))
    claimed = await claim_one(store, run_id)
    sent = finish(await table.open(), claimed, State.SUBMITTED)

    loaded = await merge_after(store, sent, asked(1, 0, 10, title="new"), asked(1, 20, 30))

    assert loaded == Loaded(added=1, known=1, retitled=0)
    assert await titles(store) == ["old", None]
    assert [one.range for one in await claim(store, run_id)] == [asked(1, 20, 30)]
