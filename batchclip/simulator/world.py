"""The simulated account's files, projects and quota: pure state, no HTTP."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batchclip.simulator import refusals

if TYPE_CHECKING:
    from batchclip.clock import Clock
    from batchclip.simulator.asks import CreateAsk
    from batchclip.simulator.settings import SimulatorSettings

SHORTEST_SECONDS = 10
"""The shortest video or range (Restream's page Create Project)."""
LONGEST_SINGLE_SECONDS = 600
"""The longest single clip (Restream's page Create Project)."""
_CLIPS_A_SPAN = 3
_LONGEST_HIGHLIGHT_SECONDS = 60
_PROJECTS, _CLIPS = 0x9A0EC700, 0xC11B5000


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file that was clipped, in seconds; `made_at` is wall time."""

    number: int
    start: float
    end: float
    single: bool
    ready_at: float
    made_at: float


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of a project; offsets in seconds, `made_at` in wall time."""

    clip_id: str
    start: float
    end: float
    made_at: float


@dataclass(slots=True)
class Project:
    """The one project of a file. `number` counts creations, `activity` the latest change."""

    number: int
    file: str
    title: str
    created_at: float
    activity: int = 0
    whole: bool = False
    spans: list[Span] = field(default_factory=list)

    @property
    def project_id(self) -> str:
        """Return the project's UUID."""
        return _uuid(_PROJECTS, self.number)

    def generating(self, monotonic: float) -> bool:
        """Tell whether clips are still being made at this moment."""
        return any(span.ready_at > monotonic for span in reversed(self.spans))

    def clips(self, monotonic: float) -> list[Clip]:
        """Return the clips that are ready at this moment."""
        ready = [span for span in self.spans if span.ready_at <= monotonic]
        return [clip for span in ready for clip in _clips(span)]


class World:
    """What the account has: its files, its projects and what is left of its quota."""

    def __init__(self, settings: SimulatorSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._started_at = clock.now()
        known = settings.known_files
        self._files = None if known is None else {key.lower(): known[key] for key in known}
        self._projects: list[Project] = []
        self._by_file: dict[str, Project] = {}
        self._spans: list[Span] = []
        self._activity = itertools.count(1)

    @property
    def started_at(self) -> float:
        """Return the wall time at which this world began; its files are as old."""
        return self._started_at

    def files(self) -> dict[str, float]:
        """Return the known files, or those that creates have named, and their seconds."""
        if self._files is not None:
            return self._files
        return dict.fromkeys(self._by_file, self._settings.file_duration_seconds)

    def duration(self, file: str) -> float:
        """Return a file's length in seconds. Raises Refusal when it is not known."""
        if self._files is None:
            return self._settings.file_duration_seconds
        if file not in self._files:
            raise refusals.file_not_found()
        return self._files[file]

    def create(self, ask: CreateAsk) -> Project:
        """Let a create take effect, and return its project. Raises Refusal without an effect."""
        if not self._settings.feature_active:
            raise refusals.feature_not_active()
        if ask.problem is not None or ask.file is None:
            raise refusals.invalid_body(ask.problem or "videoStorageFileId is missing")
        start, end = self._checked_span(ask, self.duration(ask.file))
        project = self._by_file.get(ask.file)
        if project and project.whole and ask.whole and not ask.force:
            raise refusals.already_processed()
        self._check_quota()
        project = project or self._new_project(ask.file, ask.title)
        self._add(project, ask, start, end)
        return project

    def _checked_span(self, ask: CreateAsk, duration: float) -> tuple[float, float]:
        start = 0 if ask.start is None else ask.start
        end = duration if ask.end is None else ask.end
        if end > duration:
            raise refusals.invalid_body("endOffsetSeconds exceeds the file's duration")
        if end - start < SHORTEST_SECONDS:
            raise refusals.invalid_body(f"At least {SHORTEST_SECONDS} seconds are needed")
        if ask.single and end - start > LONGEST_SINGLE_SECONDS:
            raise refusals.invalid_body("A single clip is capped at 10 minutes")
        return start, end

    def _check_quota(self) -> None:
        limit = self._settings.usage_limit
        if limit is not None and len(self._spans) >= limit:
            raise refusals.usage_limit_reached()

    def _new_project(self, file: str, title: str | None) -> Project:
        number = len(self._projects)
        project = Project(number, file, title or f"Video {file}", self._clock.now())
        self._projects.append(project)
        self._by_file[file] = project
        return project

    def _add(self, project: Project, ask: CreateAsk, start: float, end: float) -> None:
        wait = self._settings.generating_seconds
        ready_at, made_at = self._clock.monotonic() + wait, self._clock.now() + wait
        number = len(self._spans)
        span = Span(number, start, end, ask.single, ready_at, made_at)
        project.spans.append(span)
        project.activity = next(self._activity)
        # A range does not count as the whole video, even when it covers all of it.
        project.whole = project.whole or ask.whole
        self._spans.append(span)

    def project(self, project_id: str) -> Project:
        """Return a project by its id. Raises Refusal when there is none."""
        number = _number(_PROJECTS, project_id)
        if number is None or number >= len(self._projects):
            raise refusals.not_found("ProjectNotFound")
        return self._projects[number]

    def has_clip(self, clip_id: str) -> bool:
        """Tell whether there is such a clip and it is ready."""
        number = _number(_CLIPS, clip_id)
        if number is None or number // _CLIPS_A_SPAN >= len(self._spans):
            return False
        span = self._spans[number // _CLIPS_A_SPAN]
        ready = span.ready_at <= self._clock.monotonic()
        return ready and any(clip.clip_id == clip_id for clip in _clips(span))

    def newest(self, below: int | None, limit: int) -> list[Project]:
        """Return up to `limit` projects by creation, newest first, numbered less than `below`."""
        top = len(self._projects) if below is None else max(0, below)
        return self._projects[max(0, top - limit) : top][::-1]

    def latest(self, below: int | None, limit: int) -> list[Project]:
        """Return up to `limit` projects by activity, latest first, of less than `below`."""
        projects = (p for p in self._projects if below is None or p.activity < below)
        return heapq.nlargest(limit, projects, key=lambda project: project.activity)


def _clips(span: Span) -> list[Clip]:
    if span.single:
        return [_clip(span, 0, span.start, span.end)]
    step = (span.end - span.start) / _CLIPS_A_SPAN
    length = min(step, _LONGEST_HIGHLIGHT_SECONDS)
    starts = [span.start + step * place for place in range(_CLIPS_A_SPAN)]
    # Adding fractions up may overshoot the span by a hair, and no clip may leave it.
    return [
        _clip(span, place, start, min(start + length, span.end))
        for place, start in enumerate(starts)
    ]


def _clip(span: Span, place: int, start: float, end: float) -> Clip:
    return Clip(_uuid(_CLIPS, span.number * _CLIPS_A_SPAN + place), start, end, span.made_at)


def _uuid(family: int, number: int) -> str:
    """Return a UUID that says what it numbers, so that nothing need be kept to find it again."""
    return f"{family:08x}-0000-4000-8000-{number:012x}"


def _number(family: int, text: str) -> int | None:
    try:
        number = int(text[-12:], 16)
    except ValueError:
        return None
    return number if number >= 0 and _uuid(family, number) == text else None
