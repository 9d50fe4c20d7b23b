"""The mark beside the table knows of the intents that are in it, and of no other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batchclip.store.base import Claim, Intent
from batchclip.store.decisions import Pause
from batchclip.store.mark import Mark
from tests.support.tables import AT, SqliteTable, asked, claim, intend, load, start_run, write


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[SqliteTable]:
    made = SqliteTable(tmp_path)
    yield made
    await made.close()


async def test_an_intent_that_comes_with_its_claim_is_marked(table: SqliteTable) -> None:
    store = await table.open()
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    run_id = await start_run(store)

    await write(store, Claim(run_id, AT, 5, Intent(AT)))

    assert Mark(table.path).read() == 2


async def test_a_claim_without_an_intent_is_not_marked(table: SqliteTable) -> None:
    store = await table.open()
    await load(store, asked(1, 0, 10))

    await claim(store, await start_run(store))

    assert Mark(table.path).read() == 0


async def test_an_intent_that_a_pause_has_refused_is_not_marked(table: SqliteTable) -> None:
    store = await table.open()
    await load(store, asked(1, 0, 10))
    [claimed] = await claim(store, await start_run(store))
    await write(store, Pause("ann", AT))

    assert not await intend(store, claimed)
    assert Mark(table.path).read() == 0
    # A kill at this moment leaves a table that the next run can go on with.
    await (await table.open()).close()
