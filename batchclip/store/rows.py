"""Rows of the SQLite table as the contract's values, and back."""

from typing import Any
from uuid import UUID

from batchclip.job import Mode, Range, State
from batchclip.store.base import Claimed, Finish, LeftClaim, RangeReport, RunReport, StagedRow

Row = Any


def range_of(row: Row) -> Range:
    """Read file_id, start_ms, end_ms, single, force, title, priority."""
    file_id, start_ms, end_ms, single, force, title, priority = row
    mode = Mode.SINGLE if single else Mode.CLIPS
    return Range(UUID(bytes=file_id), start_ms, end_ms, mode, bool(force), title, priority)


def left_claim_of(row: Row) -> LeftClaim:
    """Read a row of `claimed.sql`."""
    generation, run_id, job_id, source_id = row[:4]
    claimed = Claimed(generation, run_id, job_id, source_id, range_of(row[4:11]), row[11])
    return LeftClaim(claimed, row[12])


def range_report_of(row: Row) -> RangeReport:
    """Read a row of `ranges.sql`."""
    return RangeReport(range_of(row[:7]), State(row[7]), *row[8:])


def run_report_of(row: Row) -> RunReport:
    """Read a row of `last_run.sql`."""
    return RunReport(*row)


def staged_values(manifest_id: int, row: StagedRow) -> tuple[object, ...]:
    """The parameters of `stage_add.sql`."""
    asked = row.range
    return (
        asked.file_id.bytes,
        asked.start_ms,
        asked.end_ms,
        asked.mode is Mode.SINGLE,
        asked.force,
        asked.title,
        asked.priority,
        manifest_id,
        row.line,
    )


def finished_values(entry: Finish) -> dict[str, object]:
    """One element of the JSON array that `finish_jobs.sql` and `record_attempts.sql` read."""
    outcome = entry.outcome
    return {
        "generation": entry.claimed.generation,
        "job_id": entry.claimed.job_id,
        "run_id": entry.claimed.run_id,
        "state": entry.state,
        "due_at": entry.due_at,
        "uses_attempt": int(entry.uses_attempt),
        "project_id": outcome.project_id,
        "at": entry.at,
        "sent_at": entry.sent_at,
        "took_ms": entry.took_ms,
        "outcome": outcome.kind,
        "http_status": outcome.http_status,
        "error_name": outcome.error_name,
        "error": outcome.error,
    }
