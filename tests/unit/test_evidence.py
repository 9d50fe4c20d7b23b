"""What becomes of a range in doubt, one test for each cell of the table of verdicts."""

from dataclasses import replace

import pytest

from batchclip.clips import Clip
from batchclip.evidence import DATE_MS, UNSURE_MS, Clocks, Doubt, Project, Ruling, Weight
from tests.support.facts import (
    CLIPS,
    LASTED,
    LATER,
    LONG_BEFORE,
    SENT,
    SETTLE,
    SINGLE,
    clip,
    doubt,
    judged,
    project,
    span,
)

HAPPENED, NEVER_HAPPENED = Ruling.HAPPENED, Ruling.NEVER_HAPPENED
TOO_EARLY, UNCLEAR = Ruling.TOO_EARLY, Ruling.UNCLEAR
DAY = 86_400_000
UNKNOWN = None
HOUR = 3_600_000
SETTLED = LASTED + SETTLE
SURELY_SETTLED = SETTLED + DATE_MS
"""Where a clock was set meanwhile, what is measured with a header's whole seconds counts."""
FOUND_DEAD = 7_200_000
HELD = FOUND_DEAD + SETTLE + DATE_MS


def clocks(here: int, there: int | None, asked_ago: int = 0) -> Clocks:
    """So long after the sending by this machine's clock and by Restream's."""
    return Clocks(SENT + here, None if there is None else SENT + there, asked_ago)


def is_early(about: Doubt, looked: Clocks) -> bool:
    """Whether nothing is said of it yet; its file has no project."""
    ruling = judged(replace(about, file_was_clipped=False), None, looked).ruling
    assert ruling in {TOO_EARLY, NEVER_HAPPENED}
    return ruling is TOO_EARLY


@pytest.mark.parametrize(
    ("here", "there", "early"),
    [
        pytest.param(SETTLED - 1, SETTLED - 1, True, id="young"),
        pytest.param(SETTLED, SETTLED, False, id="old"),
        pytest.param(SETTLED - 1, UNKNOWN, True, id="young, Restream's clock unknown"),
        pytest.param(SETTLED, UNKNOWN, False, id="old, Restream's clock unknown"),
        pytest.param(DAY, SURELY_SETTLED - 1, True, id="young, set forward since"),
        pytest.param(DAY, SURELY_SETTLED, False, id="old, set forward since"),
        pytest.param(-DAY, SURELY_SETTLED - 1, True, id="young, set back since"),
        pytest.param(-DAY, SURELY_SETTLED, False, id="old, set back since"),
        pytest.param(-DAY, UNKNOWN, True, id="set back since, Restream's clock unknown"),
    ],
)
def test_a_request_that_was_waited_for_is_settled_whatever_the_clock_was_set_to(
    here: int, there: int | None, early: bool
) -> None:
    assert is_early(doubt(), clocks(here, there)) is early


@pytest.mark.parametrize(
    ("here", "there", "early"),
    [
        pytest.param(FOUND_DEAD + SETTLE - 1, FOUND_DEAD + SETTLE - 1, True, id="just found"),
        pytest.param(FOUND_DEAD + SETTLE, FOUND_DEAD + SETTLE, False, id="found long ago"),
        pytest.param(DAY, HELD - 1, True, id="just found, set forward"),
        pytest.param(DAY, HELD, False, id="found long ago, set forward"),
        pytest.param(HELD - 1, HELD - 1 + HOUR, True, id="set back, perhaps before it was found"),
        pytest.param(HELD, HELD + HOUR, False, id="an hour longer, set back by an hour"),
    ],
)
def test_a_process_that_died_may_have_sent_until_it_was_found_dead(
    here: int, there: int, early: bool
) -> None:
    died = doubt(lasted_ms=None, doubted_at=SENT + FOUND_DEAD)
    assert is_early(died, clocks(here, there)) is early


def test_what_no_answer_has_told_the_time_of_is_settled_by_the_clock_that_says_less() -> None:
    about = doubt(server_sent_at=None, newest_server_sent_at=None)
    assert is_early(about, clocks(SETTLED - 1, DAY))
    assert not is_early(about, clocks(SETTLED, SETTLED))
    # By Restream's clock no time has passed: this one may have been set forward.
    assert is_early(about, clocks(SETTLED, 0))


