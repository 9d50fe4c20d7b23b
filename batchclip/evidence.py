"""What a file's project tells of a range in doubt. Pure: facts come in, a verdict comes out.

Two wrong verdicts are possible and neither may be given: "it never happened" of a request that did
(it would be sent, and billed, twice) and "it happened" of one that didn't (a range would be lost).
So whatever could be read in two ways is `unclear`, and stays in doubt. Times are milliseconds.
"""

from dataclasses import dataclass
from enum import StrEnum

from batchclip.clips import Clip, made_of, reaches_into, tells_something
from batchclip.job import Mode, Range

DATE_MS = 2_000
"""How exact Restream's time is known: a `Date` header tells whole seconds (RFC 9110, 5.6.7)."""
UNSURE_MS = 120_000
"""What was made up to this long before the sending may have been made after it: the clock that
stamps clips need not be the one that writes the header."""
AGREE_MS = 60_000
"""How much two measurements of the clocks' difference may differ before neither is believed."""
CREATED_WITHIN_MS = 60_000
"""A project that is this close to a sending tells that the clocks agreed then, as they do now."""


class Ruling(StrEnum):
    """What evidence says of a range in doubt."""

    HAPPENED = "happened"
    NEVER_HAPPENED = "never_happened"
    TOO_EARLY = "too_early"
    UNCLEAR = "unclear"


class Weight(StrEnum):
    """What one clip says of a range in doubt."""

    ITS_OWN = "its_own"
    UNCLEAR = "unclear"
    ANOTHERS = "anothers"
    BEFORE = "before"


@dataclass(frozen=True, slots=True)
class Project:
    """A file's project. `created_at` (Restream's time) is None where no list has told it."""

    project_id: str
    generating: bool
    clips: tuple[Clip, ...]
    created_at: int | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A range in doubt, and what the job table knows of its file.

    `sent_at` and `server_sent_at`: the first of its requests that may have arrived, by this
    machine's clock and by Restream's, where that is known. `lasted_ms`: how long the newest of
    them was waited for, None when its process died. `doubted_at`: since when it is in doubt.
    `rivals`: the file's other ranges that overlap it and may have clips. `theirs`: clips already
    known as others' evidence. `file_was_clipped`: another range of the file surely was.
    `later_ahead`: how far Restream's clock was ahead of this machine's when that was next measured.
    `sent_uptime`: the machine's uptime at `sent_at`; `doubted_uptime`: at `doubted_at`; `sent_boot`
    and `boot`: which of its starts these count from. `several_projects`: its file's ranges were
    told of more than one.
    """

    job_id: int
    generation: int
    source_id: int
    range: Range
    sent_at: int
    server_sent_at: int | None
    newest_server_sent_at: int | None
    lasted_ms: int | None
    doubted_at: int
    project_id: str | None = None
    rivals: tuple[Range, ...] = ()
    theirs: frozenset[str] = frozenset()
    file_was_clipped: bool = False
    later_ahead: int | None = None
    doubted_uptime: int | None = None
    boot: str | None = None
    sent_uptime: int | None = None
    sent_boot: str | None = None
    several_projects: bool = False


@dataclass(frozen=True, slots=True)
class Clocks:
    """The same moment by this machine's clock and by Restream's, None where that isn't known.

    `asked_ago`: how long before that moment the facts were asked for. `uptime` and `boot` are the
    machine's, where they are known.
    """

    now: int
    server_now: int | None
    asked_ago: int = 0
    uptime: int | None = None
    boot: str | None = None

    @property
    def ahead(self) -> int:
        """How far Restream's clock is ahead of this machine's."""
        return 0 if self.server_now is None else self.server_now - self.now


@dataclass(frozen=True, slots=True)
class Verdict:
    """A ruling, its reason as an operator reads it, and the clips that were compared."""

    ruling: Ruling
    reason: str
    compared: tuple[tuple[Clip, Weight], ...] = ()

    @property
    def clip_ids(self) -> tuple[str, ...]:
        """The clips that are evidence that the request happened."""
        own = (clip.clip_id for clip, weight in self.compared if weight is Weight.ITS_OWN)
        return tuple(own) if self.ruling is Ruling.HAPPENED else ()


@dataclass(frozen=True, slots=True)
class Sending:
    """When the request left, by Restream's clock, and whether that can be relied on."""

    at: int
    certain: bool


