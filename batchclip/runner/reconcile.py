"""A search for evidence: every range in doubt that is old enough is held against its project."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from batchclip.api.reads import ID, ListedProject
from batchclip.errors import BatchclipError
from batchclip.events import Notice, Observer
from batchclip.evidence import Clocks, Doubt, Project, Ruling, Verdict, judge, settled_for, unclear
from batchclip.job import State
from batchclip.runner.findings import finding
from batchclip.runner.halts import failed_with
from batchclip.runner.questions import Questions
from batchclip.runner.search import STOPPED, Reader, Search, Unread, search, unread
from batchclip.serverclock import ServerClock
from batchclip.store.base import Store
from batchclip.store.decisions import Settle
from batchclip.store.journal import Journal

FILES_AT_ONCE = 8

MOVES_TO = {Ruling.HAPPENED: State.SUBMITTED, Ruling.NEVER_HAPPENED: State.PENDING}
"""Where a ruling moves a range; the others leave it in doubt."""


@dataclass(slots=True)
class Reconciled:
    """What a search came to. `problem`: something that could not be read.

    `too_fresh_ms`: how long until the next range is old enough, of those that were not looked at.
    """

    rulings: Counter[Ruling] = field(default_factory=Counter)
    problem: Unread | None = None
    too_fresh_ms: int | None = None

    @property
    def moved(self) -> bool:
        """Whether any range is no longer in doubt."""
        return any(self.rulings[ruling] for ruling in MOVES_TO)

    def sentence(self) -> str:
        """What an operator should know of it."""
        parts = [
            f"{self.rulings[ruling]:,} {words}"
            for ruling, words in SAID.items()
            if self.rulings[ruling]
        ]
        told = "evidence: " + ", ".join(parts)
        return f"{told}; {self.problem.sentence}" if self.problem else told


SAID = {
    Ruling.HAPPENED: "submitted after all",
    Ruling.NEVER_HAPPENED: "never happened, pending again",
    Ruling.TOO_EARLY: "too early to say",
    Ruling.UNCLEAR: "still in doubt (`batchclip why` says why)",
}


@dataclass(slots=True)
class Reconciler:
    """Searches for one run, or for `batchclip reconcile`. It looks at no unclear range twice."""

    store: Store
    journal: Journal
    reader: Reader
    questions: Questions
    observer: Observer
    server_clock: ServerClock
    settle_ms: int
    _done: set[int] = field(default_factory=set)
    _began: float = 0.0

    async def search(self) -> Reconciled:
        """Settle what evidence settles. Raises TableError when the table can't be read."""
        known = await self.store.doubts()
        doubts = [doubt for doubt in known if self._due(doubt)]
        result = Reconciled(too_fresh_ms=self._too_fresh(known))
        if not doubts:
            return result
        self.observer.notice(Notice(f"looking for evidence of {len(doubts):,} ranges in doubt"))
        self._began = self.questions.clock.monotonic()
        known_projects = await self.store.newest_projects()
        listed = await search(self.reader, self.questions, unlisted(doubts), known_projects)
        groups = iter(by_file(doubts))
        async with asyncio.TaskGroup() as group:
            for _ in range(FILES_AT_ONCE):
                group.create_task(self._look_at(groups, listed, result))
        if result.rulings:
            self.observer.notice(Notice(result.sentence()))
        return result

    def _due(self, doubt: Doubt) -> bool:
        """Whether its last sign of life may be old enough; a clock set back can't tell that."""
        age = settled_for(doubt, self._clocks())
        return doubt.generation not in self._done and (age >= self.settle_ms or age < 0)

    def _too_fresh(self, doubts: Iterable[Doubt]) -> int | None:
        waits = (self.settle_ms - settled_for(doubt, self._clocks()) for doubt in doubts)
        return min((wait for wait in waits if 0 < wait <= self.settle_ms), default=None)

    async def _look_at(
        self, groups: Iterator[list[Doubt]], listed: Search, result: Reconciled
    ) -> None:
        for doubts in groups:
            if self.questions.halts.halt is not None:
                return
            project = await self._project_of(doubts[0], listed)
            for doubt in doubts:
                await self._settle(doubt, project, result)

    async def _project_of(self, doubt: Doubt, listed: Search) -> Project | Unread | None:
        """The file's project with its clips, why it can't be known, None when there is none."""
        entries = listed.found.get(doubt.range.file_id, [])
        if len(entries) > 1 or not all(entry.of_video for entry in entries):
            return Unread("its file has several projects, or one of another kind")
        if entries:
            return await self._details(entries[0].project_id, entries[0])
        if doubt.project_id is not None:
            return await self._details(doubt.project_id, None)
        return listed.problem

    async def _details(self, project_id: str, entry: ListedProject | None) -> Project | Unread:
        if not ID.fullmatch(project_id):
            return Unread("its file's project has an id that can't be asked for")
        found = await self.questions.ask(lambda token: self.reader.project(project_id, token))
        if isinstance(found, Project):
            created_at = entry.created_at if entry else None
            return Project(found.project_id, found.generating, found.clips, created_at)
        if found is not None and found.http_status == 404:
            return Unread("its file's project is not there any more")
        return unread(found, "its file's project")

    async def _settle(
        self, doubt: Doubt, project: Project | Unread | None, result: Reconciled
    ) -> None:
        """Give a verdict and write it down."""
        if project is STOPPED:
            return
        clocks = self._clocks()
        if isinstance(project, Unread):
            if project.exit_code:
                result.problem = result.problem or project
            verdict = unclear(project.reason)
        else:
            verdict = judge(doubt, project, clocks, self.settle_ms)
        if verdict.ruling is not Ruling.TOO_EARLY:
            self._done.add(doubt.generation)
        known = project if isinstance(project, Project) else None
        if await self._write(self._entry(doubt, known, clocks, verdict)):
            result.rulings[verdict.ruling] += 1

    def _entry(
        self, doubt: Doubt, project: Project | None, clocks: Clocks, verdict: Verdict
    ) -> Settle:
        return Settle(
            doubt.job_id,
            doubt.generation,
            verdict.ruling,
            verdict.reason,
            finding(doubt, project, clocks, verdict),
            clocks.now,
            state=MOVES_TO.get(verdict.ruling),
            project_id=project.project_id if project and verdict.clip_ids else None,
            run_id=self.questions.run_id or None,
        )

    async def _write(self, entry: Settle) -> bool:
        try:
            return await self.journal.write(entry)
        except BatchclipError as error:
            self.questions.halts.stop(failed_with(error))
            return False

    def _clocks(self) -> Clocks:
        """This moment. Facts count as old as the search: answers may have been waited for."""
        clock = self.questions.clock
        return Clocks(
            self._now(),
            self.server_clock.now(),
            asked_ago=round(1000 * (clock.monotonic() - self._began)),
            uptime=round(1000 * clock.uptime()),
            boot=clock.boot(),
        )

    def _now(self) -> int:
        """Milliseconds since 1970."""
        return round(1000 * self.questions.clock.now())


def unlisted(doubts: Iterable[Doubt]) -> frozenset[UUID]:
    """The files whose project, or its age where that matters, no range has told: the list must."""
    return frozenset(
        doubt.range.file_id
        for doubt in doubts
        if doubt.project_id is None or doubt.server_sent_at is None
    )


def by_file(doubts: Iterable[Doubt]) -> list[list[Doubt]]:
    """Those of one file together, so that its details are fetched once."""
    groups: dict[int, list[Doubt]] = {}
    for doubt in doubts:
        groups.setdefault(doubt.source_id, []).append(doubt)
    return list(groups.values())
