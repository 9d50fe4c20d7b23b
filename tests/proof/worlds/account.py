"""One account of Restream: its files, its clip projects, and what people do in it by hand."""

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.proof.worlds.truth import Asked

LONG_AGO = 30 * 86_400.0


@dataclass
class Work:
    """One create that took effect: its clips can be seen once they are ready."""

    clips: list[dict[str, Any]]
    ready_at: float


@dataclass
class Project:
    """All clips of one source."""

    project_id: str
    kind: str
    source: str
    created_at: float
    works: list[Work] = field(default_factory=list)

    @property
    def generating(self) -> bool:
        return any(work.ready_at > time.monotonic() for work in self.works)

    @property
    def clips(self) -> list[dict[str, Any]]:
        """What can be seen of them now."""
        now = time.monotonic()
        return [clip for work in self.works if work.ready_at <= now for clip in work.clips]


class Account:
    """`ahead`: how far Restream's clock is ahead of the true time, in seconds."""

    def __init__(
        self, seed: int, durations: dict[str, float], *, ahead: float, generating: float
    ) -> None:
        self._dice = random.Random(f"{seed} account")  # noqa: S311 -- a seed that repeats
        self.durations = durations
        self._ahead = ahead
        self._generating = generating
        self.projects: list[Project] = []
        for number in range(self._dice.randint(0, 3)):
            self._add(Project(self._id(), "Event", f"event-{number}", self.now() - LONG_AGO))

    def now(self) -> float:
        """Seconds since 1970 by Restream's clock."""
        return time.time() + self._ahead

    def problem_of(self, asked: Asked) -> tuple[int, str] | None:
        """Why Restream would not clip this, as a status and a name."""
        long = self.durations.get(asked.file)
        if long is None:
            return 404, "FileNotFound"
        start, end = asked.start or 0.0, long if asked.end is None else asked.end
        if end > long or end - start < 10 or (asked.single and end - start > 600):
            return 400, "InvalidBodyParams"
        return None

    def clip(self, asked: Asked, *, ago: float = 0.0) -> Project:
        """Start clipping; `ago` is how long it has been since, for what people did before."""
        project = self.project_of(asked.file) or self._add(
            Project(self._id(), "VideoStorageFile", asked.file, self.now() - ago)
        )
        wait = 0.0 if ago else self._generating * self._dice.random()
        clips = [self._clip(start, end, ago) for start, end in self._spans(asked)]
        project.works.append(Work(clips, time.monotonic() + wait))
        return project

    def project_of(self, file: str) -> Project | None:
        """The one project of a file."""
        return next((one for one in self.projects if one.source == file), None)

    def finish_all(self) -> None:
        """Have all clips ready now."""
        for project in self.projects:
            for work in project.works:
                work.ready_at = min(work.ready_at, time.monotonic())

    def _add(self, project: Project) -> Project:
        self.projects.append(project)
        return project

    def _id(self) -> str:
        return str(UUID(int=self._dice.getrandbits(128), version=4))

    def _spans(self, asked: Asked) -> list[tuple[float, float]]:
        """One clip is exactly the span; highlights lie somewhere in it."""
        start = asked.start or 0.0
        end = self.durations.get(asked.file, 4000.0) if asked.end is None else asked.end
        if asked.single:
            return [(start, end)]
        lows = [self._dice.uniform(start, end - 5) for _ in range(self._dice.randint(1, 3))]
        return [(low, self._dice.uniform(low + 5, end)) for low in lows]

    def _clip(self, start: float, end: float, ago: float) -> dict[str, Any]:
        return {
            "clipId": self._id(),
            "name": "a clip",
            "viralityScore": 50,
            "transcriptText": "",
            "sourceStartSeconds": round(start, 3),
            "sourceEndSeconds": round(end, 3),
            "favouritedAt": None,
            "createdAt": iso(self.now() - ago),
        }


def iso(moment: float) -> str:
    """A moment as Restream writes it."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def listed(project: Project) -> dict[str, Any]:
    """A project as the list shows it."""
    return {
        "projectId": project.project_id,
        "sourceTypeName": project.kind,
        "sourceIdentifier": project.source,
        "title": "a title",
        "clipsCount": len(project.clips),
        "clipThumbnails": [],
        "generatingClipsNow": project.generating,
        "createdAt": iso(project.created_at),
    }


def page_of(projects: list[Project], cursor: str, limit: int) -> dict[str, Any]:
    """A page of the list, newest first. A cursor names the last project of the page before."""
    newest = sorted(projects, key=lambda one: -one.created_at)
    ids = [one.project_id for one in newest]
    start = ids.index(cursor) + 1 if cursor in ids else 0
    shown = newest[start : start + limit]
    more = start + limit < len(newest)
    pagination = {"nextCursor": shown[-1].project_id if more else None, "hasMore": more}
    return {"projects": [listed(one) for one in shown], "pagination": pagination}


def details_of(project: Project) -> dict[str, Any]:
    """A project as its own page shows it."""
    return {
        "generatingClipsNow": project.generating,
        "clips": project.clips,
        "postedClips": [],
    }


def stored(durations: dict[str, float]) -> dict[str, Any]:
    """The files of video storage."""
    files = [
        {
            "id": file,
            "title": "a video",
            "sizeBytes": 1,
            "durationSeconds": long,
            "status": "Ready",
            "createdAt": iso(0.0),
        }
        for file, long in durations.items()
    ]
    return {"files": files}
