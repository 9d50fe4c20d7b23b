"""How each kind of write is done in SQLite: a handful of statements for a whole group of them.

Every function runs inside the group's transaction and answers in its entries' order.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import chain, islice
from typing import Any, cast

from batchclip.job import State
from batchclip.retry import BACK_OFF_MAX_SECONDS
from batchclip.store.base import (
    Claim,
    Claims,
    EndRun,
    Finish,
    Hold,
    Intend,
    LeftClaim,
    PutBack,
    Reopen,
    StartRun,
)
from batchclip.store.rows import attempt_values, claimed_of, ended_values, left_claim_of
from batchclip.store.statements import sql, sql_for

ROWS_AT_ONCE = 128
"""Rows of one statement. Each number of them is a statement of its own to prepare and keep."""

NO_INTENT = dict.fromkeys(("sent_at", "server_sent_at", "sent_uptime"))

LONGEST_BACK_OFF_MS = round(1000 * BACK_OFF_MAX_SECONDS)


def fetch(database: sqlite3.Connection, statement: str, /, **values: object) -> list[Any]:
    """Run one of the SQL files and return its rows."""
    return database.execute(sql(statement), values).fetchall()


def fetch_json(database: sqlite3.Connection, statement: str, /, **values: object) -> list[Any]:
    """Run one of the SQL files whose rows come as one array of JSON."""
    [(rows,)] = fetch(database, statement, **values)
    return list(json.loads(rows))


def fetch_rows(
    database: sqlite3.Connection, statement: str, rows: Iterable[tuple[object, ...]]
) -> None:
    """Run one of the SQL files for many rows of parameters at once."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, ROWS_AT_ONCE)):
        database.execute(sql_for(statement, len(chunk)), list(chain.from_iterable(chunk)))


def start_runs(database: sqlite3.Connection, entries: Sequence[StartRun]) -> list[object]:
    """Note each run; whatever was backed off in an earlier one is due at once."""
    answers: list[object] = []
    for entry in entries:
        rows = fetch(database, "start_run", **asdict(entry))
        answers.append(rows[0][0])
        woken = fetch(database, "wake_all")
        choose_fronts(database, (row[0] for row in woken))
    return answers


def end_runs(database: sqlite3.Connection, entries: Sequence[EndRun]) -> list[object]:
    """Note how each run ended."""
    for entry in entries:
        fetch(
            database,
            "end_run",
            run_id=entry.run_id,
            at=entry.at,
            exit_code=entry.exit_code,
            because=entry.because,
        )
    return [None] * len(entries)


def reopen(database: sqlite3.Connection, entries: Sequence[Reopen]) -> list[object]:
    """Put ranges back to pending, with the reason in their history."""
    return [reopen_one(database, entry) for entry in entries]


def reopen_one(database: sqlite3.Connection, entry: Reopen) -> int:
    """Put every range of the entry's states back; return how many."""
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


def finish(database: sqlite3.Connection, entries: Sequence[Finish]) -> list[object]:
    """Move ranges and record attempts, each generation's entries in the order they came."""
    answers: dict[int, object] = {}
    left = dict(enumerate(entries))
    while left:
        # Reversed, so that the first of each generation is the one that stays.
        first = {left[place].claimed.generation: place for place in reversed(left)}
        places = sorted(first.values())
        done = finish_once(database, [left.pop(place) for place in places])
        answers.update(zip(places, done, strict=True))
    return [answers[place] for place in range(len(entries))]


def finish_once(database: sqlite3.Connection, entries: Sequence[Finish]) -> list[object]:
    """Finish claims that are still of their generation, which none of the others has."""
    ended = end_claims(database, [entry.claimed.generation for entry in entries])
    mine = {row[0] for row in ended}
    late = [
        entry
        for entry in entries
        if entry.claimed.generation not in mine and entry.state is not State.IN_DOUBT
    ]
    settled = late_answers(database, late)
    counted = mine | settled
    finished = [entry for entry in entries if entry.claimed.generation in counted]
    if finished:
        fetch_rows(database, "finish_jobs", map(ended_values, finished))
        fetch_rows(database, "record_attempts", map(attempt_values, finished))
        hold_runs(database, finished)
        choose = choose_fronts if settled else choose_first_fronts
        choose(database, (entry.claimed.source_id for entry in finished))
    return [entry.claimed.generation in counted for entry in entries]


