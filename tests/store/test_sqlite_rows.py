"""A row that no batchclip has written is told as a corrupt table, whoever reads it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from batchclip.errors import TableError
from batchclip.job import State
from tests.support.tables import SqliteTable, asked, claims, load, reports, start_run

SPOIL = "PRAGMA ignore_check_constraints = ON; DROP TRIGGER jobs_legal_transition;"
SPOILT = {
    "a state": "UPDATE jobs SET state = 'lost', front = 0 WHERE id = 2",
    "a file's id": "UPDATE sources SET file_id = x'0815' WHERE id = 2",
}


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[SqliteTable]:
    made = SqliteTable(tmp_path)
    yield made
    await made.close()


@pytest.fixture(params=SPOILT)
async def spoilt(table: SqliteTable, request: pytest.FixtureRequest) -> SqliteTable:
    await load(await table.open(), asked(1, 0, 10), asked(2, 0, 10))
    with closing(sqlite3.connect(table.path)) as database:
        database.executescript(SPOIL + SPOILT[request.param])
    return table


async def test_a_row_for_a_report_is_of_a_file_and_in_a_state(spoilt: SqliteTable) -> None:
    reader = await spoilt.read()

    with pytest.raises(TableError, match="the job table is corrupt"):
        await anext(reader.range_rows())


async def test_what_was_not_asked_for_spoils_no_report(spoilt: SqliteTable) -> None:
    reader = await spoilt.read()

    assert await reports(reader, [State.FAILED]) == []


@pytest.mark.parametrize(
    "change",
    [
        SPOILT["a file's id"],
        "UPDATE jobs SET title = CAST(x'ff' AS TEXT) WHERE id = 2",
    ],
)
async def test_a_claim_that_meets_such_a_row_leaves_everything_as_it_was(
    table: SqliteTable, change: str
) -> None:
    store = await table.open()
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    with closing(sqlite3.connect(table.path)) as database:
        database.executescript(SPOIL + change)

    with pytest.raises(TableError, match="the job table is corrupt"):
        await claims(store, await start_run(store), 2)

    assert table.rows("SELECT count(*) FROM claims") == [(0,)]
    assert table.rows("SELECT DISTINCT state FROM jobs") == [("pending",)]
