"""Which of a file's ranges may be claimed next: chosen anew whenever the file changes."""

import json
import sqlite3
from collections.abc import Iterable

from batchclip.store.statements import sql


def prepare_fronts(database: sqlite3.Connection) -> None:
    """Make ready for `choose_fronts`: once a connection, which sees the job table."""
    database.execute(sql("touched"))
    database.execute(sql("touched_front"))


def choose_fronts(database: sqlite3.Connection, sources: Iterable[int]) -> None:
    """Choose anew which range of each of these files may be claimed next."""
    touched = json.dumps(sorted(set(sources)))
    if touched != "[]":
        database.execute(sql("touch"), {"sources": touched})
