"""Draws writes that fit what a model holds, or nearly: stale ones, late ones, of other ranges."""

import json
from collections.abc import Callable, Sequence
from uuid import UUID

from hypothesis import strategies as st

from batchclip.evidence import Ruling, Weight
from batchclip.job import LEGAL, Mode, Range, State
from batchclip.store.base import (
    Claim,
    Claimed,
    EndRun,
    Finish,
    Hold,
    Intend,
    Intent,
    PutBack,
    Reopen,
    StartRun,
    Write,
)
from batchclip.store.decisions import Cancel, Pause, Resolve, Resume, Settle
from batchclip.store.selection import Selection, Wanted
from tests.support.model import Model
from tests.support.row import Row
from tests.support.tables import CREATED, REFUSED, SILENT, SLOW_DOWN, Given, asked, file

ENDS = sorted(end for start, end in LEGAL if start is State.SUBMITTING)
MOSTLY_AGAIN = st.sampled_from([State.PENDING, State.IN_DOUBT]) | st.sampled_from(ENDS)
SETTLED = sorted(end for start, end in LEGAL if start is State.IN_DOUBT)
NUMBERS = st.integers(1, 3)
TITLES = st.sampled_from([None, "old", "new"])
MANIFESTS = st.sampled_from(["monday.csv", "tuesday.csv"])
STATES = st.lists(st.sampled_from(State), max_size=4).map(tuple)
FILES: st.SearchStrategy[UUID | None] = st.none() | st.integers(1, 4).map(file)
BOOTS = st.sampled_from(["this start", "another start"])
OUTCOMES = st.sampled_from([CREATED, SILENT, REFUSED, SLOW_DOWN])


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    """One of a few ranges that mostly overlap, so that much of what is drawn is known already."""
    slot = draw(st.sampled_from([0, 1, 2, 3, None]))
    start, end = (None, None) if slot is None else (20 * slot, 20 * slot + 30)
    mode, force = draw(st.sampled_from(Mode)), draw(st.booleans())
    priority = draw(st.integers(0, 1))
    number, title = draw(NUMBERS), draw(TITLES)
    return asked(number, start, end, mode=mode, force=force, title=title, priority=priority)


A_ROW = st.builds(Given, MANIFESTS, st.integers(2, 9), ranges())
FIRST = st.lists(A_ROW, min_size=5, max_size=9)
STAGED = st.lists(A_ROW, max_size=4)


def a_claim(model: Model) -> st.SearchStrategy[Claimed]:
    """A claim of now, one that the same range has followed with another, or any of long ago."""
    now = [left.claimed for left in model.claims.values()]
    wire = {claimed.job_id for claimed in now}
    wire |= {row.job_id for row in model.rows if row.state is State.IN_DOUBT}
    followed = [claimed for claimed in model.taken if claimed.job_id in wire and claimed not in now]
    any_of = model.taken
    return (
        st.sampled_from(now or any_of)
        | st.sampled_from(followed or any_of)
        | st.sampled_from(any_of)
    )


def a_row(model: Model) -> st.SearchStrategy[Row]:
    """A range, as often as not one in doubt."""
    doubts = [row for row in model.rows if row.state is State.IN_DOUBT]
    return st.sampled_from(doubts or model.rows) | st.sampled_from(model.rows)


@st.composite
def finishes(draw: st.DrawFn, model: Model, at: int) -> Finish:
    return Finish(
        draw(a_claim(model)),
        draw(MOSTLY_AGAIN),
        draw(OUTCOMES),
        sent_at=at - draw(st.integers(0, 50)),
        took_ms=draw(st.sampled_from([None, 250])),
        at=at,
        uses_attempt=draw(st.booleans()),
        due_at=draw(st.sampled_from([None, at + 500, at + 400_000])),
        held_until=draw(st.sampled_from([None, at + 300, at + 900])),
        server_sent_at=draw(st.sampled_from([None, at - 7])),
        uptime=draw(st.integers(0, 500)),
        boot=draw(BOOTS),
    )


@st.composite
def settles(draw: st.DrawFn, model: Model, at: int) -> Settle:
    row = draw(a_row(model))
    of_others = [claimed.generation for claimed in model.taken]
    weight = draw(st.sampled_from(Weight))
    clips = [{"clip_id": f"clip-{draw(st.integers(1, 5))}", "weight": weight}]
    return Settle(
        row.job_id,
        draw(st.just(row.generation or 1) | st.sampled_from(of_others or [1])),
        draw(st.sampled_from(Ruling)),
        draw(st.sampled_from(["one clip", "two clips"])),
        json.dumps({"clips": clips}),
        at,
        draw(st.sampled_from([None, *SETTLED])),
        draw(st.sampled_from([None, "project-2"])),
        draw(st.sampled_from([None, len(model.runs)])),
    )


