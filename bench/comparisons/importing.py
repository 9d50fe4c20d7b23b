"""What a load is compared with: `sqlite3 .import` of the same rows into the same table, unchecked.

`.import` can't write NULL: an empty cell becomes an empty text. So the table that it fills is the
job table with its checks and partial indexes asking for the empty text where they ask for NULL.
Both take one byte in a row's header and none in its body: the files come out equally big, which
is checked.
"""

import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from bench.ground import Ground, copied, on_disk, removed
from bench.process import CannotRunError, Command, Measured, environment, measure

TOLERANCE = 0.05
"""How much the files may differ in size; a load leaves some pages of its own work behind."""


def export(loaded: Path, to: Path, manifest_id: int) -> Path:
    """Write the rows of one manifest as CSV, in the manifest's order, as the table holds them."""
    query = f"SELECT * FROM jobs WHERE manifest_id = {manifest_id:d} ORDER BY line"  # noqa: S608
    with to.open("wb") as out:
        subprocess.run(["sqlite3", "-csv", loaded, query], stdout=out, check=True)
    return to


def empty_table(loaded: Path, to: Path) -> Path:
    """Make a table for `.import`: everything that the loaded one holds, but no ranges."""
    removed(to)
    with closing(sqlite3.connect(to, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("ATTACH ? AS loaded", (str(loaded),))
        empty = columns_of_null(database)
        schema = database.execute(
            "SELECT name, tbl_name, sql FROM loaded.sqlite_master"
            " WHERE sql IS NOT NULL AND type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        for name, table, statement in schema:
            database.execute(without_null(statement, empty) if table == "jobs" else statement)
            if name in {"sources", "manifests"}:
                database.execute(f"INSERT INTO {name} SELECT * FROM loaded.{name}")  # noqa: S608
    return to


def columns_of_null(database: sqlite3.Connection) -> list[str]:
    """The columns that are NULL in every loaded range."""
    names = [row[1] for row in database.execute("PRAGMA loaded.table_info(jobs)")]
    counts = ", ".join(f"count({name})" for name in names)
    found = database.execute(f"SELECT {counts} FROM loaded.jobs").fetchone()  # noqa: S608
    return [name for name, count in zip(names, found, strict=True) if not count]


def without_null(statement: str, columns: list[str]) -> str:
    """A statement of the schema in which these columns are empty texts instead of NULL."""
    for name in columns:
        statement = re.sub(rf"\b{name} IS NULL", f"{name} = ''", statement)
        statement = re.sub(rf"\b{name} IS NOT NULL", f"{name} <> ''", statement)
    return statement.removesuffix(" STRICT")


def import_rows(ground: Ground, empty: Path, csv: Path, to: Path) -> Measured:
    """Measure `.import` into a copy of a table, as a whole process."""
    copied(empty, to)
    words = ("sqlite3", to, f".import --csv {csv.name} jobs")
    return measure(Command(words, environment(ground.folder), ground.folder))


def check_alike(loaded: Path, imported: Path) -> None:
    """Raise CannotRunError unless both hold as many ranges in about as many bytes."""
    counts = []
    for table in (loaded, imported):
        with closing(sqlite3.connect(table)) as database:
            counts.append(database.execute("SELECT count(*), sum(front) FROM jobs").fetchone())
    unlike = abs(on_disk(imported) / on_disk(loaded) - 1) > TOLERANCE
    if counts[0] != counts[1] or unlike:
        raise CannotRunError(
            f"the imported table is not like the loaded one: {counts[1]} for {counts[0]},"
            f" {on_disk(imported):,} bytes for {on_disk(loaded):,}"
        )
