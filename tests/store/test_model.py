"""Whatever is done to a table in whatever order, it agrees with a few lines of Python."""

import asyncio
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from batchclip.errors import TableError
from batchclip.job import State
from batchclip.runner.recovery import Found, recovery_of
from batchclip.store.base import StartRun, Store, Write
from batchclip.store.decisions import Resolve
from batchclip.store.selection import Selection
from tests.support import drawing, readings
from tests.support.model import Model
from tests.support.proof import seeds, size
from tests.support.row import Row
from tests.support.tables import AT, ENGINES, LATER, Given, Table, reports, stage

Got = TypeVar("Got")
DATA = st.data()
WRONG = [State.CANCELLED, State.IN_DOUBT, State.SUBMITTING]

DONE = "SELECT id FROM jobs WHERE state IN ('submitted', 'already_done')"
BESIDE_A_DOUBT = """SELECT jobs.id FROM jobs JOIN jobs AS doubts USING (source_id)
WHERE doubts.state = 'in_doubt' AND doubts.id <> jobs.id
    AND (jobs.front = 1 OR jobs.state IN ('submitting', 'in_doubt'))
    AND coalesce(
        max(jobs.start_ms, doubts.start_ms) < min(jobs.end_ms, doubts.end_ms), true
    )"""
NEVER = [
    BESIDE_A_DOUBT,
    "SELECT source_id FROM claims GROUP BY source_id HAVING count(*) > 1",
    "SELECT id FROM jobs WHERE state = 'submitting' AND id NOT IN (SELECT job_id FROM claims)",
    "SELECT id FROM history WHERE from_state = 'in_doubt' AND to_state = 'cancelled'",
    "SELECT id FROM history WHERE from_state IN ('submitted', 'already_done')",
    "SELECT * FROM pragma_foreign_key_check",
]
"""What asks the table alone for things that must never be."""
ANY = ", ".join(f"EXISTS ({never})" for never in NEVER)


