"""Entries as rows: each value under its column, and few statements for many sizes of a group."""

import sqlite3
from contextlib import closing

import pytest

from batchclip.job import State
from batchclip.outcome import Kind, Outcome
from batchclip.store.base import Claim, Claimed, Finish, Hold, Intend, Intent, PutBack, Write
from batchclip.store.entryrows import COLUMNS, EVENLY, FINISH, SELDOM, rows_of, statement_for
from batchclip.store.statements import sql
from tests.support.tables import AT, SILENT, asked

CLAIMED = Claimed(7, 2, 31, 11, asked(1, 0, 10))
PLAIN = Outcome(Kind.CREATED, http_status=201, project_id="project-1")
SHORT = Finish(CLAIMED, State.SUBMITTED, PLAIN, AT, 250, AT + 1, server_sent_at=AT - 7)
LONG = Finish(
    CLAIMED,
    State.IN_DOUBT,
    SILENT,
    AT,
    250,
    AT + 1,
    uses_attempt=False,
    due_at=AT + 2,
    held_until=AT + 3,
    server_sent_at=AT - 7,
    uptime=55,
    boot="this start",
    sent_uptime=44,
)
NOTHING = dict.fromkeys(COLUMNS)
ENDED = {
    "generation": 7, "run_id": 2, "at": AT + 1, "job_id": 31, "sent_at": AT, "took_ms": 250,
    "server_sent_at": AT - 7,
}  # fmt: skip


def written(*group: Write[object]) -> list[dict[str, object]]:
    """What the statement for these puts into the view's columns."""
    rows = rows_of(enumerate(group))
    values = [value for each in rows for row in each.values for value in row]
    columns = ["kind", *COLUMNS]
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(f"CREATE TABLE entries ({', '.join(columns)})")
        database.execute(statement_for(rows), values)
        found = database.execute("SELECT * FROM entries").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]


def test_the_rows_have_the_columns_of_the_view() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(sql("entries"))
        columns = [row[1] for row in database.execute("PRAGMA table_info(entries)")]

    assert columns == ["kind", *COLUMNS]


@pytest.mark.parametrize(
    ("entry", "row"),
    [
        (
            SHORT,
            {"kind": "finish", "state": "submitted", "uses_attempt": 1, "project_id": "project-1"}
            | {"outcome": "created", "http_status": 201}
            | ENDED,
        ),
        (
            LONG,
            {"kind": "finish", "state": "in_doubt", "uses_attempt": 0, "outcome": "unknown"}
            | {"error_name": "ReadTimeout", "error": "no answer in 30 s", "due_at": AT + 2}
            | {"held_until": AT + 3, "uptime": 55, "boot": "this start", "sent_uptime": 44}
            | ENDED,
        ),
        (Hold(2, AT), {"kind": "hold", "place": None, "run_id": 2, "held_until": AT}),
        (
            Hold(2, AT, 55, "this start"),
            {"kind": "hold", "place": None, "run_id": 2, "held_until": AT}
            | {"uptime": 55, "boot": "this start"},
        ),
        (PutBack(7, AT), {"kind": "put_back", "place": None, "generation": 7, "at": AT}),
        (
            Intend(7, AT, AT - 7, 44),
            {"kind": "intend", "generation": 7, "sent_at": AT, "server_sent_at": AT - 7}
            | {"sent_uptime": 44},
        ),
        (
            Claim(2, AT, 5, Intent(AT, AT - 7, 44)),
            {"kind": "claim", "run_id": 2, "at": AT, "wanted": 5, "latest_due": AT + 300_000}
            | {"sent_at": AT, "server_sent_at": AT - 7, "sent_uptime": 44},
        ),
        (
            Claim(2, AT, 5),
            {"kind": "claim", "run_id": 2, "at": AT, "wanted": 5, "latest_due": AT + 300_000},
        ),
    ],
)
def test_every_value_stands_under_its_column(entry: Write[object], row: dict[str, object]) -> None:
    assert written(entry) == [{**NOTHING, "place": 0, **row}]


def test_ends_of_attempts_are_long_when_one_of_them_is() -> None:
    short, long = written(SHORT, LONG)

    assert (short["place"], short["error"], long["place"], long["error"]) == (
        *(0, None),
        *(1, "no answer in 30 s"),
    )
    assert len(rows_of(enumerate([SHORT, SHORT]))[0].columns) == len(FINISH)
    assert len(rows_of(enumerate([SHORT, LONG]))[0].columns) == len(FINISH) + len(SELDOM)


@pytest.mark.parametrize(
    ("ends", "rows"), [(1, 1), (EVENLY, EVENLY), (EVENLY + 1, 2 * EVENLY), (2 * EVENLY,) * 2]
)
def test_many_sizes_of_a_group_are_one_statement(ends: int, rows: int) -> None:
    found = written(*[SHORT] * ends)

    assert len(found) == rows
    assert [row["place"] for row in found] == [*range(ends), *[None] * (rows - ends)]
