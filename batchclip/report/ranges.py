"""`batchclip report`: every range and its outcome, streamed as CSV or as JSON."""

import csv
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TextIO

from batchclip.report.cells import safe_cell
from batchclip.store.reports import RangeReport


def utc(milliseconds: int) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(milliseconds: int | None) -> int | float | None:
    """Whole seconds as a whole number; None for a whole video."""
    if milliseconds is None:
        return None
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def fields_of(report: RangeReport) -> dict[str, object]:
    """A range under the settled names of the command line's page."""
    asked = report.range
    return {
        "file_id": str(asked.file_id),
        "start": seconds(asked.start_ms),
        "end": seconds(asked.end_ms),
        "mode": asked.mode.value,
        "force": asked.force,
        "title": asked.title,
        "priority": asked.priority,
        "state": report.state.value,
        "project_id": report.project_id,
        "attempts": report.attempts,
        "http_status": report.http_status,
        "error_name": report.error_name,
        "error": report.error,
        "manifest": report.manifest,
        "line": report.line,
        "created_at": utc(report.created_at),
        "updated_at": utc(report.updated_at),
        "job": report.job_id,
    }


FIELDS = (
    "file_id", "start", "end", "mode", "force", "title", "priority", "state", "project_id",
    "attempts", "http_status", "error_name", "error", "manifest", "line", "created_at",
    "updated_at", "job",
)  # fmt: skip


async def write_csv(ranges: AsyncIterator[RangeReport], out: TextIO) -> None:
    """Write a header and a row for each range."""
    writer = csv.writer(out)
    writer.writerow(FIELDS)
    async for report in ranges:
        writer.writerow([csv_cell(value) for value in fields_of(report).values()])


def csv_cell(value: object) -> object:
    """Truth as the manifest writes it; no text that a spreadsheet would run."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return safe_cell(value)


async def write_json(ranges: AsyncIterator[RangeReport], out: TextIO) -> None:
    """Write one JSON array, an object a line."""
    opening = "["
    async for report in ranges:
        out.write(opening + "\n" + json.dumps(fields_of(report)))
        opening = ","
    out.write("\n]\n" if opening == "," else "[]\n")


WRITERS = {"csv": write_csv, "json": write_json}
