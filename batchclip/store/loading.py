"""Loading: rows that are known to be good go into the job table, all or nothing.

What takes long is done before the table's write lock is taken. It holds as long as no other load
has come between: only a load adds ranges or changes titles.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from batchclip.store.fronts import choose_fronts
from batchclip.store.statements import fetch, sql
from batchclip.store.transaction import transaction

TOUCHED_AT_ONCE = 10_000

REBUILD_FROM = 1_000
"""From how many new ranges on it may be faster to build the table's large indexes anew."""


def prepare(database: sqlite3.Connection) -> int:
    """Find out what is new, and where it goes; return the last load that this knows of."""
    with transaction(database, "BEGIN"):
        if fetch(database, "stage_repeated")[0][0]:
            fetch(database, "stage_titles")
            fetch(database, "stage_repeats")
        return compare(database)


def compare(database: sqlite3.Connection) -> int:
    """Compare the rows with the job table as it is now; return its last load."""
    fetch(database, "load_forget_titles")
    fetch(database, "load_forget_places")
    fetch(database, "load_files")
    if fetch(database, "load_known")[0][0]:
        fetch(database, "load_match")
        fetch(database, "load_earlier")
        fetch(database, "load_other_titles")
    several = fetch(database, "load_priorities")[0][0]
    fetch(database, "load_places_by_priority" if several else "load_places")
    return last_load(database)


def last_load(database: sqlite3.Connection) -> int:
    """The newest manifest's id: every load notes at least one."""
    return int(fetch(database, "last_manifest")[0][0])


def merge(
    database: sqlite3.Connection, seen: int, manifests: Mapping[str, int], at: int
) -> tuple[int, int]:
    """Take what is new into the job table, all or nothing; say how many ranges and titles."""
    with transaction(database):
        before = last_load(database)
        if before != seen:
            compare(database)
        for name, number in manifests.items():
            fetch(database, "load_manifest", id=before + number, name=name, at=at)
        fetch(database, "load_titles", at=at)
        retitled = changes(database)
        fetch(database, "load_sources")
        fetch(database, "load_files")
        return add_ranges(database, before, at), retitled


def add_ranges(database: sqlite3.Connection, before: int, at: int) -> int:
    """Add the new ranges, of manifests with ids after `before`; return how many."""
    new, there = fetch(database, "load_sizes")[0]
    if new:
        with large_indexes(database, anew=new >= REBUILD_FROM and 2 * new >= there):
            fetch(database, "load_jobs", at=at, manifests=before)
        choose_touched_fronts(database)
    return int(new)


@contextmanager
def large_indexes(database: sqlite3.Connection, *, anew: bool) -> Iterator[None]:
    """Keep up the indexes that hold every new row, or build each of them afterwards by one sort.

    A new row's place in them is anywhere, so that nearly each one has a page read and written. The
    schema is the same afterwards, and nobody else ever sees it without them.
    """
    if anew:
        fetch(database, "load_drop_identity")
        fetch(database, "load_drop_next")
    yield
    if anew:
        fetch(database, "load_build_identity")
        fetch(database, "load_build_next")


def changes(database: sqlite3.Connection) -> int:
    """Rows that the last statement wrote."""
    return int(fetch(database, "changes")[0][0])


def choose_touched_fronts(database: sqlite3.Connection) -> None:
    """Choose the fronts of files that had ranges before, where they may change.

    The new files' came with their rows.
    """
    touched = database.execute(sql("load_touched"))
    while rows := touched.fetchmany(TOUCHED_AT_ONCE):
        choose_fronts(database, (row[0] for row in rows))
