"""Small true worlds: one file, its ranges, what was sent, and what Restream really made of it.

In all of them Restream makes clips inside of the span that was asked for, give or take a rounding,
and at least one, unless the request made the project, too. A person may clip the same file, but
not inside the range in doubt since it was sent, and makes no project at the very moment to which a
wrong clock points. How far clocks may differ is as the constants of `batchclip.evidence` say.
Moments are milliseconds, counted from the newest sending; `skew` is how far the clock that stamps
clips is ahead of the one that writes the `Date` header.
"""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from batchclip.clips import EDGE_MS, Clip, made_of
from batchclip.evidence import Clocks, Doubt, Project
from batchclip.job import Mode, Range
from tests.support.facts import FILE, LASTED, SENT, SETTLE

VIDEO_MS = 90_000
SKEWS = (-110_000, -3_000, 0, 900, 110_000)
WRONG_BY = (0, 50_000, -7_200_000)
SET_BY = (0, 0, 0, -3_000, 40_000, 3_600_000, -3_600_000, 86_400_000)
LONG_AGO = (-5_000_000, -700_000, -300_000)
OTHER_TIMES = (-90_000_000, -500_000, -5_000, 5_000, 400_000)
UPTIME = 86_400_000
JUST_IN_TIME = SETTLE - 5_000
"""Later than this after its last sign of life no request arrives. A process that died may have
sent until it was found dead."""
WAITED = (JUST_IN_TIME - 1, SETTLE + 1_000, SETTLE + 1_000, *[40_000_000] * 3)

Spans = list[tuple[int, int]]


@dataclass(frozen=True)
class World:
    """What the table and Restream know, and whether the request took effect."""

    doubt: Doubt
    project: Project | None
    clocks: Clocks
    happened: bool


@dataclass
class Restream:
    """What was really made: for each request when it arrived, when its clips came, and they."""

    skew: int
    made: list[tuple[int, int, tuple[Clip, ...]]] = field(default_factory=list)

    def add(self, arrived: int, took: int, spans: Spans) -> frozenset[str]:
        """Make these clips; return their ids."""
        stamp = SENT + arrived + took + self.skew
        clips = tuple(
            Clip(f"clip-{len(self.made)}-{number}", start, end, stamp)
            for number, (start, end) in enumerate(spans)
        )
        self.made.append((arrived, arrived + took, clips))
        return frozenset(clip.clip_id for clip in clips)

    def seen(self, at: int, *, listed: bool) -> Project | None:
        """The project as it shows at this moment. `listed`: whether a list has told its age."""
        made = [one for one in self.made if one[0] <= at]
        if not made:
            return None
        created = SENT + min(one[0] for one in made) + self.skew if listed else None
        clips = tuple(clip for _, ready, clips in made if ready <= at for clip in clips)
        return Project("project-1", any(ready > at for _, ready, _ in made), clips, created)


@dataclass
class Others:
    """What the table knows of the file's other ranges."""

    maybe: list[Range] = field(default_factory=list)
    clipped: bool = False
    theirs: frozenset[str] = frozenset()


def bounds(asked: Range) -> tuple[int, int]:
    """Where a range begins and ends."""
    return asked.start_ms or 0, VIDEO_MS if asked.end_ms is None else asked.end_ms


def overlap(one: Range, other: Range) -> bool:
    """Whether two ranges share a moment."""
    (start, end), (other_start, other_end) = bounds(one), bounds(other)
    return start < other_end and other_start < end


def part_of(start: int, length: int, mode: Mode) -> Range:
    """A range of the file."""
    return Range(FILE, start, start + length, mode)


parts = st.builds(
    part_of,
    st.sampled_from((0, 15_000, 30_000, 45_000)),
    st.sampled_from((10_000, 15_000, 30_000)),
    st.sampled_from(Mode),
)
whole = st.builds(lambda mode: Range(FILE, mode=mode, force=True), st.sampled_from(Mode))
ranges = parts | parts | whole
edges = st.integers(-EDGE_MS, EDGE_MS)
took = st.sampled_from((0, 300_000))


@st.composite
def span_within(draw: st.DrawFn, start: int, end: int) -> tuple[int, int]:
    """A span between these, or up to a rounding beyond; sometimes a very short one."""
    low, high = max(0, start - EDGE_MS), end + EDGE_MS
    first = draw(st.sampled_from((low, start, end - 200)) | st.integers(low, high - 1))
    length = draw(st.sampled_from((200, 1_500, high)) | st.integers(1, high))
    return first, min(first + length, high)


