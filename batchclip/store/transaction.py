"""All or nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosqlite


@asynccontextmanager
async def transaction(
    database: aiosqlite.Connection, begin: str = "BEGIN IMMEDIATE"
) -> AsyncIterator[None]:
    """Hold the table's write lock, commit at the end, roll back when anything raises."""
    await database.execute(begin)
    try:
        yield
        await database.execute("COMMIT")
    except BaseException:
        await database.rollback()
        raise
