"""What a job table ought to hold, in plain Python: every write of the contract, in a few lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import singledispatchmethod
from uuid import UUID

from batchclip.evidence import Ruling
from batchclip.job import State
from batchclip.store.base import (
    Claim,
    Claimed,
    Claims,
    EndRun,
    Finish,
    Hold,
    Intend,
    LeftClaim,
    Loaded,
    PutBack,
    Reopen,
    StartRun,
    Write,
)
from batchclip.store.decisions import Cancel, Pause, Resolve, Resume, Settle
from batchclip.store.reports import ChangeReport, FindingReport, PauseReport, RunReport
from batchclip.store.selection import Selection
from tests.support.row import Row
from tests.support.tables import Given

ORDER: tuple[type[Write[object]], ...] = (
    StartRun, EndRun, Pause, Resume, Reopen, Finish, Hold, PutBack, Settle, Resolve, Cancel,
    Intend, Claim,
)  # fmt: skip
"""In which order the writes of one group take effect."""

REOPENED = {State.REJECTED, State.FAILED, State.IN_DOUBT, State.CANCELLED}
CANCELLED = {State.PENDING, State.FAILED, State.REJECTED}
LONGEST_BACK_OFF_MS = 300_000
RETITLED = {State.PENDING, State.FAILED}


@dataclass
class Model:
    """A job table without a database."""

    rows: list[Row] = field(default_factory=list)
    files: list[UUID] = field(default_factory=list)
    runs: list[RunReport] = field(default_factory=list)
    begun: list[StartRun] = field(default_factory=list)
    held: dict[int, int] = field(default_factory=dict)
    claims: dict[int, LeftClaim] = field(default_factory=dict)
    taken: list[Claimed] = field(default_factory=list)
    attempts: dict[int, Finish] = field(default_factory=dict)
    history: list[tuple[int, ChangeReport]] = field(default_factory=list)
    findings: dict[tuple[int, int, Ruling, str], FindingReport] = field(default_factory=dict)
    pause: PauseReport | None = None

    def commit(self, entries: Sequence[Write[object]]) -> list[object]:
        answers: dict[int, object] = {}
        for kind in ORDER:
            for place, entry in enumerate(entries):
                if type(entry) is kind:
                    answers[place] = self.do(entry)
        return [answers[place] for place in range(len(entries))]

    def load(self, staged: Sequence[Given], at: int) -> Loaded:
        first: dict[tuple[object, ...], Row] = {}
        for each in staged:
            if each.range.file_id not in self.files:
                self.files.append(each.range.file_id)
            row = Row(each.range, 0, 0, 0, each.manifest, each.line, at, at)
            kept = first.setdefault(row.identity, row)
            kept.range = replace(kept.range, title=kept.range.title or each.range.title)
        known = {row.identity: row for row in self.rows}
        again = [row for row in first.values() if row.identity in known]
        retitled = sum(self.retitle(known[row.identity], row) for row in again)
        fresh = [row for row in first.values() if row.identity not in known]
        for row in fresh:
            self.add(row)
        return Loaded(len(fresh), len(staged) - len(fresh), retitled)

    def add(self, row: Row) -> None:
        row.job_id = len(self.rows) + 1
        row.source_id = self.files.index(row.range.file_id) + 1
        row.turn = len(self.of_file(row.source_id))
        self.rows.append(row)

    def retitle(self, row: Row, newer: Row) -> bool:
        title = newer.range.title
        if row.state not in RETITLED or title in (None, row.range.title):
            return False
        row.range = replace(row.range, title=title)
        row.updated_at = newer.updated_at
        return True

    def of_file(self, source_id: int) -> list[Row]:
        return [row for row in self.rows if row.source_id == source_id]

    def others(self, row: Row) -> list[Row]:
        return [other for other in self.of_file(row.source_id) if other is not row]

    def chosen(self, selection: Selection) -> list[Row]:
        return [
            row
            for row in self.rows
            if row.state in selection.states
            and selection.file_id in (None, row.range.file_id)
            and selection.manifest in (None, row.manifest)
        ]

    def may_go(self, row: Row) -> bool:
        if row.state is not State.PENDING or row.due_at is not None:
            return False
        return not any(
            other.state is State.SUBMITTING
            or (other.state is State.IN_DOUBT and other.overlaps(row))
            for other in self.others(row)
        )

    def fronts(self) -> list[Row]:
        """The best range of each file that may be claimed, in the order of work."""
        best: dict[int, Row] = {}
        for row in sorted(filter(self.may_go, self.rows), key=lambda row: row.rank):
            best.setdefault(row.source_id, row)
        return list(best.values())

    def next_due(self) -> int | None:
        waiting = [row for row in self.rows if row.state is State.PENDING]
        return min((row.due_at for row in waiting if row.due_at is not None), default=None)

    def wake(self, at: int | None = None) -> None:
        """Make due what is due; all of it without a time, and what no back-off can mean."""
        for row in self.rows:
            waits = at is not None and 0 < (row.due_at or 0) - at <= LONGEST_BACK_OFF_MS
            if row.state is State.PENDING and not waits:
                row.due_at = None

    def change(self, row: Row, to: State, entry: Reopen | Settle | Resolve | Cancel) -> None:
        """Move a range for a reason that no attempt explains."""
        run_id = entry.run_id if isinstance(entry, Reopen | Settle) else None
        reason = f"evidence: {entry.reason}" if isinstance(entry, Settle) else entry.reason
        change = ChangeReport(entry.at, run_id, row.state, to, reason)
        self.history.append((row.job_id, change))
        row.move(to, entry.at)

    @singledispatchmethod
    def do(self, entry: Write[object]) -> object:
        raise TypeError(entry)

    @do.register
    def _(self, entry: StartRun) -> int:
        number = len(self.runs) + 1
        self.runs.append(RunReport(number, entry.at, None, entry.pid, entry.host, None, None))
        self.begun.append(entry)
        self.wake()
        return number

    @do.register
    def _(self, entry: EndRun) -> None:
        run = self.runs[entry.run_id - 1]
        self.runs[entry.run_id - 1] = replace(
            run, ended_at=entry.at, exit_code=entry.exit_code, because=entry.because
        )

    @do.register
    def _(self, entry: Pause) -> bool:
        begins = self.pause is None
        self.pause = self.pause or PauseReport(entry.at, entry.by)
        return begins

    @do.register
    def _(self, _: Resume) -> bool:
        ends, self.pause = self.pause is not None, None
        return ends

    @do.register
    def _(self, entry: Reopen) -> int:
        rows = [row for row in self.rows if row.state in REOPENED.intersection(entry.states)]
        for row in rows:
            self.change(row, State.PENDING, entry)
        return len(rows)

    @do.register
    def _(self, entry: Finish) -> bool:
        row = self.rows[entry.claimed.job_id - 1]
        generation, run_id = entry.claimed.generation, entry.claimed.run_id
        mine = self.claims.pop(generation, None) is not None
        late = row.state is State.IN_DOUBT and row.generation == generation
        if not mine and not (late and entry.state is not State.IN_DOUBT):
            return False
        before = row.tries if row.tries_run == run_id else 0
        row.tries, row.tries_run = before + (mine and entry.uses_attempt), run_id
        row.attempts, row.generation = row.attempts + mine, generation
        row.project_id = entry.outcome.project_id or row.project_id
        row.move(entry.state, entry.at, entry.due_at)
        self.attempts[generation] = entry
        if entry.held_until is not None:
            self.hold(run_id, entry.held_until)
        return True

    def hold(self, run_id: int, until: int) -> None:
        self.held[run_id] = max(self.held.get(run_id, 0), until)

    @do.register
    def _(self, entry: Hold) -> None:
        self.hold(entry.run_id, entry.held_until)

    @do.register
    def _(self, entry: PutBack) -> None:
        left = self.claims.pop(entry.generation, None)
        if left is not None:
            self.rows[left.claimed.job_id - 1].move(State.PENDING, entry.at)

    @do.register
    def _(self, entry: Settle) -> bool:
        row = self.rows[entry.job_id - 1]
        if row.state is not State.IN_DOUBT or row.generation != entry.generation:
            return False
        key = (entry.job_id, entry.generation, entry.ruling, entry.reason)
        found = FindingReport(entry.generation, entry.at, entry.at, *key[2:], entry.compared)
        first_at = self.findings.get(key, found).first_at
        self.findings[key] = replace(found, first_at=first_at)
        if entry.state is not None:
            row.project_id = entry.project_id or row.project_id
            self.change(row, entry.state, entry)
        return True

    @do.register
    def _(self, entry: Resolve) -> bool:
        row = self.rows[entry.job_id - 1]
        if row.state is not State.IN_DOUBT or row.generation != entry.generation:
            return False
        self.change(row, entry.state, entry)
        return True

    @do.register
    def _(self, entry: Cancel) -> int:
        rows = [row for row in self.chosen(entry.selection) if row.state in CANCELLED]
        for row in rows:
            self.change(row, State.CANCELLED, entry)
        return len(rows)

    @do.register
    def _(self, entry: Intend) -> bool:
        left = self.claims.get(entry.generation)
        if left is None or self.pause is not None:
            return False
        intent = replace(
            left,
            sent_at=entry.sent_at,
            server_sent_at=entry.server_sent_at,
            sent_uptime=entry.uptime,
        )
        self.claims[entry.generation] = intent
        return True

    @do.register
    def _(self, entry: Claim) -> Claims:
        self.wake(entry.at)
        fronts = self.fronts()
        if self.pause is not None or not fronts:
            return Claims((), self.next_due(), paused=bool(fronts))
        next_due = self.next_due() if len(fronts) < entry.limit else None
        return Claims(tuple(self.take(row, entry) for row in fronts[: entry.limit]), next_due)

    def take(self, row: Row, entry: Claim) -> Claimed:
        generation = len(self.taken) + 1
        tries = row.tries if row.tries_run == entry.run_id else 0
        row.move(State.SUBMITTING, entry.at)
        claimed = Claimed(generation, entry.run_id, row.job_id, row.source_id, row.range, tries)
        self.taken.append(claimed)
        intent = entry.intent
        self.claims[generation] = LeftClaim(
            claimed,
            intent.sent_at if intent else None,
            intent.server_sent_at if intent else None,
            intent.sent_uptime if intent else None,
        )
        return replace(claimed, intent=intent)