@st.composite
def resolves(draw: st.DrawFn, model: Model, at: int) -> Resolve:
    row = draw(a_row(model))
    generation = (row.generation or 0) - draw(st.sampled_from([0, 0, 0, 1]))
    return Resolve(row.job_id, generation, draw(st.sampled_from(SETTLED)), "a person says so", at)


NAMES = st.none() | MANIFESTS | st.just("other.csv")
SELECTIONS = st.builds(Selection, STATES, FILES, NAMES) | st.builds(
    Selection, st.just(tuple(State)), FILES, MANIFESTS
)


def intends(model: Model, at: int) -> st.SearchStrategy[Intend]:
    return a_claim(model).map(lambda claimed: Intend(claimed.generation, at, at - 7))


def put_backs(model: Model, at: int) -> st.SearchStrategy[PutBack]:
    return a_claim(model).map(lambda claimed: PutBack(claimed.generation, at))


def claims(model: Model, at: int) -> st.SearchStrategy[Claim]:
    intent = st.none() | st.just(Intent(at, at - 7, at - 70))
    return st.builds(Claim, st.just(len(model.runs)), st.just(at), st.integers(1, 3), intent)


def cancels(model: Model, at: int) -> st.SearchStrategy[Cancel]:
    return st.builds(Cancel, SELECTIONS, st.just("a person says so"), st.just(at))


def reopens(model: Model, at: int) -> st.SearchStrategy[Reopen]:
    runs = st.sampled_from([None, len(model.runs)])
    return st.builds(Reopen, STATES, st.just(at), st.just("a new run tries again"), runs)


def pauses(model: Model, at: int) -> st.SearchStrategy[Pause]:
    return st.builds(Pause, st.sampled_from(["ann", "bob"]), st.just(at))


def resumes(model: Model, at: int) -> st.SearchStrategy[Resume]:
    return st.builds(Resume, st.just("bob"), st.just(at))


def holds(model: Model, at: int) -> st.SearchStrategy[Hold]:
    return st.builds(Hold, st.integers(1, len(model.runs)), st.integers(at, at + 900))


def starts(model: Model, at: int) -> st.SearchStrategy[StartRun]:
    return st.builds(
        StartRun, st.just(at), st.just(4321), st.just("archive"), st.integers(0, 500), BOOTS
    )


def ends(model: Model, at: int) -> st.SearchStrategy[EndRun]:
    runs = st.integers(1, len(model.runs))
    return st.builds(EndRun, runs, st.just(at), st.integers(0, 7), st.just("the end"))


Kind = Callable[[Model, int], st.SearchStrategy[Write[object]]]
OFTEN: list[Kind] = [claims, claims, finishes, finishes, finishes, intends, settles]
NOW_AND_THEN: list[Kind] = [put_backs, resolves, reopens, cancels]
WORK: st.SearchStrategy[list[Kind]] = st.lists(
    st.sampled_from(OFTEN + NOW_AND_THEN), min_size=12, max_size=30
).map(lambda kinds: [resumes, claims, *kinds])
"""What goes on most of the time."""

NEEDS_A_CLAIM = [finishes, intends, put_backs]
NEEDS_A_RANGE = [settles, resolves]
NEEDS_NOTHING = [claims, cancels, reopens, pauses, resumes, holds, starts, ends]


def groups(model: Model, at: int) -> st.SearchStrategy[Sequence[Write[object]]]:
    """Several writes of whatever kinds, to be committed together."""
    kinds = [
        *(NEEDS_A_CLAIM if model.taken else ()),
        *(NEEDS_A_RANGE if model.rows else ()),
        *NEEDS_NOTHING,
    ]
    return st.lists(st.one_of([kind(model, at) for kind in kinds]), min_size=2, max_size=6)


@st.composite
def wanted(draw: st.DrawFn, model: Model) -> Wanted:
    """One of the ways to name a range, of one that is there or nearly."""
    row = draw(st.sampled_from(model.rows))
    return draw(
        st.sampled_from(
            [
                Wanted(job_id=row.job_id),
                Wanted(job_id=len(model.rows) + 1),
                Wanted(manifest=row.manifest, line=row.line),
                Wanted(manifest="other.csv", line=row.line),
                Wanted(file_id=row.range.file_id),
                Wanted(file_id=row.range.file_id, start_ms=row.range.start_ms),
                Wanted(file_id=row.range.file_id, start_ms=1),
            ]
        )
    )
