"""Restream in a pocket: what truly happened, in a few lines, on a clock that stands still.

What has left arrives, and takes effect, whether or not the process that sent it still lives.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import UUID

from batchclip.api.reads import ListedProject, ProjectPage
from batchclip.clips import Clip
from batchclip.evidence import Project
from batchclip.job import Mode, Range
from batchclip.outcome import Kind, Outcome
from batchclip.serverclock import ServerClock
from tests.support.fakeclock import FakeClock

LOST = Outcome(Kind.UNKNOWN, error_name="ServerDisconnectedError")
TIMED_OUT = Outcome(Kind.UNKNOWN, error_name="TimeoutError", congested=True)
BROKEN = Outcome(Kind.UNKNOWN, http_status=502)
UNREACHED = Outcome(Kind.NEVER_LEFT, error_name="ClientConnectorError")
UNREADABLE = Outcome(Kind.UNKNOWN, http_status=500)
GONE = Outcome(Kind.REFUSED, http_status=404)
TIMEOUT_SECONDS = 30.0
PAGE = 2
VIDEO_MS = 600_000

Identity = tuple[UUID, int | None, int | None, Mode, bool]


def identity(asked: Range) -> Identity:
    """What it clips: twice the same is billed twice."""
    return asked.file_id, asked.start_ms, asked.end_ms, asked.mode, asked.forced


@dataclass
class Made:
    """A file's project."""

    project_id: str
    created_at: int
    ready_at: float
    clips: list[Clip] = field(default_factory=list)
    whole: bool = False


@dataclass
class Habits:
    """How an API behaves for a while: chances of accidents, and times in seconds."""

    lost_before: float = 0.0
    lost_after: float = 0.0
    hang: float = 0.0
    slow_down: float = 0.0
    unreached: float = 0.0
    refused: float = 0.0
    bad_read: float = 0.0
    delay: float = 0.0
    generating: float = 0.0


