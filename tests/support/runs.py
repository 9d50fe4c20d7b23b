"""A run with everything real but the network and the clock."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from batchclip.api.reads import ProjectPage
from batchclip.errors import BatchclipError
from batchclip.events import Event
from batchclip.evidence import Project
from batchclip.job import Range
from batchclip.outcome import Kind, Outcome
from batchclip.pace import Pace
from batchclip.pacer import Pacer
from batchclip.runner.attempt import Attempts
from batchclip.runner.budget import Budget
from batchclip.runner.halts import End, Halts
from batchclip.runner.patience import Patience
from batchclip.runner.questions import Questions
from batchclip.runner.reconcile import Reconciler
from batchclip.runner.run import Run, RunLimits
from batchclip.serverclock import ServerClock
from batchclip.store.base import Write
from batchclip.store.journal import Journal
from batchclip.store.sqlite import SqliteStore
from tests.support.fakeclock import FakeClock, quiet
from tests.support.tables import stored

CREATED = Outcome(Kind.CREATED, http_status=201, project_id="project")
LOST = Outcome(Kind.UNKNOWN, error_name="ServerDisconnectedError")
REFUSED = Outcome(Kind.REFUSED, http_status=404, error_name="FileNotFound")
BROKEN = Outcome(Kind.NEVER_LEFT, error_name="ClientConnectorError")
SLOW = Outcome(Kind.SLOW_DOWN, http_status=429, hold_off=7.0, congested=True)
SCOPELESS = Outcome(Kind.SCOPE_MISSING, http_status=403, error_name="InsufficientScope")
UNAUTHORIZED = Outcome(Kind.UNAUTHORIZED, http_status=401, error_name="invalid_token")

SENT_AT_MOST = 3_000
"""More than any test here has to send."""
IDLE_AT_MOST = 5_000
"""Milliseconds for the database to answer in, while no time passes."""


def whole(number: int, *, force: bool = False) -> Range:
    return Range(UUID(int=number), force=force)


def part(number: int, start: int = 0, end: int = 15) -> Range:
    return Range(UUID(int=number), 1000 * start, 1000 * end)


class WatchedStore(SqliteStore):
    """A store that says when it is at work, and that can be told to fail."""

    at_work = 0
    fails: Callable[[Sequence[Write[object]]], BatchclipError | None] = staticmethod(lambda _: None)
    before: Callable[[Sequence[Write[object]]], Awaitable[None]] | None = None

    async def commit(self, writes: Sequence[Write[object]]) -> list[object]:
        self.at_work += 1
        try:
            if self.before is not None:
                await self.before(writes)
            error = self.fails(writes)
            if error is not None:
                raise error
            return await super().commit(writes)
        finally:
            self.at_work -= 1


def watched(read: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The same read, while which the store is at work."""

    async def at_work(store: WatchedStore, *values: Any) -> Any:
        store.at_work += 1
        try:
            return await read(store, *values)
        finally:
            store.at_work -= 1

    return at_work


for name in ("counts", "held_for", "left_claims", "open_pause", "doubts"):
    setattr(WatchedStore, name, watched(getattr(SqliteStore, name)))


@dataclass
class ScriptedClient:
    """Answers by script and remembers who asked when."""

    clock: FakeClock
    script: Callable[[Range, int], Outcome | Awaitable[Outcome]]
    sent: list[tuple[float, Range]] = field(default_factory=list)
    on_wire: Counter[UUID] = field(default_factory=Counter)
    highest_on_wire: int = 0
    highest_for_one_file: int = 0
    takes: float = 0.0

    async def create_project(
        self, asked: Range, token: str, may_leave: Callable[[], bool]
    ) -> Outcome:
        assert token
        assert may_leave()
        assert len(self.sent) < SENT_AT_MOST, "the run sends without end"
        self.sent.append((self.clock.monotonic(), asked))
        self.on_wire[asked.file_id] += 1
        self.highest_on_wire = max(self.highest_on_wire, self.on_wire.total())
        self.highest_for_one_file = max(self.highest_for_one_file, self.on_wire[asked.file_id])
        try:
            answer = self.script(asked, self.times(asked))
            await self.clock.sleep(self.takes)
            return answer if isinstance(answer, Outcome) else await answer
        finally:
            self.on_wire[asked.file_id] -= 1

    def times(self, asked: Range) -> int:
        """How often this range was asked for."""
        return sum(one == asked for _, one in self.sent)


