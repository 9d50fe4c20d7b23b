"""Clips and the ranges that they may have been made of. Offsets in milliseconds."""

from dataclasses import dataclass

from batchclip.job import Mode, Range

EDGE_MS = 1_000
"""How far a clip may stick out of the span it was made of, or miss it, through rounding."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip of a project; None is what could not be read. `created_at` is Restream's time."""

    clip_id: str
    start_ms: int | None
    end_ms: int | None
    created_at: int | None


def made_of(clip: Clip, asked: Range) -> bool:
    """Whether a clip may have been made of this range: it lies in it, or is it in single mode."""
    if clip.start_ms is None or clip.end_ms is None:
        return False
    start = asked.start_ms or 0
    end = asked.end_ms if asked.end_ms is not None else clip.end_ms
    if asked.mode is Mode.SINGLE:
        return abs(clip.start_ms - start) <= EDGE_MS and abs(clip.end_ms - end) <= EDGE_MS
    return clip.start_ms >= start - EDGE_MS and clip.end_ms <= end + EDGE_MS


def tells_something(clip: Clip, asked: Range) -> bool:
    """Whether a clip has to do with this range: it reaches into it, or may be of it."""
    return reaches_into(clip, asked) or made_of(clip, asked)


def reaches_into(clip: Clip, asked: Range) -> bool:
    """Whether more of a clip than an edge lies in this range.

    A clip that is all edge may be of this range as well as of the one beside it.
    """
    if clip.start_ms is None or clip.end_ms is None or asked.end_ms is None:
        return True
    start = asked.start_ms or 0
    return clip.end_ms > start + EDGE_MS and clip.start_ms < asked.end_ms - EDGE_MS
