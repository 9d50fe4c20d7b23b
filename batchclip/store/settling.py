"""How a person's word, or evidence, is written in SQLite. Each inside its group's transaction."""

import sqlite3

from batchclip.store.decisions import Cancel, Pause, Resolve, Resume, Settle
from batchclip.store.fronts import choose_fronts
from batchclip.store.rows import selection_values
from batchclip.store.statements import fetch


def settle(database: sqlite3.Connection, entry: Settle) -> bool:
    """Keep one finding, and settle what it settles.

    A range that is no longer in doubt because of its generation has none.
    """
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


def resolve(database: sqlite3.Connection, entry: Resolve) -> bool:
    """Take a person's word."""
    return end_doubt(database, entry)


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
    return bool(moved)


def cancel(database: sqlite3.Connection, entry: Cancel) -> int:
    """Cancel a selection's ranges, with the reason in their history; return how many."""
    values = selection_values(entry.selection)
    fetch(database, "cancel_history", at=entry.at, reason=entry.reason, **values)
    cancelled = fetch(database, "cancel", at=entry.at, **values)
    choose_fronts(database, (row[0] for row in cancelled))
    return len(cancelled)


def pause(database: sqlite3.Connection, entry: Pause) -> bool:
    """Begin a pause, unless there is one."""
    return bool(fetch(database, "pause", at=entry.at, by=entry.by))


def resume(database: sqlite3.Connection, entry: Resume) -> bool:
    """End the pause, if there is one."""
    return bool(fetch(database, "resume", at=entry.at, by=entry.by))
