"""A row that no batchclip has written is told as a corrupt table, whoever reads it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from batchclip.errors import TableError
from batchclip.job import State
from tests.support.tables import SqliteTable, asked, load, reports

SPOIL = """
PRAGMA ignore_check_constraints = ON;
DROP TRIGGER jobs_legal_transition;
UPDATE jobs SET state = 'lost', front = 0 WHERE id = 2;
"""


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[SqliteTable]:
    made = SqliteTable(tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def spoilt(table: SqliteTable) -> SqliteTable:
    await load(await table.open(), asked(1, 0, 10), asked(2, 0, 10))
    with closing(sqlite3.connect(table.path)) as database:
        database.executescript(SPOIL)
    return table


async def test_rows_for_a_report_are_in_states_that_there_are(spoilt: SqliteTable) -> None:
    reader = await spoilt.read()

    with pytest.raises(TableError, match="the job table is corrupt"):
        await anext(reader.range_rows())


async def test_a_row_that_was_not_asked_for_spoils_nothing(spoilt: SqliteTable) -> None:
    reader = await spoilt.read()

    assert [one.job_id for one in await reports(reader, [State.PENDING])] == [1]
