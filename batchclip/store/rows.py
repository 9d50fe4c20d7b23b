"""Rows of the SQLite table as the contract's values, and back."""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from batchclip.job import Mode, Range, State
from batchclip.store.base import Claimed, Intent, LeftClaim
from batchclip.store.reports import (
    AttemptReport,
    ChangeReport,
    FileReport,
    FindingReport,
    HeldBy,
    Life,
    RangeReport,
    RunReport,
)
from batchclip.store.selection import Selection, Wanted

Row = Any


def range_of(row: Row) -> Range:
    """Read file_id, start_ms, end_ms, single, force, title, priority."""
    file_id, start_ms, end_ms, single, force, title, priority = row
    mode = Mode.SINGLE if single else Mode.CLIPS
    return Range(UUID(bytes=file_id), start_ms, end_ms, mode, bool(force), title, priority)


def claimed_of(row: Row, intent: Intent | None = None) -> Claimed:
    """Read a row of `claims_read.sql`."""
    generation, run_id, job_id, source_id, file_id = row[:5]
    asked = range_of((bytes.fromhex(file_id), *row[5:11]))
    return Claimed(generation, run_id, job_id, source_id, asked, row[11], intent)


def left_claim_of(row: Row) -> LeftClaim:
    """Read a row of `claims_read.sql` that a dead run has left."""
    return LeftClaim(claimed_of(row), row[12], row[13], row[14])


def range_report_of(row: Row) -> RangeReport:
    """Read a row of `ranges.sql`."""
    return RangeReport(range_of(row[:7]), State(row[7]), *row[8:])


def run_report_of(row: Row) -> RunReport:
    """Read a row of `last_run.sql`."""
    return RunReport(*row)


def selection_values(selection: Selection) -> dict[str, object]:
    """The parameters of `cancel.sql` and of those that count the same ranges."""
    return {
        "states": json.dumps(list(selection.states)),
        "file_id": selection.file_id.bytes if selection.file_id else None,
        "manifest": selection.manifest,
    }


def wanted_values(wanted: Wanted) -> dict[str, object]:
    """The parameters of `lives.sql`."""
    return {
        "job_id": wanted.job_id,
        "manifest": wanted.manifest,
        "line": wanted.line,
        "file_id": wanted.file_id.bytes if wanted.file_id else None,
        "start_ms": wanted.start_ms,
    }


def life_of(
    row: Row,
    attempts: Iterable[Row],
    changes: Iterable[Row],
    findings: Iterable[Row],
    held_by: Sequence[Row],
) -> Life:
    """Put a row of `lives.sql` and what belongs to it together."""
    return Life(
        range_report_of(row[:18]),
        loaded_at=row[18],
        due_at=row[19],
        attempts=tuple(AttemptReport(*each) for each in attempts),
        changes=tuple(change_of(each) for each in changes),
        findings=tuple(FindingReport(*each) for each in findings),
        held_by=HeldBy(held_by[0][0], State(held_by[0][1])) if held_by else None,
    )


def change_of(row: Row) -> ChangeReport:
    """Read a row of `life_changes.sql`."""
    at, run_id, from_state, to_state, reason = row
    return ChangeReport(at, run_id, State(from_state), State(to_state), reason)


def file_report_of(row: Row) -> FileReport:
    """Read a row of `files.sql`."""
    file_id, ranges, clipped, sent = row
    return FileReport(UUID(bytes=file_id), ranges, clipped, sent)
