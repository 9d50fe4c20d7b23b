"""Every statement fits the schema, and what runs for every request reads no more than it needs."""

import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing, nullcontext
from itertools import product
from pathlib import Path

import pytest

from batchclip.job import LEGAL, Range, State
from batchclip.store.base import Claims
from batchclip.store.decisions import Pause
from batchclip.store.selection import Wanted
from batchclip.store.sqlite import SqliteStore
from batchclip.store.statements import SQL_FOLDER, sql
from tests.support.plans import STATEMENTS, plan
from tests.support.tables import (
    AT,
    SqliteTable,
    asked,
    claim,
    claims,
    file,
    finish,
    load,
    start_run,
)

RANGES = 20_000
FEW_STEPS = RANGES // 2


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[SqliteTable]:
    made = SqliteTable(tmp_path)
    yield made
    await made.close()


def code() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in SQL_FOLDER.parent.glob("*.py"))


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_statement_fits_the_schema_and_is_used(table: SqliteTable, name: str) -> None:
    await plan(table.path, name)

    assert f'"{name}"' in code()


def test_every_file_of_the_folder_is_a_statement() -> None:
    assert {path.suffix for path in SQL_FOLDER.iterdir()} == {".sql"}
    assert all(sqlite3.complete_statement(sql(name) + "\n;") for name in STATEMENTS)


async def test_a_claim_goes_along_the_order_of_work_without_a_sort(table: SqliteTable) -> None:
    steps = await plan(table.path, "entries_claim")

    assert "SCAN jobs USING INDEX jobs_ready" in steps
    assert not [step for step in steps if "ORDER BY" in step]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("touched_front", "jobs_next"),
        ("touched_front", "jobs_in_doubt"),
        ("touched_front", "jobs_front"),
        ("entries_claim", "jobs_waiting"),
        ("entries_claim", "pauses_open"),
        ("entries_claim", "jobs_front"),
        ("entries_intend", "pauses_open"),
        ("wake_all", "jobs_waiting"),
        ("reopen", "jobs_unsettled"),
        ("reopen_history", "jobs_unsettled"),
        ("load_match", "jobs_identity"),
        ("load_earlier", "jobs_identity"),
        ("load_touched", "jobs_front"),
        ("open_pause", "pauses_open"),
        ("pause", "pauses_open"),
        ("resume", "pauses_open"),
        ("doubts", "jobs_unsettled"),
        ("doubts", "jobs_identity"),
        ("doubts", "attempts_job"),
        ("doubt_rivals", "jobs_identity"),
        ("doubt_rivals", "attempts_job"),
        ("doubt_file", "jobs_identity"),
        ("doubt_theirs", "jobs_identity"),
        ("doubt_theirs", "evidence_finding"),
        ("lives", "jobs_identity"),
        ("life_attempts", "attempts_job"),
        ("life_changes", "history_job"),
        ("life_findings", "evidence_finding"),
        ("life_held_by", "jobs_in_doubt"),
        ("files", "jobs_identity"),
    ],
)
async def test_a_statement_goes_by_its_index(table: SqliteTable, name: str, index: str) -> None:
    steps = await plan(table.path, name)

    assert any(re.search(rf"USING (COVERING )?INDEX {index}\b", step) for step in steps), steps


ENTRIES = [name for name in STATEMENTS if name.startswith("entries_")]
SETTLES = ["keep_evidence", "settle_job", "settle_history"]
LOOKS = ["doubts", "doubt_rivals", "doubt_file", "doubt_theirs"]
LIVES = ["life_attempts", "life_changes", "life_findings", "life_held_by"]


@pytest.mark.parametrize(
    "name",
    [
        *("touched_front", "claims_end", "doubts_end", "open_pause", "reopen"),
        *ENTRIES,
        *SETTLES,
        *LOOKS,
        *LIVES,
    ],
)
async def test_what_goes_on_all_the_time_never_reads_a_whole_table(
    table: SqliteTable, name: str
) -> None:
    steps = await plan(table.path, name)

    # Of claims the newest are read, as many as were just made; `woken` holds what has become due;
    # of `later` there are a thousand rows at the most.
    scans = re.compile(r"SCAN (?!claims|later|woken)\w+")
    assert not [step for step in steps if scans.fullmatch(step)], steps


async def test_a_files_next_range_is_found_without_a_sort(table: SqliteTable) -> None:
    steps = await plan(table.path, "touched_front")

    assert not [step for step in steps if "ORDER BY" in step]


class Counter:
    """Counts the steps of SQLite's virtual machine on one connection."""

    def __init__(self) -> None:
        self.steps = 0

    def tick(self) -> int:
        self.steps += 1
        return 0


async def test_a_claim_reads_few_rows_of_many(table: SqliteTable) -> None:
    store = await table.open()
    one_file = [asked(1, 10 * place, 10 * place + 10) for place in range(RANGES)]
    await load(store, *one_file, *(asked(number, 0, 10) for number in range(2, 1_002)))
    run_id = await start_run(store)
    counter = Counter()
    await store._database.set_progress_handler(counter.tick, 1)

    taken = await claim(store, run_id, 10)
    at_claim, counter.steps = counter.steps, 0
    for claimed in taken:
        await finish(store, claimed, State.SUBMITTED)

    assert len(taken) == 10
    assert 0 < at_claim < FEW_STEPS
    assert 0 < counter.steps < FEW_STEPS