def unclear(reason: str) -> Verdict:
    """No verdict, for this reason."""
    return Verdict(Ruling.UNCLEAR, reason)


def judge(doubt: Doubt, project: Project | None, clocks: Clocks, settle_ms: int) -> Verdict:
    """Say what became of a range in doubt. `project` is None when its file surely has none."""
    if settled_for(doubt, clocks) - clocks.asked_ago < settle_ms:
        return Verdict(Ruling.TOO_EARLY, "its request may still be on its way")
    if project is None:
        return without_project(doubt)
    if project.generating:
        return Verdict(Ruling.TOO_EARLY, "clips of its file are still being made")
    sending = sending_of(doubt, project, clocks)
    compared = [(clip, weigh(clip, doubt, sending)) for clip in project.clips]
    told = tuple(pair for pair in compared if tells_something(pair[0], doubt.range))
    return verdict_of(doubt, project, sending, told)


def settled_for(doubt: Doubt, clocks: Clocks) -> int:
    """How long ago its last sign of life surely was, whatever the clocks have done since.

    A process that died may have sent until it was found dead. Since the machine's start its uptime
    tells how long ago that was. After another start, or on another machine, the wall clock must;
    when it was set meanwhile, nobody knows on which side of that the moment lies, so the shorter
    time counts.
    """
    if None not in (doubt.doubted_uptime, clocks.uptime, doubt.boot) and doubt.boot == clocks.boot:
        return (clocks.uptime or 0) - (doubt.doubted_uptime or 0)
    here = clocks.now - doubt.doubted_at
    aheads = [clocks.ahead, *aheads_since(doubt)]
    if clocks.server_now is None:
        return here
    if len(aheads) == 1:
        # Restream's time was never measured before: nobody knows whether this clock was set.
        return min(here, clocks.server_now - doubt.doubted_at)
    if max(aheads) - min(aheads) <= DATE_MS:
        return here
    there = clocks.server_now - doubt.doubted_at - max(aheads) - DATE_MS
    if doubt.newest_server_sent_at is not None and doubt.lasted_ms is not None:
        ended = doubt.newest_server_sent_at + doubt.lasted_ms
        there = max(there, clocks.server_now - ended - DATE_MS)
    # A clock that was set back since can't hold a range for ever.
    return there if here < 0 else min(here, there)


def aheads_since(doubt: Doubt) -> list[int]:
    """How far Restream's clock was ahead, each time that it was measured since the sending."""
    aheads = [] if doubt.later_ahead is None else [doubt.later_ahead]
    if doubt.server_sent_at is not None:
        aheads.append(doubt.server_sent_at - doubt.sent_at)
    if doubt.newest_server_sent_at is not None and doubt.lasted_ms is not None:
        aheads.append(doubt.newest_server_sent_at + doubt.lasted_ms - doubt.doubted_at)
    return aheads


def without_project(doubt: Doubt) -> Verdict:
    """The file has no project: nothing was ever made of it, unless it was deleted since."""
    if doubt.file_was_clipped:
        return unclear("its file was clipped before, and has no project any more")
    return Verdict(Ruling.NEVER_HAPPENED, "its file has no project at all")


def sending_of(doubt: Doubt, project: Project, clocks: Clocks) -> Sending:
    """When it was sent by Restream's clock: as measured then, or by the difference of today."""
    guess = doubt.sent_at + clocks.ahead
    reckoned = reckoned_sending(doubt, clocks)
    if reckoned is not None:
        return Sending(reckoned, certain=True)
    known = None if clocks.server_now is None else doubt.server_sent_at
    if known is not None:
        return Sending(known, certain=abs(known - guess) <= AGREE_MS)
    created = project.created_at
    if created is not None and abs(created - guess) <= CREATED_WITHIN_MS:
        # No clip is older than its project.
        return Sending(min(created, guess), certain=True)
    return Sending(guess, certain=False)