def hold_runs(database: sqlite3.Connection, finished: Sequence[Finish]) -> None:
    """Note with a run what it was asked to wait for, so that a kill makes nobody forget it."""
    holds = [(one.claimed.run_id, one.held_until) for one in finished if one.held_until]
    if holds:
        fetch(database, "hold_runs", holds=json.dumps(holds))


def hold(database: sqlite3.Connection, entries: Sequence[Hold]) -> list[object]:
    """Note hold-offs that answers to questions asked for."""
    holds = [(entry.run_id, entry.held_until) for entry in entries]
    fetch(database, "hold_runs", holds=json.dumps(holds))
    return [None] * len(entries)


def late_answers(database: sqlite3.Connection, entries: Sequence[Finish]) -> set[int]:
    """Of answers whose claim is gone, those whose range is in doubt because of that very claim."""
    if not entries:
        return set()
    pairs = [(entry.claimed.generation, entry.claimed.job_id) for entry in entries]
    return {row[0] for row in fetch(database, "late_answers", late=json.dumps(pairs))}


def put_back(database: sqlite3.Connection, entries: Sequence[PutBack]) -> list[object]:
    """Give claims back as if they had never been taken."""
    ended = end_claims(database, [entry.generation for entry in entries])
    fetch(database, "put_back", jobs=json.dumps([row[1] for row in ended]), at=entries[-1].at)
    choose_fronts(database, (row[2] for row in ended))
    return [None] * len(entries)


def end_claims(database: sqlite3.Connection, generations: Iterable[int]) -> list[Any]:
    """Delete claims; return generation, job and source of those that were still there."""
    asked = json.dumps(list(generations))
    there = fetch_json(database, "still_claimed", generations=asked)
    if there:
        fetch(database, "end_claims", generations=asked)
    return there


def intend(database: sqlite3.Connection, entries: Sequence[Intend]) -> list[object]:
    """Set the intents; say which claims are still there. While the table is paused none is set."""
    values = json.dumps(
        [(each.generation, each.sent_at, each.server_sent_at, each.uptime) for each in entries]
    )
    mine = {row[0] for row in fetch(database, "intend", intents=values)}
    return [entry.generation in mine for entry in entries]


def claim(database: sqlite3.Connection, entries: Sequence[Claim]) -> list[object]:
    """Wake what has become due, then take what is in front."""
    return [claim_one(database, entry) for entry in entries]


def claim_one(database: sqlite3.Connection, entry: Claim) -> Claims:
    """Take up to the entry's limit of ranges."""
    times = {"at": entry.at, "latest": entry.at + LONGEST_BACK_OFF_MS}
    [(paused, due)] = fetch(database, "outlook", **times)
    if due:
        woken = fetch(database, "wake_due", **times)
        choose_fronts(database, (row[0] for row in woken))
    if paused:
        in_front = bool(fetch(database, "any_front")[0][0])
        return Claims((), fetch(database, "next_due")[0][0], paused=in_front)
    intent = asdict(entry.intent) if entry.intent else NO_INTENT
    taken = database.execute(sql("claim"), {**intent, "run_id": entry.run_id, "limit": entry.limit})
    wanting = taken.rowcount < entry.limit
    next_due = fetch(database, "next_due")[0][0] if wanting else None
    if not taken.rowcount:
        return Claims((), next_due)
    # Generations ascend without gaps within one statement.
    first = cast("int", taken.lastrowid) - taken.rowcount + 1
    fetch(database, "claim_jobs", first_generation=first, at=entry.at)
    rows = fetch_json(database, "claimed", first_generation=first)
    return Claims(tuple(claimed_of(row, entry.intent) for row in rows), next_due)


def left_claims(database: sqlite3.Connection) -> list[LeftClaim]:
    """Read every claim that there is."""
    return [left_claim_of(row) for row in fetch_json(database, "claimed", first_generation=0)]


def choose_fronts(database: sqlite3.Connection, sources: Iterable[int]) -> None:
    """Choose anew which range of each of these files may be claimed next."""
    touched = json.dumps(sorted(set(sources)))
    if touched != "[]":
        fetch(database, "clear_fronts", sources=touched)
        fetch(database, "set_fronts", sources=touched)


def choose_first_fronts(database: sqlite3.Connection, sources: Iterable[int]) -> None:
    """Choose it for files that have none, as one that had a claim until now."""
    fetch(database, "set_fronts", sources=json.dumps(sorted(set(sources))))
