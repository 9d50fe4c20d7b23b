"""Whatever is done to a table in whatever order, it agrees with a few lines of Python."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from batchclip.job import LEGAL, Range, State
from batchclip.runner.recovery import recovery_of
from batchclip.store.base import Claimed, Claims, PutBack, Store
from tests.support.tables import (
    AT,
    ENGINES,
    SILENT,
    Table,
    asked,
    claims,
    finish,
    intend,
    load,
    reopen,
    reports,
    start_run,
    write,
)

Got = TypeVar("Got")
ENDS = sorted(end for start, end in LEGAL if start is State.SUBMITTING)
REOPENED = [State.FAILED, State.REJECTED, State.IN_DOUBT, State.SUBMITTED, State.PENDING]
FILES = st.integers(1, 3)
RANGES = st.builds(
    lambda number, slot, priority: (
        asked(number, priority=priority, force=True)
        if slot is None
        else asked(number, 20 * slot, 20 * slot + 30, priority=priority)
    ),
    FILES,
    st.sampled_from([0, 1, 2, 3, None]),
    st.integers(0, 1),
)


@dataclass
class Row:
    """A range as the model knows it."""

    range: Range
    place: int
    turn: int
    state: State = State.PENDING
    due_at: int | None = None
    attempts: int = 0
    generation: int | None = None

    @property
    def rank(self) -> tuple[int, int, int]:
        return (-self.range.priority, self.turn, self.place)

    def overlaps(self, other: "Row") -> bool:
        mine, theirs = self.range, other.range
        if None in (mine.start_ms, theirs.start_ms):
            return True
        return (
            set(range(mine.start_ms or 0, mine.end_ms or 0, 1000)).intersection(
                range(theirs.start_ms or 0, theirs.end_ms or 0, 1000)
            )
            != set()
        )


@dataclass
class Model:
    """What the table ought to hold."""

    rows: list[Row] = field(default_factory=list)
    claims: dict[int, Row] = field(default_factory=dict)

    def of_file(self, row: Row) -> list[Row]:
        return [other for other in self.rows if other.range.file_id == row.range.file_id]

    def load(self, asked_for: list[Range]) -> int:
        before = len(self.rows)
        for wanted in asked_for:
            row = Row(wanted, len(self.rows), 0)
            row.turn = len(self.of_file(row))
            span = (wanted.start_ms, wanted.end_ms)
            if span not in [(r.range.start_ms, r.range.end_ms) for r in self.of_file(row)]:
                self.rows.append(row)
        return len(self.rows) - before

    def may_be_claimed(self, row: Row) -> bool:
        if row.state is not State.PENDING or row.due_at is not None:
            return False
        return not any(
            other.state is State.SUBMITTING
            or (other.state is State.IN_DOUBT and other.overlaps(row))
            for other in self.of_file(row)
        )

    def claimable(self, at: int) -> list[Row]:
        """The best range of each file, in the order of work."""
        for row in self.rows:
            if row.due_at is not None and row.due_at <= at:
                row.due_at = None
        best: dict[object, Row] = {}
        for row in sorted(filter(self.may_be_claimed, self.rows), key=lambda row: row.rank):
            best.setdefault(row.range.file_id, row)
        return list(best.values())

    def finish(self, claimed: Claimed, end: State, due_at: int | None) -> bool:
        row = self.claims.pop(claimed.generation, None)
        if row is not None:
            row.attempts += 1
        else:
            row = self.rows[claimed.job_id - 1]
            mine = row.generation == claimed.generation and end is not State.IN_DOUBT
            if row.state is not State.IN_DOUBT or not mine:
                return False
        row.state, row.due_at, row.generation = end, due_at, claimed.generation
        return True

    def reopen(self, state: State) -> int:
        chosen = [row for row in self.rows if row.state is state]
        if state in (State.SUBMITTED, State.PENDING):
            return 0
        for row in chosen:
            row.state, row.due_at = State.PENDING, None
        return len(chosen)


class Nights(RuleBasedStateMachine):
    """Many nights over one table, with deaths in between."""

    engine = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.table: Table = ENGINES[self.engine](Path(self.folder.name))
        self.store: Store = self.do(self.table.open())
        self.run_id = self.do(start_run(self.store))
        self.model = Model()
        self.taken: list[Claimed] = []
        self.at = AT

    def do(self, work: Coroutine[Any, Any, Got]) -> Got:
        return self.loop.run(work)

    def teardown(self) -> None:
        self.do(self.table.close())
        self.loop.close()
        self.folder.cleanup()

    @rule(asked_for=st.lists(RANGES, max_size=4))
    def load(self, asked_for: list[Range]) -> None:
        loaded = self.do(load(self.store, *asked_for))
        assert loaded.added == self.model.load(asked_for)
        assert loaded.known == len(asked_for) - loaded.added

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        got = self.do(claims(self.store, self.run_id, limit, self.at))
        expected = self.model.claimable(self.at)[:limit]
        assert [each.range for each in got.claimed] == [row.range for row in expected]
        waits = [row.due_at for row in self.model.rows if row.due_at is not None]
        assert expected or got == Claims((), min(waits, default=None))
        for claimed, row in zip(got.claimed, expected, strict=True):
            assert claimed.generation > max((old.generation for old in self.taken), default=0)
            row.state = State.SUBMITTING
            self.model.claims[claimed.generation] = row
            self.taken.append(claimed)

    def one(self, data: st.DataObject) -> Claimed:
        """A claim of now or of long ago, the newest first."""
        return data.draw(st.sampled_from(self.taken[::-1]))

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def intend(self, data: st.DataObject) -> None:
        claimed = self.one(data)
        mine = claimed.generation in self.model.claims
        assert self.do(intend(self.store, claimed, self.at)) == mine

    @precondition(lambda self: self.taken)
    @rule(data=st.data(), end=st.sampled_from(ENDS), wait=st.sampled_from([None, 500]))
    def finish(self, data: st.DataObject, end: State, wait: int | None) -> None:
        claimed = self.one(data)
        due_at = self.at + wait if wait and end is State.PENDING else None
        counted = self.do(finish(self.store, claimed, end, SILENT, due_at=due_at))
        assert counted == self.model.finish(claimed, end, due_at)

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        claimed = self.one(data)
        self.do(write(self.store, PutBack(claimed.generation, self.at)))
        row = self.model.claims.pop(claimed.generation, None)
        if row is not None:
            row.state = State.PENDING

    @rule(state=st.sampled_from(REOPENED))
    def reopen(self, state: State) -> None:
        assert self.do(reopen(self.store, state)) == self.model.reopen(state)

    @rule(later=st.sampled_from([100, 400, 500]))
    def time_goes_by(self, later: int) -> None:
        self.at += later

    @rule()
    def die_and_recover(self) -> None:
        self.do(self.store.close())
        self.store = self.do(self.table.open())
        self.run_id = self.do(start_run(self.store))
        for row in self.model.rows:
            row.due_at = None
        left = self.do(self.store.left_claims())
        assert [each.claimed.generation for each in left] == sorted(self.model.claims)
        for each in left:
            entry = recovery_of(each, self.at)
            self.do(self.store.commit([entry]))
            if isinstance(entry, PutBack):
                self.model.claims.pop(entry.generation).state = State.PENDING
            else:
                self.model.finish(entry.claimed, entry.state, None)

    @invariant()
    def table_and_model_agree(self) -> None:
        seen = self.do(reports(self.store))
        assert [(each.range, each.state, each.attempts) for each in seen] == [
            (row.range, row.state, row.attempts) for row in self.model.rows
        ]
        counts = Counter(row.state for row in self.model.rows)
        assert self.do(self.store.counts()) == {state: counts[state] for state in State}

    @invariant()
    def no_file_has_two_claims(self) -> None:
        left = self.do(self.store.left_claims())
        assert {each.claimed.generation for each in left} == set(self.model.claims)
        assert len({each.claimed.source_id for each in left}) == len(left)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_agrees_with_the_model(engine: str) -> None:
    class NightsOfEngine(Nights):
        pass

    NightsOfEngine.engine = engine
    case = NightsOfEngine.TestCase
    case.settings = settings(
        max_examples=25,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    case().runTest()
