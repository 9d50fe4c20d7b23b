"""The contract of the store holds for every engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batchclip.store.base import Store
from tests.support.tables import ENGINES, Table, start_run


@pytest.fixture(params=ENGINES)
async def table(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Table]:
    made = ENGINES[request.param](tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def store(table: Table) -> Store:
    return await table.open()


@pytest.fixture
async def run_id(store: Store) -> int:
    return await start_run(store)