class Nights(RuleBasedStateMachine):
    """Many nights over one table, with deaths and people in between."""

    engine = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.table: Table = ENGINES[self.engine](Path(self.folder.name))
        self.store: Store = self.do(self.table.open())
        self.model = Model()
        self.at = AT
        self.done: set[int] = set()
        self.write(StartRun(self.at, 4321, "archive"))

    def do(self, work: Coroutine[Any, Any, Got]) -> Got:
        return self.loop.run(work)

    def teardown(self) -> None:
        try:
            assert self.table.rows("PRAGMA integrity_check") == [("ok",)]
            assert self.table.rows("PRAGMA foreign_key_check") == []
        finally:
            self.do(self.table.close())
            self.loop.close()
            self.folder.cleanup()

    def write(self, *entries: Write[object]) -> None:
        """Commit a group; it answers as the model does."""
        assert self.do(self.store.commit(entries)) == self.model.commit(entries)
        self.at += 1

    def doubts(self) -> list[Row]:
        return [row for row in self.model.rows if row.state is State.IN_DOUBT]

    @initialize(data=DATA, staged=drawing.FIRST, kinds=drawing.WORK)
    def begin(self, data: st.DataObject, staged: list[Given], kinds: list[drawing.Kind]) -> None:
        self.load(staged)
        self.work_a_while(data, kinds)

    @rule(staged=drawing.STAGED)
    def load(self, staged: list[Given]) -> None:
        async def loaded() -> object:
            staging = await self.store.stage()
            await stage(staging, staged)
            return await staging.merge(self.at)

        assert self.do(loaded()) == self.model.load(staged, self.at)
        self.at += 1

    @rule(data=DATA)
    def start_run(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.starts(self.model, self.at)))

    @rule(data=DATA)
    def end_run(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.ends(self.model, self.at)))

    @rule(data=DATA)
    def claim(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.claims(self.model, self.at)))

    @precondition(lambda self: self.model.taken)
    @rule(data=DATA)
    def intend(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.intends(self.model, self.at)))

    @precondition(lambda self: self.model.taken)
    @rule(data=DATA)
    def put_back(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.put_backs(self.model, self.at)))

    @precondition(lambda self: self.model.taken)
    @rule(data=DATA)
    def finish(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.finishes(self.model, self.at)))

    @rule(data=DATA, kinds=drawing.WORK)
    def work_a_while(self, data: st.DataObject, kinds: list[drawing.Kind]) -> None:
        """What happens most of the time, in one step, so that much of it happens."""
        for kind in kinds:
            if self.model.taken or kind is drawing.claims:
                self.write(data.draw(kind(self.model, self.at)))

    @precondition(lambda self: self.model.taken)
    @rule(data=DATA, ends=st.lists(drawing.MOSTLY_AGAIN, min_size=2, max_size=3))
    def finish_one_range_several_times(self, data: st.DataObject, ends: list[State]) -> None:
        first = data.draw(drawing.finishes(self.model, self.at))
        job_id = first.claimed.job_id
        claims = [claimed for claimed in self.model.taken if claimed.job_id == job_id]
        drawn = [data.draw(st.sampled_from(claims[-2:])) for _ in ends]
        pairs = zip(drawn, ends, strict=True)
        self.write(*(replace(first, claimed=claimed, state=end) for claimed, end in pairs))

    @rule(data=DATA)
    def hold(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.holds(self.model, self.at)))

    @rule(data=DATA)
    def reopen(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.reopens(self.model, self.at)))

    @precondition(lambda self: self.model.rows)
    @rule(data=DATA)
    def settle(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.settles(self.model, self.at)))

    @precondition(lambda self: self.model.rows)
    @rule(data=DATA)
    def resolve(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.resolves(self.model, self.at)))

    @rule(data=DATA)
    def cancel(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.cancels(self.model, self.at)))

    @rule(data=DATA)
    def pause(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.pauses(self.model, self.at)))

    @rule(data=DATA)
    def resume(self, data: st.DataObject) -> None:
        self.write(data.draw(drawing.resumes(self.model, self.at)))

    @rule(data=DATA)
    def write_a_group(self, data: st.DataObject) -> None:
        self.write(*data.draw(drawing.groups(self.model, self.at)))

    @precondition(lambda self: self.doubts())
    @rule(data=DATA, state=st.sampled_from(WRONG))
    def refuse_a_group_with_something_illegal(self, data: st.DataObject, state: State) -> None:
        kinds = (drawing.starts, drawing.pauses, drawing.holds, drawing.claims)
        others = [data.draw(kind(self.model, self.at)) for kind in kinds]
        row = data.draw(st.sampled_from(self.doubts()))
        wrong = Resolve(row.job_id, row.generation or 0, state, "a person says so", self.at)

        with pytest.raises(TableError, match="illegal transition"):
            self.do(self.store.commit([*others, wrong]))

    @rule(later=st.sampled_from([100, 500]))
    def time_goes_by(self, later: int) -> None:
        self.at += later

    @rule()
    def die_and_recover(self) -> None:
        self.do(self.store.close())
        self.store = self.do(self.table.open())
        self.write(StartRun(self.at, 4321, "archive"))
        left = self.do(self.store.left_claims())
        self.write(*(recovery_of(each, Found(self.at)) for each in left))

    @precondition(lambda self: self.model.rows)
    @rule(data=DATA)
    def ask_why(self, data: st.DataObject) -> None:
        wanted = data.draw(drawing.wanted(self.model))
        lives = self.do(all_of(self.store.lives(wanted)))
        rows = readings.wanted_rows(self.model, wanted)
        expected = [readings.life_of(self.model, row) for row in rows]
        assert [replace(life, held_by=None) for life in lives] == expected
        for life, row in zip(lives, rows, strict=True):
            assert life.held_by in readings.holders_of(self.model, row)

    @rule(selection=drawing.SELECTIONS)
    def count(self, selection: Selection) -> None:
        expected = readings.counts_of(self.model, selection)
        assert self.do(self.store.counts_of(selection)) == expected

    @invariant()
    def ranges_agree(self) -> None:
        rows = self.model.rows
        expected = [readings.report_of(self.model, row) for row in rows]
        assert self.do(reports(self.store)) == expected
        counts = readings.counts_of(self.model, Selection(tuple(State)))
        assert self.do(self.store.counts()) == counts
        assert self.do(all_of(self.store.files(LATER))) == readings.files_of(self.model)

    @invariant()
    def what_may_be_claimed_agrees(self) -> None:
        fronts = self.table.rows(
            "SELECT id FROM jobs WHERE front = 1 ORDER BY priority DESC, turn, id"
        )
        assert [job_id for (job_id,) in fronts] == [row.job_id for row in self.model.fronts()]
        assert self.do(self.store.left_claims()) == list(self.model.claims.values())

    @invariant()
    def what_is_on_the_record_agrees(self) -> None:
        columns = "job_id, at, run_id, from_state, to_state, reason"
        history = self.table.rows(f"SELECT {columns} FROM history")  # noqa: S608 -- columns
        expected = [
            (job_id, one.at, one.run_id, one.from_state, one.to_state, one.reason)
            for job_id, one in self.model.history
        ]
        assert sorted(history, key=repr) == sorted(expected, key=repr)
        evidence = self.table.rows(
            "SELECT job_id, generation, ruling, reason FROM evidence ORDER BY id"
        )
        assert evidence == list(self.model.findings)
        attempts = self.table.rows("SELECT generation FROM attempts ORDER BY 1")
        assert [generation for (generation,) in attempts] == sorted(self.model.attempts)

    @invariant()
    def runs_agree(self) -> None:
        assert self.do(self.store.last_run()) == self.model.runs[-1]
        now = (self.at, 600, "this start")
        assert self.do(self.store.held_for(*now)) == readings.held_for(self.model, *now)
        assert self.do(self.store.open_pause()) == self.model.pause

    @invariant()
    def doubts_agree(self) -> None:
        assert self.do(self.store.newest_projects()) == readings.newest_projects(self.model)
        doubts = self.do(self.store.doubts())
        expected = readings.doubts_of(self.model)
        assert [*map(readings.plain, doubts)] == [*map(readings.plain, expected)]
        for doubt in doubts:
            row = self.model.rows[doubt.job_id - 1]
            assert doubt.project_id in readings.projects_of(self.model, row)

    @invariant()
    def the_promise_is_kept(self) -> None:
        assert self.table.rows(f"SELECT {ANY}") == [(0,) * len(NEVER)]
        done = {job_id for (job_id,) in self.table.rows(DONE)}
        assert self.done <= done
        self.done = done


async def all_of(found: Any) -> list[Any]:
    return [each async for each in found]


@pytest.mark.parametrize("seed", seeds(test=2, proof=8))
@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_agrees_with_the_model(engine: str, seed: int) -> None:
    class NightsOfEngine(Nights):
        pass

    NightsOfEngine.engine = engine
    case = hypothesis.seed(seed)(NightsOfEngine).TestCase
    case.settings = settings(
        max_examples=size(test=25, proof=50),
        stateful_step_count=size(test=30, proof=60),
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    case().runTest()