@dataclass
class PocketRestream:
    """One account. `ahead`: how far its clock is ahead of the machine's first."""

    clock: FakeClock
    dice: random.Random
    ahead: float = 0.0
    habits: Habits = field(default_factory=Habits)
    effects: Counter[Identity] = field(default_factory=Counter)
    projects: dict[UUID, Made] = field(default_factory=dict)
    on_wire: Counter[UUID] = field(default_factory=Counter)
    held_until: float = 0.0
    held_at: float = 0.0
    sins: list[str] = field(default_factory=list)
    server_clock: ServerClock | None = None
    stopped: Callable[[], bool] = lambda: False
    arriving: set["asyncio.Task[None]"] = field(default_factory=set)

    def now(self) -> int:
        """Milliseconds since 1970 by its own clock, which never jumps."""
        return round(1000 * (1_700_000_000 + self.ahead + self.clock.monotonic()))

    def tell_time(self) -> None:
        if self.server_clock is not None:
            moment = datetime.fromtimestamp(self.now() // 1000, UTC)
            self.server_clock.notice(format_datetime(moment, usegmt=True))

    async def create_project(
        self, asked: Range, token: str, may_leave: Callable[[], bool]
    ) -> Outcome:
        assert token
        assert may_leave()
        self._look_for_sins(asked)
        self.on_wire[asked.file_id] += 1
        try:
            return await self._answer(asked)
        finally:
            self.on_wire[asked.file_id] -= 1

    def _look_for_sins(self, asked: Range) -> None:
        if self.on_wire[asked.file_id]:
            self.sins.append(f"two requests for one file on the wire: {asked}")
        if self.clock.monotonic() < self.held_until:
            self.sins.append(f"sent during a hold-off: {asked}")
        if self.stopped():
            self.sins.append(f"sent after a stop: {asked}")

    async def _answer(self, asked: Range) -> Outcome:
        await self.clock.sleep(self.dice.uniform(0.01, 0.5))
        throw, habits = self.dice.random(), self.habits
        for chance, accident in (
            (habits.unreached, UNREACHED),
            (habits.lost_before, LOST),
            (habits.slow_down, self._slow_down),
        ):
            if throw < chance:
                return accident() if callable(accident) else accident
            throw -= chance
        if throw < habits.lost_after:
            self._arrive_later(asked)
            return self.dice.choice([LOST, BROKEN])
        throw -= habits.lost_after
        if throw < habits.hang:
            if self.dice.random() < 0.5:
                self._arrive_later(asked)
            await self.clock.sleep(TIMEOUT_SECONDS)
            return TIMED_OUT
        answer = self._apply(asked)
        self.tell_time()
        return answer

    def _slow_down(self) -> Outcome:
        seconds = float(self.dice.choice([2, 20, 100]))
        self.held_at = self.clock.monotonic()
        self.held_until = max(self.held_until, self.held_at + seconds)
        self.tell_time()
        return Outcome(Kind.SLOW_DOWN, http_status=429, hold_off=seconds, congested=True)

    def _arrive_later(self, asked: Range) -> None:
        """It has left: nothing that happens to its sender can stop it any more."""
        arriving = asyncio.ensure_future(self._arrive(asked, self.dice.uniform(0, 1)))
        self.arriving.add(arriving)
        arriving.add_done_callback(self.arriving.discard)

    async def _arrive(self, asked: Range, share: float) -> None:
        await self.clock.sleep(share * self.habits.delay)
        self._apply(asked)

    def _apply(self, asked: Range) -> Outcome:
        """Let a create take effect, if it is good."""
        # Which files are unknown is a fact of the account, not of the moment.
        if random.Random(asked.file_id.int).random() < self.habits.refused:  # noqa: S311
            return Outcome(Kind.REFUSED, http_status=404, error_name="FileNotFound")
        made = self.projects.get(asked.file_id)
        if made is not None and made.whole and asked.harmless_to_repeat:
            return Outcome(Kind.ALREADY_DONE, http_status=409)
        self.effects[identity(asked)] += 1
        made = self.projects.setdefault(
            asked.file_id, Made(f"project-{len(self.projects)}", self.now(), 0.0)
        )
        made.whole = made.whole or asked.whole
        self._clip(made, asked)
        return Outcome(Kind.CREATED, http_status=201, project_id=made.project_id)

    def _clip(self, made: Made, asked: Range) -> None:
        wait = self.dice.uniform(0, self.habits.generating)
        made.ready_at = max(made.ready_at, self.clock.monotonic() + wait)
        start = asked.start_ms or 0
        end = VIDEO_MS if asked.end_ms is None else asked.end_ms
        spans = [(start, end)]
        if asked.mode is Mode.CLIPS:
            third = (end - start) // 3
            places = range(self.dice.randint(1, 3))
            spans = [(start + third * place, start + third * (place + 1)) for place in places]
        for begin, stop in spans:
            created_at = self.now() + round(1000 * wait)
            clip_id = f"{made.project_id}-{len(made.clips)}"
            made.clips.append(Clip(clip_id, begin, stop, created_at))

    async def projects_page(self, cursor: str | None) -> ProjectPage | Outcome:
        await self.clock.sleep(0.05)
        self.tell_time()
        bad = self.dice.random() < self.habits.bad_read
        if bad and self.dice.random() < 0.5:
            return UNREADABLE
        newest = sorted(self.projects.items(), key=lambda item: -item[1].created_at)
        first = int(cursor or 0)
        page = [
            ListedProject(made.project_id, file_id, of_video=True, created_at=made.created_at)
            for file_id, made in newest[first : first + PAGE]
        ]
        # A bad page names itself as the next one.
        following = first if bad else first + PAGE
        more = following < len(newest)
        return ProjectPage(tuple(page), str(following) if more else None, whole=True)

    async def project(self, project_id: str) -> Project | Outcome:
        await self.clock.sleep(0.05)
        self.tell_time()
        if self.dice.random() < self.habits.bad_read:
            return self.dice.choice([UNREADABLE, GONE])
        [made] = [one for one in self.projects.values() if one.project_id == project_id]
        now = self.now()
        ready = tuple(
            clip for clip in made.clips if clip.created_at is not None and clip.created_at <= now
        )
        return Project(project_id, made.ready_at > self.clock.monotonic(), ready)
