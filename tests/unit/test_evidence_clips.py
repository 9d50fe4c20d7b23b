"""What one clip tells of a range in doubt: its time, its span, and who else may have made it."""

import pytest

from batchclip.evidence import DATE_MS, UNSURE_MS, Doubt, Ruling, Weight
from batchclip.job import Mode, Range
from tests.support.facts import (
    CLIPS,
    LONG_BEFORE,
    SINGLE,
    WHOLE,
    clip,
    doubt,
    judged,
    project,
    span,
)

ITS_OWN, ANOTHERS = Weight.ITS_OWN, Weight.ANOTHERS
BEFORE, UNCLEAR = Weight.BEFORE, Weight.UNCLEAR
NOT_COMPARED = None


def weight_of(
    about: Doubt,
    start: float | None,
    end: float | None,
    after: int | None = 60_000,
    clip_id: str = "clip-1",
) -> Weight | None:
    compared = judged(about, project(clip(start, end, after, clip_id))).compared
    return compared[0][1] if compared else NOT_COMPARED


@pytest.mark.parametrize(
    ("after", "weight"),
    [
        (86_400_000, ITS_OWN),
        (0, ITS_OWN),
        (-DATE_MS, ITS_OWN),
        (-DATE_MS - 1, UNCLEAR),
        (-UNSURE_MS, UNCLEAR),
        (-UNSURE_MS - 1, BEFORE),
        (LONG_BEFORE, BEFORE),
        (None, UNCLEAR),
    ],
)
@pytest.mark.parametrize(("asked", "end"), [(CLIPS, 80), (SINGLE, 120), (WHOLE, 80)])
def test_when_a_clip_was_made(after: int | None, weight: Weight, asked: Range, end: float) -> None:
    start = 0 if asked is WHOLE else 60
    assert weight_of(doubt(asked), start, end, after) is weight


@pytest.mark.parametrize("after", [None, 60_000, 0, LONG_BEFORE])
def test_where_the_sending_cannot_be_placed_no_clip_is_older_or_newer(after: int | None) -> None:
    assert weight_of(doubt(server_sent_at=None), 70, 80, after) is UNCLEAR


@pytest.mark.parametrize(
    ("start", "end", "weight"),
    [
        (60, 120, ITS_OWN),
        (70, 80, ITS_OWN),
        (90, 90.4, ITS_OWN),
        (59, 121, ITS_OWN),
        (58.999, 100, UNCLEAR),
        (100, 121.001, UNCLEAR),
        (0, 86_400, UNCLEAR),
        (30, 90, UNCLEAR),
        (57, 61.001, UNCLEAR),
        (57, 61, NOT_COMPARED),
        (118.999, 125, UNCLEAR),
        (119, 125, NOT_COMPARED),
        (0, 60, NOT_COMPARED),
        (120, 180, NOT_COMPARED),
        (0, 30, NOT_COMPARED),
        (200, 230, NOT_COMPARED),
        (None, None, UNCLEAR),
    ],
)
def test_where_a_clip_of_several_lies(
    start: float | None, end: float | None, weight: Weight | None
) -> None:
    assert weight_of(doubt(CLIPS), start, end) is weight


@pytest.mark.parametrize(
    ("start", "end"), [(59, 61), (59.2, 60.1), (60, 60.5), (119, 121), (119.9, 120.8), (120.5, 121)]
)
def test_a_clip_that_is_all_edge_may_be_of_either_of_two_neighbours(
    start: float, end: float
) -> None:
    assert weight_of(doubt(CLIPS), start, end) is UNCLEAR
    assert weight_of(doubt(span(0, 60)), start, end) in {UNCLEAR, NOT_COMPARED}
    assert weight_of(doubt(span(120, 180)), start, end) in {UNCLEAR, NOT_COMPARED}


