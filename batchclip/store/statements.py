"""SQL lives in files, one statement a file."""

import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

SQL_FOLDER = Path(__file__).parent / "sql"

KEPT_PREPARED = 96
"""Statements that a connection keeps prepared. One of `AT_ONCE` entries is 0.3 MB."""


@cache
def statements() -> dict[str, str]:
    """All of them at once, so that no commit of a night has to open a file any more."""
    return {path.stem: path.read_text(encoding="utf-8") for path in SQL_FOLDER.glob("*.sql")}


def sql(name: str) -> str:
    """Return the statement in `sql/<name>.sql`."""
    return statements()[name]


def fetch(database: sqlite3.Connection, statement: str, /, **values: object) -> list[Any]:
    """Run one of the SQL files and return its rows."""
    return database.execute(sql(statement), values).fetchall()
