"""What a person or a run waits for takes no longer when most of a large table is done."""

import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from batchclip.job import State
from batchclip.store.base import Claim, Reopen, StartRun, Write
from batchclip.store.decisions import Cancel
from batchclip.store.selection import Selection, Wanted
from batchclip.store.sqlite import SqliteStore
from tests.support.plans import plan
from tests.support.tables import (
    AT,
    SqliteTable,
    asked,
    claim,
    file,
    finish,
    in_doubt,
    load,
    reports,
    start_run,
    write,
)

DONE = 5_000
FEW_STEPS = DONE // 2
SENT = ("submitting", "submitted")
CANCELLABLE = (State.PENDING, State.FAILED, State.REJECTED)
NOT_DONE = tuple(state for state in State if state not in {State.SUBMITTED, State.ALREADY_DONE})


@dataclass
class Counter:
    """Counts the steps of SQLite's virtual machine on one connection."""

    steps: int = 0

    def tick(self) -> int:
        self.steps += 1
        return 0


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[SqliteTable]:
    made = SqliteTable(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def store(table: SqliteTable) -> SqliteStore:
    """Thousands of submitted ranges, and one each that is pending, failed, rejected, in doubt."""
    store = await table.open()
    await load(store, *(asked(number, 0, 10) for number in range(1, DONE + 1)))
    for state in SENT:
        await store._database.execute("UPDATE jobs SET state = ?, front = 0", [state])
    await load(store, *(asked(DONE + number, 0, 10) for number in range(1, 5)), manifest="new.csv")
    run_id = await start_run(store)
    await in_doubt(store, run_id)
    for state in (State.FAILED, State.REJECTED):
        await finish(store, (await claim(store, run_id, 1))[0], state)
    return store


async def count(store: SqliteStore) -> Any:
    counts = await store.counts()
    return counts[State.SUBMITTED], counts[State.PENDING], counts[State.IN_DOUBT]


async def count_a_file(store: SqliteStore) -> Any:
    return (await store.counts_of(Selection(tuple(State), file(7))))[State.SUBMITTED]


async def count_what_a_manifest_has_left(store: SqliteStore) -> Any:
    return sum((await store.counts_of(Selection(NOT_DONE, manifest="new.csv"))).values())


async def report_what_needs_a_person(store: SqliteStore) -> Any:
    return len(await reports(store, [State.FAILED, State.REJECTED, State.IN_DOUBT]))


async def look_for_doubts(store: SqliteStore) -> Any:
    return len(await store.doubts()), len(await store.newest_projects())


async def look_for_left_claims(store: SqliteStore) -> Any:
    return await store.left_claims(), await store.open_pause(), await store.held_for(AT, 0, None)


async def look_for_a_range(store: SqliteStore) -> Any:
    return [life.report.job_id async for life in store.lives(Wanted(file_id=file(7)))]


def doing(entry: Write[Any]) -> Callable[[SqliteStore], Awaitable[Any]]:
    async def do(store: SqliteStore) -> Any:
        answer = await write(store, entry)
        return getattr(answer, "claimed", answer) and True

    return do


@pytest.mark.parametrize(
    ("work", "found"),
    [
        pytest.param(count, (DONE, 1, 1), id="status"),
        pytest.param(count_a_file, 1, id="counts of a file"),
        pytest.param(count_what_a_manifest_has_left, 4, id="counts of a manifest"),
        pytest.param(report_what_needs_a_person, 3, id="report"),
        pytest.param(look_for_doubts, (1, 1), id="doubts"),
        pytest.param(look_for_left_claims, ([], None, 0), id="left claims"),
        pytest.param(look_for_a_range, [7], id="why"),
        pytest.param(doing(StartRun(AT, 1, "archive")), True, id="start of a run"),
        pytest.param(doing(Reopen((State.FAILED,), AT, "a new run")), True, id="reopen"),
        pytest.param(doing(Claim(1, AT, 10)), True, id="claim"),
        pytest.param(doing(Cancel(Selection(CANCELLABLE), "a", AT)), True, id="cancel"),
        pytest.param(
            doing(Cancel(Selection(CANCELLABLE, manifest="new.csv"), "a", AT)),
            True,
            id="cancel a manifest",
        ),
    ],
)
async def test_what_is_done_is_not_read_again(
    store: SqliteStore, work: Callable[[SqliteStore], Awaitable[Any]], found: object
) -> None:
    counter = Counter()
    await store._database.set_progress_handler(counter.tick, 1)

    assert await work(store) == found
    assert 0 < counter.steps < FEW_STEPS


SCAN = re.compile(
    r"SCAN (?:jobs|attempts|doubts|others|known)\b(?: USING (?:COVERING )?INDEX (\w+))?"
)
PARTS = {"jobs_ready", "jobs_front", "jobs_next", "jobs_waiting", "jobs_in_doubt", "jobs_unsettled",
         "jobs_already_done"}  # fmt: skip
"""Indexes that hold no more than what is not submitted."""


@pytest.mark.parametrize(
    "name",
    [
        *("counts", "last_run", "open_pause", "older", "held_for", "start_run", "wake_all"),
        *("left_claims", "reopen", "reopen_history", "doubts", "doubt_rivals", "doubt_file"),
        *("doubt_theirs", "settle_job", "cancel", "cancel_history", "ranges_apart", "claims_end"),
        *("entries_finish", "entries_hold", "entries_put_back", "entries_intend", "entries_claim"),
        "touched_front",
    ],
)
async def test_no_statement_goes_through_all_ranges(
    table: SqliteTable, store: SqliteStore, name: str
) -> None:
    # In `counts`, `others` is no table but the sums.
    steps = [
        step for step in await plan(table.path, name) if (name, step) != ("counts", "SCAN others")
    ]
    scanned = {found[1] for step in steps if (found := SCAN.match(step))}
    assert scanned <= PARTS, steps


def ids(table: SqliteTable) -> list[int]:
    return [number for (number,) in table.rows("SELECT id FROM jobs ORDER BY id")]


async def test_ranges_are_numbered_without_gaps_whatever_is_loaded(table: SqliteTable) -> None:
    store = await table.open()
    await load(store, asked(2, 0, 10), asked(1, 0, 10), asked(2, 0, 10))
    await load(store, asked(1, 0, 10), asked(3, 0, 10), asked(2, 0, 10))
    await load(store, asked(1, 0, 10), asked(1, 20, 30))

    assert ids(table) == [1, 2, 3, 4]
    assert sum((await store.counts()).values()) == 4


@pytest.mark.parametrize("statement", ["DELETE FROM jobs", "DELETE FROM jobs WHERE id = 1"])
async def test_the_table_itself_refuses_to_lose_a_range(table: SqliteTable, statement: str) -> None:
    await load(await table.open(), asked(1, 0, 10))

    with pytest.raises(sqlite3.IntegrityError, match="a range is never deleted: cancel it instead"):
        table.rows(statement)

    assert ids(table) == [1]