def reckoned_sending(doubt: Doubt, clocks: Clocks) -> int | None:
    """When it was sent by Restream's clock, from how long ago that was by the machine's uptime.

    None after another start of the machine. A time that an answer told then must agree.
    """
    if None in (doubt.sent_uptime, doubt.sent_boot, clocks.uptime, clocks.server_now):
        return None
    if doubt.sent_boot != clocks.boot:
        return None
    at = (clocks.server_now or 0) - ((clocks.uptime or 0) - (doubt.sent_uptime or 0))
    told = doubt.server_sent_at
    return at if told is None or abs(told - at) <= AGREE_MS else None


def weigh(clip: Clip, doubt: Doubt, sending: Sending) -> Weight:
    """Say what one clip tells of the range."""
    if clip.clip_id and clip.clip_id in doubt.theirs:
        return Weight.ANOTHERS
    after = made_after(clip, sending)
    if after is False:
        return Weight.BEFORE
    rival = any(made_of(clip, other) for other in doubt.rivals)
    if not made_of(clip, doubt.range):
        # Also where it fits a rival: what was made for this range may stick out of it.
        return Weight.UNCLEAR
    sure = after and not rival and reaches_into(clip, doubt.range)
    return Weight.ITS_OWN if sure else Weight.UNCLEAR


def made_after(clip: Clip, sending: Sending) -> bool | None:
    """Whether a clip was made after the sending; None when that can't be said."""
    if clip.created_at is None or not sending.certain:
        return None
    if clip.created_at >= sending.at - DATE_MS:
        return True
    return False if clip.created_at < sending.at - UNSURE_MS else None


def verdict_of(
    doubt: Doubt, project: Project, sending: Sending, told: tuple[tuple[Clip, Weight], ...]
) -> Verdict:
    """Weigh what all the clips tell together."""
    own = sum(weight is Weight.ITS_OWN for _, weight in told)
    single = doubt.range.mode is Mode.SINGLE
    if own == 1 or (own and not single):
        return Verdict(Ruling.HAPPENED, f"{clips(own)} made of it after it was sent", told)
    if own:
        return Verdict(Ruling.UNCLEAR, f"{clips(own)} of exactly its span, not one", told)
    open_ = sum(weight is Weight.UNCLEAR for _, weight in told)
    if open_:
        return Verdict(Ruling.UNCLEAR, f"{clips(open_)} {why_unclear(doubt, sending)}", told)
    if doubt.several_projects:
        return Verdict(Ruling.UNCLEAR, "its file has had several projects", told)
    if may_have_made(doubt, project, sending):
        return Verdict(Ruling.UNCLEAR, "it may have made its file's project, without a clip", told)
    return Verdict(
        Ruling.NEVER_HAPPENED, "its file's project has no clip that could be of it", told
    )


def why_unclear(doubt: Doubt, sending: Sending) -> str:
    """Why clips can be read in two ways."""
    if not sending.certain:
        return "may be older: when it was sent by Restream's clock is not known"
    if doubt.rivals:
        return "may be of it, or of a range of the file that overlaps it"
    return "may be of it, but the span or the time doesn't fit well"


def may_have_made(doubt: Doubt, project: Project, sending: Sending) -> bool:
    """Whether the project itself may be this request's effect.

    While no other range is known to have been clipped, one of those in doubt has made it.
    """
    if doubt.file_was_clipped:
        return False
    created = project.created_at
    return created is None or not sending.certain or created >= sending.at - UNSURE_MS


def clips(count: int) -> str:
    """So many clips."""
    return "1 clip" if count == 1 else f"{count} clips"