@st.composite
def spans_of(draw: st.DrawFn, asked: Range, least: int = 1) -> Spans:
    """The clips that Restream makes of a range."""
    start, end = bounds(asked)
    if asked.mode is Mode.SINGLE:
        return [(max(0, start + draw(edges)), end + draw(edges))]
    return draw(st.lists(span_within(start, end), min_size=least, max_size=3))


@st.composite
def others_of(draw: st.DrawFn, restream: Restream, asked: Range) -> Others:
    """Other ranges of the file, some of which were sent, and some of those took effect."""
    known = Others()
    for other in draw(st.lists(ranges.filter(lambda one: one != asked), max_size=3, unique=True)):
        fate = draw(st.sampled_from(("untouched", "submitted", "lost", "lost with effect")))
        if fate == "untouched":
            continue
        known.maybe.append(other)
        if fate != "lost":
            at = draw(st.sampled_from(OTHER_TIMES))
            ids = restream.add(at, draw(took), draw(spans_of(other)))
            known.clipped |= fate == "submitted"
            known.theirs |= ids if fate == "submitted" and draw(st.booleans()) else frozenset()
    return known


def by_hand(draw: st.DrawFn, restream: Restream, asked: Range, first: int) -> None:
    """A person clips the same file: elsewhere at any time, inside of this range only long ago."""
    for span in draw(st.lists(span_within(0, VIDEO_MS), max_size=2)):
        inside = made_of(Clip("", *span, None), asked)
        times = [first + ago for ago in LONG_AGO] if inside else [first - 90_000_000, 1_000, 50_000]
        restream.add(draw(st.sampled_from(times)), 1_000, [span])


def sends(draw: st.DrawFn, restream: Restream, asked: Range, at: int, latest: int) -> bool:
    """Send the range; whether it took effect, be it only when nobody waited any more."""
    if not draw(st.booleans()):
        return False
    spans = draw(spans_of(asked, least=1 if restream.made else 0))
    restream.add(at + draw(st.sampled_from((0, 20_000, latest))), draw(took), spans)
    return True


def told(draw: st.DrawFn, at: int) -> int | None:
    """A moment by Restream's clock, whose header knows whole seconds; None where none came."""
    return SENT + at - draw(st.sampled_from((0, 999))) if draw(st.integers(0, 5)) else None


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw one."""
    restream, asked = Restream(draw(st.sampled_from(SKEWS))), draw(ranges)
    first = draw(st.sampled_from((0, 0, -700_000, -90_000_000)))
    others = draw(others_of(restream, asked))
    by_hand(draw, restream, asked, first)
    lasted = draw(st.sampled_from((LASTED, None)))
    known_dead = LASTED if lasted else draw(st.sampled_from((10_000, 7_200_000)))
    attempts, latest = [first, 0] if first else [0], known_dead + JUST_IN_TIME
    effects = [sends(draw, restream, asked, at, latest) for at in attempts]
    wrong_by, newest, later = draw(st.sampled_from(WRONG_BY)), told(draw, 0), told(draw, 0)
    doubt = Doubt(
        1,
        5,
        3,
        asked,
        sent_at=SENT + first + wrong_by,
        server_sent_at=told(draw, first) if first else newest,
        newest_server_sent_at=newest,
        lasted_ms=lasted,
        doubted_at=SENT + known_dead + wrong_by,
        rivals=tuple(one for one in others.maybe if overlap(one, asked)),
        theirs=others.theirs,
        file_was_clipped=others.clipped,
        later_ahead=None if later is None else later - SENT - wrong_by,
        doubted_uptime=UPTIME + known_dead,
        boot="the first",
    )
    waited = draw(st.sampled_from(WAITED))
    now, asked_ago = known_dead + waited, draw(st.sampled_from((0, 0, 900, 500_000)))
    measured = (doubt.server_sent_at, newest, doubt.later_ahead) != (None, None, None)
    clocks = looks(draw, now, wrong_by, asked_ago, measured=measured)
    project = restream.seen(now - asked_ago, listed=draw(st.booleans()))
    return World(doubt, project, clocks, any(effects))


def looks(draw: st.DrawFn, now: int, wrong_by: int, asked_ago: int, *, measured: bool) -> Clocks:
    """What the clocks say. `measured`: Restream's was compared with this machine's before.

    After another start, and without Restream's, nothing tells that this one was set forward.
    """
    server_now, set_by = told(draw, now), draw(st.sampled_from(SET_BY))
    boot = draw(st.sampled_from(("the first", "the second", None)))
    if boot != "the first" and not (measured and server_now is not None):
        set_by = min(set_by, 0)
    return Clocks(SENT + now + wrong_by + set_by, server_now, asked_ago, UPTIME + now, boot)