async def test_a_claim_does_not_read_what_is_not_due_yet(table: SqliteTable) -> None:
    store = await table.open()
    await load(store, *(asked(number, 0, 10) for number in range(5_000)))
    run_id = await start_run(store)
    later = f"UPDATE jobs SET front = 0, due_at = {AT + 1_000} WHERE id > 1"  # noqa: S608 -- a time
    await store._database.execute(later)
    counter = Counter()
    await store._database.set_progress_handler(counter.tick, 1)

    assert len(await claim(store, run_id, 10)) == 1
    assert await claims(store, run_id, 10) == Claims((), AT + 1_000)
    assert 0 < counter.steps < FEW_STEPS


async def test_ranges_of_a_file_that_wake_together_have_its_front_chosen_once(
    table: SqliteTable,
) -> None:
    store = await table.open()
    await load(store, asked(1), *(asked(1, 10 * place, 10 * place + 10) for place in range(2_000)))
    run_id = await start_run(store)
    [whole] = await claim(store, run_id, 1)
    await finish(store, whole, State.IN_DOUBT)
    later = f"UPDATE jobs SET front = 0, due_at = {AT} WHERE state = 'pending'"  # noqa: S608 -- a time
    await store._database.execute(later)
    counter = Counter()
    await store._database.set_progress_handler(counter.tick, 1)

    assert await claims(store, run_id, 10) == Claims(())
    assert 0 < counter.steps < 200 * 2_000


@pytest.fixture
async def many(table: SqliteTable) -> SqliteStore:
    """Very many ranges of one file, one of each of a thousand others, and one of those in doubt."""
    store = await table.open()
    one_file = [asked(1, 10 * place, 10 * place + 10) for place in range(RANGES)]
    await load(store, *one_file, *(asked(number, 0, 10) for number in range(2, 1_002)))
    run_id = await start_run(store)
    await finish(store, (await claim(store, run_id, 2))[1], State.IN_DOUBT)
    return store


async def look_for_doubts(store: SqliteStore) -> int:
    return len(await store.doubts())


async def look_for_a_number(store: SqliteStore) -> int:
    return len([life async for life in store.lives(Wanted(job_id=9))])


async def look_for_a_file(store: SqliteStore) -> int:
    return len([life async for life in store.lives(Wanted(file_id=file(7)))])


async def claim_while_paused(store: SqliteStore) -> int:
    await store.commit([Pause("ann", AT)])
    return (await claims(store, 1, 10)).paused


@pytest.mark.parametrize(
    "look", [look_for_doubts, look_for_a_number, look_for_a_file, claim_while_paused]
)
async def test_what_is_looked_for_is_found_without_reading_many_rows(
    many: SqliteStore, look: Callable[[SqliteStore], Awaitable[int]]
) -> None:
    counter = Counter()
    await many._database.set_progress_handler(counter.tick, 1)

    assert await look(many) == 1
    assert 0 < counter.steps < FEW_STEPS


BEFORE = """INSERT INTO jobs (id, source_id, single, force, priority, turn, state,
    manifest_id, line, created_at, updated_at)
SELECT 99, source_id, single, force, 9, 9, '{}', manifest_id, 9, 9, 9 FROM jobs"""


@pytest.mark.parametrize(("start", "end"), list(product(State, State)))
async def test_the_tables_own_transitions_are_those_of_the_code(
    table: SqliteTable, start: State, end: State
) -> None:
    await load(await table.open(), asked(1, 0, 10))
    refused = pytest.raises(sqlite3.IntegrityError, match="illegal transition of a range")
    with closing(sqlite3.connect(table.path)) as database:
        database.execute(BEFORE.format(start))
        with nullcontext() if (start, end) in LEGAL else refused:
            database.execute("UPDATE jobs SET state = ? WHERE id = 99", [end])


COPY = """INSERT INTO jobs (source_id, start_ms, end_ms, single, force, priority, turn, state,
    manifest_id, line, created_at, updated_at)
SELECT source_id, start_ms, end_ms, single, {force}, 9, 9, 'pending', manifest_id, 9, 9, 9
FROM jobs"""


@pytest.mark.parametrize(
    ("wanted", "force"),
    [(asked(1, 0, 10), 0), (asked(1, 0, 10), 1), (asked(1), 0), (asked(1, force=True), 1)],
)
async def test_the_table_itself_refuses_the_same_range_a_second_time(
    table: SqliteTable, wanted: Range, force: int
) -> None:
    await load(await table.open(), wanted)

    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE constraint failed"):
        table.rows(COPY.format(force=force))


@pytest.mark.parametrize("column", ["source_id", "job_id"])
async def test_the_table_itself_refuses_a_file_or_a_range_a_second_claim(
    table: SqliteTable, column: str
) -> None:
    store = await table.open()
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    await claim(store, await start_run(store), 1)
    values = {"source_id": 2, "job_id": 2} | {column: 1}
    insert = "INSERT INTO claims (source_id, job_id, run_id) VALUES ({source_id}, {job_id}, 1)"

    with pytest.raises(sqlite3.IntegrityError, match=f"UNIQUE constraint failed: claims.{column}"):
        table.rows(insert.format(**values))


async def test_the_table_itself_refuses_an_illegal_transition(table: SqliteTable) -> None:
    await load(await table.open(), asked(1, 0, 10))

    with pytest.raises(sqlite3.IntegrityError, match="illegal transition of a range"):
        table.rows("UPDATE jobs SET state = 'submitted', front = 0")
