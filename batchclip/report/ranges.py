"""`batchclip report`: every range and its outcome, streamed as CSV or as JSON."""

import csv
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

from batchclip.job import Mode
from batchclip.report.cells import safe_cell
from batchclip.store.reports import RangeReport

Row = Sequence[Any]
"""A range as `ranges.sql` gives it, with the columns in the order of FIELDS."""

Rows = AsyncIterator[Sequence[Row]]
"""Many of them at once, again and again."""

FIELDS = (
    "file_id", "start", "end", "mode", "force", "title", "priority", "state", "project_id",
    "attempts", "http_status", "error_name", "error", "manifest", "line", "created_at",
    "updated_at", "job",
)  # fmt: skip
"""The settled names of the command line's page."""

MODES = (Mode.CLIPS.value, Mode.SINGLE.value)
FORCE = FIELDS.index("force")
TEXTS = tuple(map(FIELDS.index, ("title", "project_id", "error_name", "error", "manifest")))
"""Where what a person, or a server, wrote stands."""


def utc(milliseconds: int) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    whole, rest = divmod(milliseconds, 1000)
    return f"{utc_second(whole)}.{rest:03d}Z"


@lru_cache(maxsize=1024)
def utc_second(seconds_since_1970: int) -> str:
    """ISO 8601 without a zone. Kept, because many ranges change within one second."""
    return datetime.fromtimestamp(seconds_since_1970, UTC).replace(tzinfo=None).isoformat()


def seconds(milliseconds: int | None) -> int | float | None:
    """Whole seconds as a whole number; None for a whole video."""
    if milliseconds is None:
        return None
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def fields_of(report: RangeReport) -> dict[str, object]:
    """A range under its settled names."""
    return dict(zip(FIELDS, values_of(row_of(report)), strict=True))


def row_of(report: RangeReport) -> Row:
    """A range as `ranges.sql` gives it."""
    asked = report.range
    return (
        asked.file_id.bytes, asked.start_ms, asked.end_ms, asked.mode is Mode.SINGLE, asked.force,
        asked.title, asked.priority, report.state.value, report.project_id, report.attempts,
        report.http_status, report.error_name, report.error, report.manifest, report.line,
        report.created_at, report.updated_at, report.job_id,
    )  # fmt: skip


def values_of(row: Row) -> list[object]:
    """A range's fields as JSON has them."""
    file_id, start_ms, end_ms, single, force, *told, created_at, updated_at, job_id = row
    digits = file_id.hex()
    return [
        f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",
        seconds(start_ms), seconds(end_ms), MODES[single], force == 1, *told,
        utc(created_at), utc(updated_at), job_id,
    ]  # fmt: skip


async def write_csv(chunks: Rows, out: TextIO) -> None:
    """Write a header and a row for each range."""
    writer = csv.writer(out)
    writer.writerow(FIELDS)
    async for rows in chunks:
        writer.writerows([csv_cells(values_of(row)) for row in rows])


def csv_cells(values: list[object]) -> list[object]:
    """Truth as the manifest writes it; no text that a spreadsheet would run."""
    values[FORCE] = "true" if values[FORCE] else "false"
    for place in TEXTS:
        if values[place] is not None:
            values[place] = safe_cell(values[place])
    return values


async def write_json(chunks: Rows, out: TextIO) -> None:
    """Write one JSON array, an object a line."""
    opening, encode = "[", json.JSONEncoder().encode
    async for rows in chunks:
        objects = [encode(dict(zip(FIELDS, values_of(row), strict=True))) for row in rows]
        out.write(opening + "\n" + ",\n".join(objects))
        opening = ","
    out.write("\n]\n" if opening == "," else "[]\n")


WRITERS = {"csv": write_csv, "json": write_json}