def test_a_later_answer_tells_that_this_clock_was_set_forward() -> None:
    about = doubt(server_sent_at=None, newest_server_sent_at=None, later_ahead=0)
    assert is_early(about, clocks(DAY, SURELY_SETTLED - 1))
    assert not is_early(about, clocks(DAY, SURELY_SETTLED))


BOOTED = doubt(doubted_uptime=5_000, boot="first")


@pytest.mark.parametrize("here", [-DAY, 0, SETTLED, DAY])
@pytest.mark.parametrize("there", [UNKNOWN, 0, DAY])
@pytest.mark.parametrize(("age", "early"), [(SETTLE - 1, True), (SETTLE, False)])
def test_since_the_machines_start_its_uptime_alone_tells_how_long_ago_that_was(
    here: int, there: int | None, age: int, early: bool
) -> None:
    looked = replace(clocks(here, there), uptime=5_000 + age, boot="first")
    assert is_early(BOOTED, looked) is early


@pytest.mark.parametrize(
    ("about", "uptime", "boot"),
    [
        (BOOTED, DAY, "second"),
        (BOOTED, DAY, None),
        (BOOTED, None, "first"),
        (replace(BOOTED, boot=None), DAY, None),
        (replace(BOOTED, doubted_uptime=None), DAY, "first"),
    ],
)
def test_the_uptime_of_another_start_tells_nothing(
    about: Doubt, uptime: int | None, boot: str | None
) -> None:
    young, old = (
        replace(clocks(at, at), uptime=uptime, boot=boot) for at in (SETTLED - 1, SETTLED)
    )
    assert (is_early(about, young), is_early(about, old)) == (True, False)


@pytest.mark.parametrize("there", [SETTLED + 1_000, UNKNOWN])
@pytest.mark.parametrize(("asked_ago", "early"), [(1_000, False), (1_001, True)])
def test_facts_tell_of_the_moment_when_they_were_asked_for(
    there: int | None, asked_ago: int, early: bool
) -> None:
    assert is_early(doubt(), clocks(SETTLED + 1_000, there, asked_ago)) is early


@pytest.mark.parametrize("made", [None, project(), project(clip(70, 80))])
def test_before_it_is_settled_nothing_is_said_whatever_is_there(made: Project | None) -> None:
    verdict = judged(doubt(), made, clocks(SETTLED - 1, SETTLED - 1))
    assert (verdict.ruling, verdict.compared) == (TOO_EARLY, ())
    assert verdict.reason == "its request may still be on its way"


def test_a_file_without_a_project_was_never_clipped() -> None:
    verdict = judged(doubt(file_was_clipped=False), None)
    assert (verdict.ruling, verdict.reason) == (NEVER_HAPPENED, "its file has no project at all")


def test_a_project_that_must_have_been_there_and_is_gone_says_nothing() -> None:
    verdict = judged(doubt(file_was_clipped=True), None)
    assert (verdict.ruling, "has no project any more" in verdict.reason) == (UNCLEAR, True)


@pytest.mark.parametrize("clips", [(), (clip(70, 80),), (clip(0, 30),)])
def test_while_clips_are_being_made_nothing_is_said(clips: tuple[Clip, ...]) -> None:
    verdict = judged(doubt(), project(*clips, generating=True))
    assert (verdict.ruling, verdict.reason) == (
        TOO_EARLY,
        "clips of its file are still being made",
    )


OWN, OWN_TOO = clip(70, 80, clip_id="own-1"), clip(90, 110, clip_id="own-2")
EXACT, EXACT_TOO = clip(60, 120, clip_id="exact-1"), clip(61, 120, clip_id="exact-2")
OPEN = clip(100, 140, clip_id="open")
OLD = clip(70, 80, LONG_BEFORE, "old")
ELSEWHERE = clip(200, 220, clip_id="elsewhere")


