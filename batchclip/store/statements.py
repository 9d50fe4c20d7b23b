"""SQL lives in files, one statement a file."""

import re
from functools import cache
from pathlib import Path

SQL_FOLDER = Path(__file__).parent / "sql"


@cache
def statements() -> dict[str, str]:
    """All of them at once, so that no commit of a night has to open a file any more."""
    return {path.stem: path.read_text(encoding="utf-8") for path in SQL_FOLDER.glob("*.sql")}


def sql(name: str) -> str:
    """Return the statement in `sql/<name>.sql`."""
    return statements()[name]


ROW = re.compile(r"\((?:\?, )+\?\)")
"""A row of parameters in a statement."""


@cache
def sql_for(name: str, rows: int) -> str:
    """Return the statement with its row of parameters so many times.

    One statement for many rows: run once for each, it would give up the interpreter's lock and wait
    for it again each time.
    """
    [row] = ROW.findall(sql(name))
    return sql(name).replace(row, ", ".join([row] * rows))
