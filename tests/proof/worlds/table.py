"""The job table as a world's judge reads it between two nights: with SQLite alone."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tests.proof.worlds.truth import Asked

RANGES = """
SELECT
    sources.file_id, start_ms, end_ms, single, force, state,
    jobs.id, http_status, error_name, error,
    (SELECT sent_at FROM claims WHERE job_id = jobs.id) IS NOT NULL
FROM jobs
JOIN sources ON sources.id = jobs.source_id
LEFT JOIN attempts ON attempts.generation = jobs.generation
"""


@dataclass(frozen=True)
class Standing:
    """Where a range stands. `intended`: a request may be on its way."""

    state: str
    job_id: int
    reason: str
    intended: bool


Table = dict[Asked, Standing]


def read_table(path: Path) -> Table:
    """Every range of the table; empty when a run was killed before there was one."""
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'jobs'").fetchall():
            return {}
        rows = database.execute(RANGES).fetchall()
    return {asked_of(row): standing_of(row) for row in rows}


def count_runs(path: Path) -> int:
    """How many runs have begun."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchall():
            return 0
        return int(database.execute("SELECT count(*) FROM runs").fetchone()[0])


def asked_of(row: tuple[object, ...]) -> Asked:
    file, start, end, single, force, *_ = row
    assert isinstance(file, bytes)
    whole = start is None
    return Asked(
        str(UUID(bytes=file)),
        None if whole else int(str(start)) / 1000,
        None if whole else int(str(end)) / 1000,
        bool(single),
        bool(force) and whole,
    )


def standing_of(row: tuple[object, ...]) -> Standing:
    *_, state, job_id, status, name, text, intended = row
    reason = " ".join(str(part) for part in (status, name, text) if part)
    return Standing(str(state), int(str(job_id)), reason, bool(intended))