@dataclass
class ScriptedAuth:
    """A token that changes its name when it is refused."""

    renewable: bool = True
    refused: list[str] = field(default_factory=list)
    errors: list[BatchclipError] = field(default_factory=list)

    async def token(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return f"token-{len(self.refused)}"

    def ready(self) -> bool:
        return not self.errors

    def current(self, token: str) -> bool:
        return token not in self.refused

    def refuse(self, token: str) -> bool:
        newest = token == f"token-{len(self.refused)}"
        if newest:
            self.refused.append(token)
        return newest


@dataclass
class Listener:
    events: list[Event] = field(default_factory=list)

    def notice(self, event: Event) -> None:
        self.events.append(event)


@dataclass
class ScriptedReader:
    """Reads by script; without one the token may read nothing, so what is in doubt stays so."""

    pages: Callable[[str | None], ProjectPage | Outcome] = lambda _: SCOPELESS
    details: Callable[[str], Project | Outcome] = lambda _: SCOPELESS
    asked: list[str | None] = field(default_factory=list)

    async def projects(self, cursor: str | None, token: str) -> ProjectPage | Outcome:
        assert token
        self.asked.append(cursor)
        return self.pages(cursor)

    async def project(self, project_id: str, token: str) -> Project | Outcome:
        assert token
        self.asked.append(project_id)
        return self.details(project_id)


class Night:
    """One table and the runs over it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = FakeClock()
        self.auth = ScriptedAuth()
        self.listener = Listener()
        self.halts = Halts()
        self.server_clock = ServerClock(self.clock)
        self.client = ScriptedClient(self.clock, lambda *_: CREATED)
        self.reader = ScriptedReader()
        self.store: WatchedStore
        self.running: asyncio.Task[End]

    async def __aenter__(self) -> "Night":
        opened = await WatchedStore.open(self.path, 0)
        assert isinstance(opened, WatchedStore)
        self.store = opened
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.store.close()

    async def load(self, *asked: Range) -> None:
        staging = await self.store.stage()
        await staging.add("m.csv", [stored(line, one) for line, one in enumerate(asked, 2)])
        await staging.merge(0)

    async def run(
        self,
        *,
        workers: int = 4,
        rate: float | None = None,
        max_attempts: int = 3,
        budget: int | None = None,
        draw: float = 1.0,
        **limits: Any,
    ) -> End:
        """Run to the end, with time passing only when nothing else can happen."""
        give_up_after = limits.pop("give_up_after", 900.0)
        ends_at = None
        if (deadline := limits.pop("deadline", None)) is not None:
            ends_at = self.clock.monotonic() + deadline - self.clock.now()
        settle = limits.pop("settle", 600.0)
        self.halts = Halts()
        async with Journal(self.store) as journal:
            attempts = Attempts(
                client=self.client,
                auth=self.auth,
                journal=journal,
                pacer=Pacer(Pace(workers, rate, give_up_after), self.clock),
                budget=Budget(budget),
                halts=self.halts,
                observer=self.listener,
                clock=self.clock,
                server_clock=self.server_clock,
                max_attempts=max_attempts,
                draw=lambda: draw,
            )
            run_limits = RunLimits(workers, **limits)
            reconciler = self._reconciler(attempts, give_up_after, ends_at, settle)
            run = Run(self.store, attempts, reconciler, run_limits).run()
            self.running = asyncio.create_task(run, name="run")
            await self._let_time_pass(self.running)
            return await self.running

    def _reconciler(
        self, attempts: Attempts, give_up_after: float, ends_at: float | None, settle: float
    ) -> Reconciler:
        patience = Patience(attempts.pacer, self.halts, self.clock, give_up_after, ends_at)
        questions = Questions(
            self.auth, attempts.journal, attempts.pacer, self.halts, patience, self.clock, 0
        )
        return Reconciler(
            self.store,
            attempts.journal,
            self.reader,
            questions,
            self.listener,
            self.server_clock,
            round(1000 * settle),
        )

    async def _let_time_pass(self, running: "asyncio.Task[End]") -> None:
        idle = 0
        while not running.done():
            await quiet()
            if self.store.at_work or self.clock.next_wake is None:
                # A signal from the database's thread wakes the loop; nothing else is due.
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(running), 0.001)
                idle += 1
            else:
                await self.clock.advance(self.clock.next_wake)
                idle = 0
            if idle > IDLE_AT_MOST:
                running.cancel()
                raise AssertionError("the run waits, and nothing will ever come")

    async def states(self) -> dict[str, int]:
        counts = await self.store.counts()
        return {state.value: count for state, count in counts.items() if count}

    def look(self, statement: str, *values: object) -> list[Any]:
        """What another process sees of the table at this moment: nothing but what is committed."""
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(statement, values).fetchall()

    async def rows(self, statement: str) -> list[Any]:
        async with self.store._database.execute(statement) as rows:
            return list(await rows.fetchall())
