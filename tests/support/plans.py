"""How SQLite would go about a statement, those inside a trigger too."""

import re
import sqlite3
from pathlib import Path

from batchclip.store.connection import open_for_writing
from batchclip.store.groups import GroupWriter
from batchclip.store.statements import SQL_FOLDER, sql
from tests.support.tables import AT

STATEMENTS = sorted(path.stem for path in SQL_FOLDER.iterdir())
STAGING = [name for name in STATEMENTS if name.startswith("stage_create")]
VALUES = re.compile(r"(?<![:\w]):(\w+)")
BODY = re.compile(r"\bBEGIN\b(.*)\bEND\b", re.DOTALL)
OF_THE_ROW = re.compile(r"\b(?:NEW|OLD)\.")


def statements_of(name: str) -> list[str]:
    """The statement; those of a trigger with parameters for what its row has.

    None for what is made with each connection.
    """
    text = sql(name)
    if "CREATE TEMP VIEW" in text or "CREATE TEMP TABLE woken" in text:
        return []
    if "CREATE TEMP TRIGGER" not in text:
        return [text]
    [body] = BODY.findall(re.sub("--.*", "", text))
    return [OF_THE_ROW.sub(":", each) for each in body.split(";") if each.strip()]


async def plan(path: Path, name: str) -> list[str]:
    """How SQLite would go about one of the statements, or all of a trigger's."""
    database = await open_for_writing(path, AT)
    try:
        return await database.call(steps_of, path, name)
    finally:
        await database.close()


def steps_of(database: sqlite3.Connection, path: Path, name: str) -> list[str]:
    GroupWriter(database)
    # Else a plan names searches that SQLite makes only for references that are broken.
    database.execute("PRAGMA foreign_keys = OFF")
    for staging in STAGING:
        if staging != name:
            database.execute(sql(staging))
    database.execute(sql("load_attach"), {"address": str(path)})
    if name.startswith("load_build"):
        database.execute(sql(name.replace("build", "drop")))
    return [step for each in statements_of(name) for step in explain(database, each)]


def explain(database: sqlite3.Connection, statement: str) -> list[str]:
    names = VALUES.findall(statement)
    values = dict.fromkeys(names, 0) if names else [0] * statement.count("?")
    rows = database.execute(f"EXPLAIN QUERY PLAN {statement}", values)
    return [row[3] for row in rows]
