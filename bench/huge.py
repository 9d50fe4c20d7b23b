"""A table of millions of submitted ranges, made in a minute: a real one, multiplied.

What is multiplied has been loaded and run by batchclip itself, so the copies hold whatever a real
row holds. Only the keys differ.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from bench.ground import Ground, copied
from bench.process import CannotRunError

EACH = 5
"""Ranges a file."""
SEEDED = 5_000
"""Ranges of the table that is multiplied."""

SHIFTS: dict[str, dict[str, str | None]] = {
    "sources": {"id": "sources", "file_id": None},
    "jobs": {"id": "jobs", "source_id": "sources", "generation": "attempts"},
    "attempts": {"generation": "attempts", "job_id": "jobs"},
}
"""For each table, the columns that differ in a copy, and the table whose keys they hold.

None: what a copy has there is new.
"""
SAME = ""
NEW_FILE_ID = "randomblob(16)"


def huge_table(ground: Ground, ranges: int) -> Path:
    """A table of so many submitted ranges, with an attempt each."""
    table = copied(ground.table(SEEDED, SEEDED // EACH), ground.folder / "huge.db")
    ground.submit(table)
    with closing(sqlite3.connect(table, isolation_level=None)) as database:
        # It is thrown away when this breaks off.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -200000")
        multiply(database, ranges // SEEDED)
        database.execute("PRAGMA journal_mode = WAL")
    return table


def multiply(database: sqlite3.Connection, times: int) -> None:
    """Have each row so many times."""
    steps = {name: keys_of(database, name) for name in SHIFTS}
    database.execute("BEGIN")
    for table in SHIFTS:
        database.execute(copying(database, table, steps), {"times": times - 1})
    last = steps["attempts"] * times
    database.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'claims'", (last,))
    database.execute("COMMIT")


def keys_of(database: sqlite3.Connection, table: str) -> int:
    """How far a copy's keys must be from the original's. Raises CannotRunError on gaps."""
    key = next(iter(SHIFTS[table]))
    found = database.execute(f"SELECT count(*), max({key}) FROM {table}").fetchone()  # noqa: S608
    if found[0] != found[1]:
        raise CannotRunError(f"the keys of {table} have gaps: {found[0]} rows up to {found[1]}")
    return int(found[1])


def copying(database: sqlite3.Connection, table: str, steps: dict[str, int]) -> str:
    """The statement that copies all rows of a table `:times` times, with keys of their own."""
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    values = [shifted(name, SHIFTS[table].get(name, SAME), steps) for name in columns]
    return (
        "WITH RECURSIVE copies (copy) AS"  # noqa: S608 -- the schema's own names
        " (SELECT 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy < :times)"
        f" INSERT INTO {table} ({', '.join(columns)})"
        f" SELECT {', '.join(values)} FROM copies CROSS JOIN {table}"
    )


def shifted(column: str, keys: str | None, steps: dict[str, int]) -> str:
    """What a copy has in a column: the same, another key, or the id of a file that is new."""
    if keys is None:
        return NEW_FILE_ID
    return column if keys == SAME else f"{column} + copy * {steps[keys]}"
