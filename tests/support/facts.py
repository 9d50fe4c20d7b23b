"""Facts about one range in doubt. Unless a test says otherwise they are old enough, Restream's
clock was always known, another range of the file was clipped, and this one's clips are missing."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from batchclip.clips import Clip
from batchclip.evidence import Clocks, Doubt, Project, Verdict, judge
from batchclip.job import Mode, Range

FILE = UUID(int=7)
SENT = 1_700_000_000_000
LASTED = 30_000
SETTLE = 600_000
LATER = SENT + 3_600_000
LONG_BEFORE = -10_000_000
CLOCKS = Clocks(LATER, LATER)


def span(start: float, end: float, mode: Mode = Mode.CLIPS) -> Range:
    """A range of the file, in seconds."""
    return Range(FILE, round(1000 * start), round(1000 * end), mode)


CLIPS, SINGLE = span(60, 120), span(60, 120, Mode.SINGLE)
WHOLE = Range(FILE, force=True)

PLAIN = Doubt(
    job_id=1,
    generation=5,
    source_id=3,
    range=CLIPS,
    sent_at=SENT,
    server_sent_at=SENT,
    newest_server_sent_at=SENT,
    lasted_ms=LASTED,
    doubted_at=SENT + LASTED,
    file_was_clipped=True,
)


def doubt(asked: Range = CLIPS, **changes: Any) -> Doubt:
    """This range in doubt."""
    return replace(PLAIN, range=asked, **changes)


def clip(
    start: float | None, end: float | None, after: int | None = 60_000, clip_id: str = "clip-1"
) -> Clip:
    """A clip in seconds, made so many milliseconds after the sending."""
    first, last = (None if at is None else round(1000 * at) for at in (start, end))
    return Clip(clip_id, first, last, None if after is None else SENT + after)


def project(*clips: Clip, generating: bool = False, created: int | None = None) -> Project:
    """The file's project, created so many milliseconds after the sending."""
    return Project("project-1", generating, clips, None if created is None else SENT + created)


def judged(about: Doubt = PLAIN, made: Project | None = None, clocks: Clocks = CLOCKS) -> Verdict:
    """What is said of it."""
    return judge(about, made, clocks, SETTLE)