@pytest.mark.parametrize(
    ("start", "end", "weight"),
    [
        (60, 120, ITS_OWN),
        (59, 121, ITS_OWN),
        (61, 119, ITS_OWN),
        (58.999, 120, UNCLEAR),
        (61.001, 120, UNCLEAR),
        (60, 118.999, UNCLEAR),
        (60, 121.001, UNCLEAR),
        (70, 80, UNCLEAR),
        (0, 86_400, UNCLEAR),
        (0, 60, NOT_COMPARED),
        (120, 180, NOT_COMPARED),
        (None, None, UNCLEAR),
    ],
)
def test_the_single_clip_must_have_exactly_the_span(
    start: float | None, end: float | None, weight: Weight | None
) -> None:
    assert weight_of(doubt(SINGLE), start, end) is weight


@pytest.mark.parametrize(
    ("mode", "start", "end", "weight"),
    [
        (Mode.CLIPS, 0, 10, ITS_OWN),
        (Mode.CLIPS, 5_000, 5_010, ITS_OWN),
        (Mode.CLIPS, None, None, UNCLEAR),
        (Mode.SINGLE, 0, 77, ITS_OWN),
        (Mode.SINGLE, 1, 77, ITS_OWN),
        (Mode.SINGLE, 1.001, 77, UNCLEAR),
    ],
)
def test_a_whole_video_by_force_may_have_made_clips_anywhere(
    mode: Mode, start: float | None, end: float | None, weight: Weight
) -> None:
    assert weight_of(doubt(Range(WHOLE.file_id, mode=mode, force=True)), start, end) is weight


@pytest.mark.parametrize(
    ("asked", "rival", "start", "end", "weight"),
    [
        (CLIPS, span(90, 150), 95, 110, UNCLEAR),
        (CLIPS, span(90, 150), 65, 80, ITS_OWN),
        (CLIPS, span(90, 150), 110, 140, UNCLEAR),
        (CLIPS, span(90, 150), 89, 110, UNCLEAR),
        (CLIPS, span(90, 150), 50, 70, UNCLEAR),
        (CLIPS, SINGLE, 60, 120, UNCLEAR),
        (CLIPS, SINGLE, 70, 80, ITS_OWN),
        (CLIPS, span(50, 130, Mode.SINGLE), 50, 130, UNCLEAR),
        (CLIPS, Range(WHOLE.file_id), 70, 80, UNCLEAR),
        (CLIPS, Range(WHOLE.file_id), 100, 140, UNCLEAR),
        (CLIPS, Range(WHOLE.file_id), None, None, UNCLEAR),
        (SINGLE, CLIPS, 60, 120, UNCLEAR),
        (SINGLE, CLIPS, 70, 80, UNCLEAR),
        (SINGLE, span(60, 119, Mode.SINGLE), 60, 120, UNCLEAR),
        (WHOLE, CLIPS, 70, 80, UNCLEAR),
        (WHOLE, CLIPS, 200, 210, ITS_OWN),
    ],
)
def test_a_range_that_overlaps_may_have_made_it(
    asked: Range, rival: Range, start: float | None, end: float | None, weight: Weight
) -> None:
    assert weight_of(doubt(asked, rivals=(span(500, 600), rival)), start, end) is weight


def test_a_clip_from_before_is_nobodys_even_where_ranges_overlap() -> None:
    assert weight_of(doubt(rivals=(CLIPS,)), 70, 80, LONG_BEFORE) is BEFORE


def test_what_is_evidence_of_another_range_is_none_of_this_one() -> None:
    about = doubt(theirs=frozenset({"clip-1"}))
    assert weight_of(about, 70, 80, clip_id="clip-1") is ANOTHERS
    assert weight_of(about, 70, 80, clip_id="clip-2") is ITS_OWN


def test_clips_without_an_id_are_not_all_the_same_clip() -> None:
    about = doubt(theirs=frozenset({""}))
    assert weight_of(about, 70, 80, clip_id="") is ITS_OWN
    assert judged(about, project(clip(70, 80, clip_id=""))).ruling is Ruling.HAPPENED
