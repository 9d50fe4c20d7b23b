"""All or nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def transaction(database: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Hold the table's write lock, commit at the end, roll back when anything raises."""
    database.execute(begin)
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        database.rollback()
        raise