@pytest.mark.parametrize(
    ("about", "clips", "ruling", "evidence"),
    [
        (doubt(CLIPS), (OWN,), HAPPENED, ("own-1",)),
        (doubt(CLIPS), (OWN, OWN_TOO), HAPPENED, ("own-1", "own-2")),
        (doubt(CLIPS), (OLD, OPEN, OWN, ELSEWHERE), HAPPENED, ("own-1",)),
        (doubt(CLIPS), (OPEN,), UNCLEAR, ()),
        (doubt(CLIPS), (OLD, OPEN), UNCLEAR, ()),
        (doubt(CLIPS), (OLD,), NEVER_HAPPENED, ()),
        (doubt(CLIPS), (ELSEWHERE,), NEVER_HAPPENED, ()),
        (doubt(CLIPS), (), NEVER_HAPPENED, ()),
        (doubt(SINGLE), (EXACT,), HAPPENED, ("exact-1",)),
        (doubt(SINGLE), (EXACT, OWN), HAPPENED, ("exact-1",)),
        (doubt(SINGLE), (EXACT, EXACT_TOO), UNCLEAR, ()),
        (doubt(SINGLE), (EXACT, EXACT), UNCLEAR, ()),
        (doubt(SINGLE), (OWN,), UNCLEAR, ()),
        (doubt(SINGLE), (ELSEWHERE,), NEVER_HAPPENED, ()),
    ],
)
def test_what_all_clips_tell_together(
    about: Doubt, clips: tuple[Clip, ...], ruling: Ruling, evidence: tuple[str, ...]
) -> None:
    verdict = judged(about, project(*clips))
    assert (verdict.ruling, verdict.clip_ids) == (ruling, evidence)


def test_what_has_nothing_to_do_with_the_range_is_not_shown_as_compared() -> None:
    verdict = judged(doubt(), project(OLD, ELSEWHERE, OWN))
    assert verdict.compared == ((OLD, Weight.BEFORE), (OWN, Weight.ITS_OWN))


@pytest.mark.parametrize(
    ("about", "made", "words"),
    [
        (doubt(), project(OWN), "1 clip made of it after it was sent"),
        (doubt(), project(OWN, OWN_TOO), "2 clips made of it after it was sent"),
        (doubt(SINGLE), project(EXACT, EXACT_TOO), "2 clips of exactly its span, not one"),
        (doubt(server_sent_at=None), project(OWN), "1 clip may be older: when it was sent"),
        (doubt(rivals=(span(60, 130),)), project(OWN), "or of a range of the file that overlaps"),
        (doubt(), project(OPEN), "1 clip may be of it, but the span or the time doesn't fit"),
        (doubt(), project(), "its file's project has no clip that could be of it"),
    ],
)
def test_the_reason_is_said_in_words(about: Doubt, made: Project, words: str) -> None:
    assert words in judged(about, made).reason


@pytest.mark.parametrize(
    ("about", "created", "ruling"),
    [
        pytest.param(doubt(file_was_clipped=True), 0, NEVER_HAPPENED, id="another made it"),
        pytest.param(doubt(file_was_clipped=False), 0, UNCLEAR, id="one of those in doubt"),
        pytest.param(doubt(file_was_clipped=False), None, UNCLEAR, id="nobody knows when"),
        pytest.param(doubt(file_was_clipped=False), DAY, UNCLEAR, id="long after"),
        pytest.param(doubt(file_was_clipped=False), -UNSURE_MS, UNCLEAR, id="just before"),
        pytest.param(doubt(file_was_clipped=False), -UNSURE_MS - 1, NEVER_HAPPENED, id="before"),
        pytest.param(
            doubt(file_was_clipped=False, server_sent_at=None), -DAY, UNCLEAR, id="sent when?"
        ),
    ],
)
def test_a_project_without_a_clip_may_itself_be_what_was_made(
    about: Doubt, created: int | None, ruling: Ruling
) -> None:
    assert judged(about, project(created=created)).ruling is ruling


def test_a_wrong_clock_of_this_machine_changes_no_verdict() -> None:
    ahead = Clocks(LATER + DAY, LATER)
    about = doubt(sent_at=SENT + DAY, doubted_at=SENT + DAY + LASTED)
    assert judged(about, project(OWN), ahead).ruling is HAPPENED
    assert judged(about, project(OLD), ahead).ruling is NEVER_HAPPENED


def test_a_file_that_has_had_several_projects_denies_nothing() -> None:
    about = doubt(file_was_clipped=True)
    assert judged(about, project(created=-DAY)).ruling is NEVER_HAPPENED
    assert judged(replace(about, several_projects=True), project(created=-DAY)).ruling is UNCLEAR
