import csv
import io
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from batchclip.job import Mode, Range, State
from batchclip.report.cells import safe_cell
from batchclip.report.ranges import (
    FIELDS,
    Row,
    fields_of,
    row_of,
    utc,
    values_of,
    write_csv,
    write_json,
)
from batchclip.store.reports import RangeReport

FILE = UUID("a1b2c3d4-e5f6-4890-abcd-000000000001")


def report(title: str | None = "A clip", asked: Range | None = None) -> RangeReport:
    asked = asked or Range(FILE, 1_500, 20_000, Mode.SINGLE, title=title, priority=3)
    return RangeReport(
        asked,
        State.REJECTED,
        None,
        2,
        404,
        "FileNotFound",
        "no such file",
        "m.csv",
        7,
        0,
        61_001,
        17,
    )


async def stream(*reports: RangeReport) -> AsyncIterator[Sequence[Row]]:
    """As the table gives them: two at once, and the rest one by one."""
    rows = [row_of(one) for one in reports]
    for chunk in (rows[:2], *([row] for row in rows[2:])):
        if chunk:
            yield chunk


def test_a_range_under_its_settled_names() -> None:
    assert fields_of(report()) == {
        "file_id": str(FILE),
        "start": 1.5,
        "end": 20,
        "mode": "single",
        "force": False,
        "title": "A clip",
        "priority": 3,
        "state": "rejected",
        "project_id": None,
        "attempts": 2,
        "http_status": 404,
        "error_name": "FileNotFound",
        "error": "no such file",
        "manifest": "m.csv",
        "line": 7,
        "created_at": "1970-01-01T00:00:00.000Z",
        "updated_at": "1970-01-01T00:01:01.001Z",
        "job": 17,
    }
    assert tuple(fields_of(report())) == FIELDS


async def test_a_whole_video_has_no_span() -> None:
    start, end, mode, force = values_of(row_of(report(asked=Range(FILE, force=True))))[1:5]
    assert (start, end, mode, force) == (None, None, "clips", True)


@pytest.mark.parametrize(
    "milliseconds", [0, 1, 999, 1_000, 1_700_000_000_001, 1_709_164_799_999, 253_402_300_799_999]
)
def test_a_moment_is_told_to_the_millisecond(milliseconds: int) -> None:
    moment = datetime.fromisoformat(utc(milliseconds))
    assert (moment - datetime.fromtimestamp(0, UTC)).total_seconds() * 1000 == milliseconds
    assert len(utc(milliseconds)) == len("1970-01-01T00:00:00.000Z")


async def test_csv_has_the_same_columns_and_no_null() -> None:
    out = io.StringIO()
    await write_csv(stream(report(asked=Range(FILE, force=True))), out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert tuple(rows[0]) == FIELDS
    assert (rows[0]["start"], rows[0]["title"], rows[0]["force"]) == ("", "", "true")


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_json_is_one_array(count: int) -> None:
    out = io.StringIO()
    await write_json(stream(*[report("\x1b[31mrot\u202e")] * count), out)
    assert len(json.loads(out.getvalue())) == count
    assert out.getvalue().isascii()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
async def test_no_cell_is_a_formula(start: str) -> None:
    out = io.StringIO()
    await write_csv(stream(report(start + "1+1")), out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert rows[0]["title"] == "'" + start + "1+1"


def test_numbers_and_plain_texts_are_left_alone() -> None:
    assert [safe_cell(value) for value in (-1, "a=b", None, "")] == [-1, "a=b", None, ""]
