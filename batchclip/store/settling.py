"""How a person's word, or evidence, is written in SQLite. Each inside its group's transaction."""

import sqlite3
from collections.abc import Sequence

from batchclip.store.decisions import Cancel, Pause, Resolve, Resume, Settle
from batchclip.store.rows import selection_values
from batchclip.store.writes import choose_fronts, fetch


def settle(database: sqlite3.Connection, entries: Sequence[Settle]) -> list[object]:
    """Keep what was found out, and settle what it settles."""
    return [settle_one(database, entry) for entry in entries]


def settle_one(database: sqlite3.Connection, entry: Settle) -> bool:
    """Keep one finding; a range that is no longer in doubt because of its generation has none."""
    kept = fetch(
        database,
        "keep_evidence",
        job_id=entry.job_id,
        generation=entry.generation,
        ruling=entry.ruling,
        reason=entry.reason,
        compared=entry.compared,
        at=entry.at,
    )
    if kept and entry.state is not None:
        end_doubt(database, entry)
    return bool(kept)


def end_doubt(database: sqlite3.Connection, entry: Settle | Resolve) -> bool:
    """Move a range out of doubt; False when it wasn't in doubt any more."""
    evidence = entry if isinstance(entry, Settle) else None
    moved = fetch(
        database,
        "settle_job",
        job_id=entry.job_id,
        generation=entry.generation,
        state=entry.state,
        project_id=evidence.project_id if evidence else None,
        at=entry.at,
    )
    if moved:
        fetch(
            database,
            "settle_history",
            job_id=entry.job_id,
            at=entry.at,
            run_id=evidence.run_id if evidence else None,
            state=entry.state,
            reason=f"evidence: {entry.reason}" if evidence else entry.reason,
        )
        choose_fronts(database, (row[0] for row in moved))
    return bool(moved)


def resolve(database: sqlite3.Connection, entries: Sequence[Resolve]) -> list[object]:
    """Take a person's word."""
    return [end_doubt(database, entry) for entry in entries]


def cancel(database: sqlite3.Connection, entries: Sequence[Cancel]) -> list[object]:
    """Take ranges out, with the reason in their history."""
    return [cancel_one(database, entry) for entry in entries]


def cancel_one(database: sqlite3.Connection, entry: Cancel) -> int:
    """Cancel a selection's ranges; return how many."""
    values = selection_values(entry.selection)
    fetch(database, "cancel_history", at=entry.at, reason=entry.reason, **values)
    cancelled = fetch(database, "cancel", at=entry.at, **values)
    choose_fronts(database, (row[0] for row in cancelled))
    return len(cancelled)


def pause(database: sqlite3.Connection, entries: Sequence[Pause]) -> list[object]:
    """Begin a pause, unless there is one."""
    return [bool(fetch(database, "pause", at=each.at, by=each.by)) for each in entries]


def resume(database: sqlite3.Connection, entries: Sequence[Resume]) -> list[object]:
    """End the pause, if there is one."""
    return [bool(fetch(database, "resume", at=each.at, by=each.by)) for each in entries]
