"""A range, its states, and the ways between them: in the code and in the job table's trigger."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest

from batchclip.job import (
    LEGAL,
    MAX_SINGLE_CLIP_MS,
    MIN_RANGE_MS,
    RETRYABLE,
    TRANSITIONS,
    UNSETTLED,
    Mode,
    Range,
    State,
)

FILE = UUID("a1b2c3d4-e5f6-7890-abcd-ef1234567890")
MIGRATION = Path(__file__).parents[2] / "migrations" / "sqlite" / "0001_job_table.sql"

PENDING, SUBMITTING, SUBMITTED, ALREADY_DONE, REJECTED, FAILED, IN_DOUBT, CANCELLED = State

WAYS_OUT = {
    PENDING: {SUBMITTING, CANCELLED},
    SUBMITTING: {PENDING, SUBMITTED, ALREADY_DONE, REJECTED, FAILED, IN_DOUBT},
    SUBMITTED: set(),
    ALREADY_DONE: set(),
    REJECTED: {PENDING, CANCELLED},
    FAILED: {PENDING, CANCELLED},
    IN_DOUBT: {SUBMITTED, ALREADY_DONE, REJECTED, FAILED, PENDING},
    CANCELLED: {PENDING},
}

EVERY_PAIR = list(product(State, State))


@pytest.mark.parametrize("start", State)
def test_the_ways_out_of_each_state(start: State) -> None:
    assert {end for begin, end in LEGAL if begin is start} == WAYS_OUT[start]


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("claim", {(PENDING, SUBMITTING)}),
        ("put_back", {(SUBMITTING, PENDING)}),
        ("finish", set(product([SUBMITTING], [SUBMITTED, ALREADY_DONE, REJECTED, FAILED]))),
        ("doubt", {(SUBMITTING, IN_DOUBT)}),
        (
            "settle",
            set(product([IN_DOUBT], [SUBMITTED, ALREADY_DONE, REJECTED, FAILED, PENDING])),
        ),
        ("retry", set(product([FAILED, REJECTED, CANCELLED], [PENDING]))),
        ("cancel", set(product([PENDING, FAILED, REJECTED], [CANCELLED]))),
    ],
)
def test_each_way_has_one_name(name: str, pairs: set[tuple[State, State]]) -> None:
    assert TRANSITIONS[name] == pairs


def test_no_pair_has_two_names() -> None:
    assert len(TRANSITIONS) == 7
    assert sum(len(pairs) for pairs in TRANSITIONS.values()) == len(LEGAL)


def test_a_range_that_is_being_sent_leaves_by_an_outcome_alone() -> None:
    assert [start for start, end in LEGAL if end is SUBMITTING] == [PENDING]
    assert (SUBMITTING, CANCELLED) not in LEGAL


def test_the_groups_of_states() -> None:
    assert {REJECTED, FAILED, IN_DOUBT} == UNSETTLED
    assert {start for start, _ in TRANSITIONS["retry"]} == RETRYABLE


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """A job table with one file, and nothing in it."""
    path = tmp_path_factory.mktemp("table") / "jobs.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(MIGRATION.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO manifests VALUES (1, 'm.csv', 0)")
        connection.execute("INSERT INTO sources VALUES (1, ?)", [FILE.bytes])
        yield connection


def add(table: sqlite3.Connection, state: State) -> int:
    """Add one more range in this state and return its id."""
    start = table.execute("SELECT count(*) FROM jobs").fetchone()[0]
    row = table.execute(
        "INSERT INTO jobs (source_id, start_ms, end_ms, single, force, priority, turn, state,"
        " manifest_id, line, created_at, updated_at)"
        " VALUES (1, ?, 1000000, 0, 0, 0, 1, ?, 1, 1, 0, 0) RETURNING id",
        [start, state],
    )
    return int(row.fetchone()[0])


def move(table: sqlite3.Connection, job: int, state: str) -> bool:
    """Try to write a state; False when the trigger refuses it."""
    try:
        table.execute("UPDATE jobs SET state = ? WHERE id = ?", [state, job])
    except sqlite3.IntegrityError as error:
        if "illegal transition" not in str(error):
            raise
        return False
    return True


@pytest.mark.parametrize(("start", "end"), EVERY_PAIR)
def test_the_trigger_allows_exactly_what_is_legal(
    table: sqlite3.Connection, start: State, end: State
) -> None:
    job = add(table, start)

    assert move(table, job, end) == ((start, end) in LEGAL)

    state = table.execute("SELECT state FROM jobs WHERE id = ?", [job]).fetchone()[0]
    assert state == (end if (start, end) in LEGAL else start)


def test_the_table_knows_no_other_state(table: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        table.execute("UPDATE jobs SET state = 'lost' WHERE id = ?", [add(table, PENDING)])


def test_the_bounds_that_restream_documents() -> None:
    assert (MIN_RANGE_MS, MAX_SINGLE_CLIP_MS) == (10 * 1000, 10 * 60 * 1000)


@pytest.mark.parametrize(
    ("asked", "whole", "forced", "harmless"),
    [
        (Range(FILE), True, False, True),
        (Range(FILE, mode=Mode.SINGLE), True, False, True),
        (Range(FILE, force=True), True, True, False),
        (Range(FILE, 0, 10_000), False, False, False),
        (Range(FILE, 0, 10_000, force=True), False, False, False),
        (Range(FILE, 0, 10_000, mode=Mode.SINGLE), False, False, False),
    ],
)
def test_only_a_whole_video_without_force_may_be_asked_for_twice(
    asked: Range, whole: bool, forced: bool, harmless: bool
) -> None:
    assert (asked.whole, asked.forced, asked.harmless_to_repeat) == (whole, forced, harmless)
