"""How each kind of write is done in SQLite: a handful of statements for a whole group of them.

Every function runs inside the group's transaction and answers in its entries' order.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import aiosqlite

from batchclip.job import State
from batchclip.retry import BACK_OFF_MAX_SECONDS
from batchclip.store.base import (
    Claim,
    Claims,
    EndRun,
    Finish,
    Hold,
    Intend,
    PutBack,
    Reopen,
    StartRun,
)
from batchclip.store.rows import finished_values, left_claim_of
from batchclip.store.statements import sql

LONGEST_BACK_OFF_MS = round(1000 * BACK_OFF_MAX_SECONDS)


async def fetch(database: aiosqlite.Connection, statement: str, /, **values: object) -> list[Any]:
    """Run one of the SQL files and return its rows."""
    return list(await database.execute_fetchall(sql(statement), values))


async def start_runs(database: aiosqlite.Connection, entries: Sequence[StartRun]) -> list[object]:
    """Note each run; whatever was backed off in an earlier one is due at once."""
    answers: list[object] = []
    for entry in entries:
        rows = await fetch(database, "start_run", **asdict(entry))
        answers.append(rows[0][0])
        woken = await fetch(database, "wake_all")
        await choose_fronts(database, (row[0] for row in woken))
    return answers


async def end_runs(database: aiosqlite.Connection, entries: Sequence[EndRun]) -> list[object]:
    """Note how each run ended."""
    for entry in entries:
        await fetch(
            database,
            "end_run",
            run_id=entry.run_id,
            at=entry.at,
            exit_code=entry.exit_code,
            because=entry.because,
        )
    return [None] * len(entries)


async def reopen(database: aiosqlite.Connection, entries: Sequence[Reopen]) -> list[object]:
    """Put ranges back to pending, with the reason in their history."""
    return [await reopen_one(database, entry) for entry in entries]


async def reopen_one(database: aiosqlite.Connection, entry: Reopen) -> int:
    """Put every range of the entry's states back; return how many."""
    sources: list[int] = []
    for state in entry.states:
        await fetch(
            database,
            "reopen_history",
            at=entry.at,
            run_id=entry.run_id,
            reason=entry.reason,
            state=state,
        )
        sources += [row[0] for row in await fetch(database, "reopen", at=entry.at, state=state)]
    await choose_fronts(database, sources)
    return len(sources)


async def finish(database: aiosqlite.Connection, entries: Sequence[Finish]) -> list[object]:
    """Move ranges and record attempts, each generation's entries in the order they came."""
    answers: dict[int, object] = {}
    left = dict(enumerate(entries))
    while left:
        # Reversed, so that the first of each generation is the one that stays.
        first = {left[place].claimed.generation: place for place in reversed(left)}
        places = sorted(first.values())
        done = await finish_once(database, [left.pop(place) for place in places])
        answers.update(zip(places, done, strict=True))
    return [answers[place] for place in range(len(entries))]


async def finish_once(database: aiosqlite.Connection, entries: Sequence[Finish]) -> list[object]:
    """Finish claims that are still of their generation, which none of the others has."""
    ended = await end_claims(database, [entry.claimed.generation for entry in entries])
    mine = {row[0] for row in ended}
    late = [
        entry
        for entry in entries
        if entry.claimed.generation not in mine and entry.state is not State.IN_DOUBT
    ]
    counted = mine | await late_answers(database, late)
    finished = [entry for entry in entries if entry.claimed.generation in counted]
    if finished:
        values = json.dumps([finished_values(entry) for entry in finished])
        await fetch(database, "finish_jobs", finished=values)
        await fetch(database, "record_attempts", finished=values)
        await hold_runs(database, finished)
        await choose_fronts(database, (entry.claimed.source_id for entry in finished))
    return [entry.claimed.generation in counted for entry in entries]


async def hold_runs(database: aiosqlite.Connection, finished: Sequence[Finish]) -> None:
    """Note with a run what it was asked to wait for, so that a kill makes nobody forget it."""
    holds = [(one.claimed.run_id, one.held_until) for one in finished if one.held_until]
    if holds:
        await fetch(database, "hold_runs", holds=json.dumps(holds))


async def hold(database: aiosqlite.Connection, entries: Sequence[Hold]) -> list[object]:
    """Note hold-offs that answers to questions asked for."""
    holds = [(entry.run_id, entry.held_until) for entry in entries]
    await fetch(database, "hold_runs", holds=json.dumps(holds))
    return [None] * len(entries)


async def late_answers(database: aiosqlite.Connection, entries: Sequence[Finish]) -> set[int]:
    """Of answers whose claim is gone, those whose range is in doubt because of that very claim."""
    if not entries:
        return set()
    pairs = [(entry.claimed.generation, entry.claimed.job_id) for entry in entries]
    return {row[0] for row in await fetch(database, "late_answers", late=json.dumps(pairs))}


async def put_back(database: aiosqlite.Connection, entries: Sequence[PutBack]) -> list[object]:
    """Give claims back as if they had never been taken."""
    ended = await end_claims(database, [entry.generation for entry in entries])
    await fetch(database, "put_back", jobs=json.dumps([row[1] for row in ended]), at=entries[-1].at)
    await choose_fronts(database, (row[2] for row in ended))
    return [None] * len(entries)


async def end_claims(database: aiosqlite.Connection, generations: Iterable[int]) -> list[Any]:
    """Delete claims; return generation, job and source of those that were still there."""
    return await fetch(database, "end_claims", generations=json.dumps(list(generations)))


async def intend(database: aiosqlite.Connection, entries: Sequence[Intend]) -> list[object]:
    """Set the intents; say which claims are still there. While the table is paused none is set."""
    values = json.dumps(
        [(each.generation, each.sent_at, each.server_sent_at, each.uptime) for each in entries]
    )
    mine = {row[0] for row in await fetch(database, "intend", intents=values)}
    return [entry.generation in mine for entry in entries]


async def claim(database: aiosqlite.Connection, entries: Sequence[Claim]) -> list[object]:
    """Wake what has become due, then take what is in front."""
    return [await claim_one(database, entry) for entry in entries]


async def claim_one(database: aiosqlite.Connection, entry: Claim) -> Claims:
    """Take up to the entry's limit of ranges."""
    woken = await fetch(database, "wake_due", at=entry.at, latest=entry.at + LONGEST_BACK_OFF_MS)
    await choose_fronts(database, (row[0] for row in woken))
    if await fetch(database, "open_pause"):
        in_front = bool((await fetch(database, "any_front"))[0][0])
        return Claims((), (await fetch(database, "next_due"))[0][0], paused=in_front)
    taken = await fetch(database, "claim", run_id=entry.run_id, limit=entry.limit)
    if not taken:
        return Claims((), (await fetch(database, "next_due"))[0][0])
    await fetch(database, "claim_jobs", jobs=json.dumps([row[1] for row in taken]), at=entry.at)
    first = min(row[0] for row in taken)
    rows = await fetch(database, "claimed", first_generation=first)
    return Claims(tuple(left_claim_of(row).claimed for row in rows))


async def choose_fronts(database: aiosqlite.Connection, sources: Iterable[int]) -> None:
    """Choose anew which range of each of these files may be claimed next."""
    touched = json.dumps(sorted(set(sources)))
    if touched == "[]":
        return
    await fetch(database, "clear_fronts", sources=touched)
    await fetch(database, "set_fronts", sources=touched)
