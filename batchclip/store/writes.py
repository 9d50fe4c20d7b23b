"""How a run's beginning and end are written in SQLite. Each inside its group's transaction."""

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from batchclip.store.base import EndRun, LeftClaim, Reopen, StartRun
from batchclip.store.fronts import choose_fronts
from batchclip.store.rows import left_claim_of
from batchclip.store.statements import fetch


def start_run(database: sqlite3.Connection, entry: StartRun) -> int:
    """Note a run; whatever was backed off in an earlier one is due at once."""
    [(run_id,)] = fetch(database, "start_run", **asdict(entry))
    choose_fronts(database, (row[0] for row in fetch(database, "wake_all")))
    return int(run_id)


def end_run(database: sqlite3.Connection, entry: EndRun) -> None:
    """Note how a run ended."""
    fetch(
        database,
        "end_run",
        run_id=entry.run_id,
        at=entry.at,
        exit_code=entry.exit_code,
        because=entry.because,
    )


def reopen(database: sqlite3.Connection, entry: Reopen) -> int:
    """Put every range of the entry's states back to pending, with the reason in their history."""
    sources: list[int] = []
    for state in entry.states:
        fetch(
            database,
            "reopen_history",
            at=entry.at,
            run_id=entry.run_id,
            reason=entry.reason,
            state=state,
        )
        sources += [row[0] for row in fetch(database, "reopen", at=entry.at, state=state)]
    choose_fronts(database, sources)
    return len(sources)


def left_claims(database: sqlite3.Connection) -> list[LeftClaim]:
    """Read every claim that there is."""
    rows: list[Any] = fetch(database, "left_claims")
    return [left_claim_of(json.loads(row[0])) for row in rows]
