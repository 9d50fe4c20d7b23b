"""`batchclip why`: one range's whole life over all nights, for people and as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from batchclip.envelope import plain
from batchclip.evidence import Ruling
from batchclip.job import Range
from batchclip.manifest.times import format_seconds
from batchclip.report.ranges import fields_of, seconds, utc
from batchclip.report.standing import RULINGS, ended, standing
from batchclip.store.reports import (
    AttemptReport,
    ChangeReport,
    FindingReport,
    Life,
    PauseReport,
)

TIME_KEYS = ("sent_at", "server_sent_at", "project_created_at", "created_at")
"""Moments in what was compared: milliseconds in the table, ISO 8601 for people."""


def life_fields(life: Life, pause: PauseReport | None) -> dict[str, Any]:
    """All of it under names that scripts rely on."""
    return {
        "range": fields_of(life.report),
        "loaded_at": utc(life.loaded_at),
        "due_at": None if life.due_at is None else utc(life.due_at),
        "attempts": [attempt_fields(attempt) for attempt in life.attempts],
        "changes": [change_fields(change) for change in life.changes],
        "evidence": [finding_fields(finding) for finding in life.findings],
        "held_by": life.held_by.job_id if life.held_by else None,
        "why": standing(life, pause),
    }


def attempt_fields(attempt: AttemptReport) -> dict[str, Any]:
    """One request that was sent."""
    server = attempt.server_sent_at
    return {
        "run": attempt.run_id,
        "sent_at": utc(attempt.sent_at),
        "server_sent_at": None if server is None else utc(server),
        "took_seconds": None if attempt.took_ms is None else attempt.took_ms / 1000,
        "outcome": attempt.outcome,
        "http_status": attempt.http_status,
        "error_name": attempt.error_name,
        "error": attempt.error,
    }


def change_fields(change: ChangeReport) -> dict[str, Any]:
    """One change of state and its reason."""
    return {
        "at": utc(change.at),
        "run": change.run_id,
        "from": change.from_state.value,
        "to": change.to_state.value,
        "reason": change.reason,
    }


def finding_fields(finding: FindingReport) -> dict[str, Any]:
    """One search for evidence: the ruling, its reason and what was compared."""
    return {
        "first_at": utc(finding.first_at),
        "last_at": utc(finding.last_at),
        "ruling": finding.ruling,
        "reason": finding.reason,
        "compared": readable(json.loads(finding.compared)),
    }


def readable(compared: dict[str, Any]) -> dict[str, Any]:
    """What was compared, with moments as text and offsets in seconds."""
    clips = [readable_clip(clip) for clip in compared["clips"]]
    return moments(compared) | {"clips": clips}


def readable_clip(clip: dict[str, Any]) -> dict[str, Any]:
    """A clip with its span in seconds."""
    return moments(clip) | {key: seconds(clip[key]) for key in ("start", "end")}


def moments(fields: dict[str, Any]) -> dict[str, Any]:
    """The same fields with their moments as text."""
    return {
        key: utc(value) if key in TIME_KEYS and value is not None else value
        for key, value in fields.items()
    }


def life_text(life: Life, pause: PauseReport | None) -> str:
    """All of it for people: what is asked for, what happened in order, and why it is here now."""
    report = life.report
    happened = sorted((*attempt_lines(life), *change_lines(life), *finding_lines(life)))
    return "\n".join(
        [
            f"job {report.job_id}: {asked_for(report.range)}",
            f"  {utc(life.loaded_at)}  loaded from {plain(report.manifest)}, line {report.line}",
            *(f"  {utc(at)}  {line}" for at, line in happened),
            f"  {report.state.value.replace('_', ' ')}: {standing(life, pause)}",
        ]
    )


def asked_for(asked: Range) -> str:
    """What a range asks for."""
    span = "the whole video"
    if asked.start_ms is not None and asked.end_ms is not None:
        span = f"{format_seconds(asked.start_ms)} s to {format_seconds(asked.end_ms)} s"
    forced = ", by force" if asked.forced else ""
    title = f", titled {plain(asked.title)!r}" if asked.title else ""
    return f"file {asked.file_id}, {span}, {asked.mode.value}{forced}{title}"


def attempt_lines(life: Life) -> Iterator[tuple[int, str]]:
    """A line for each attempt, and when."""
    for attempt in life.attempts:
        took = "" if attempt.took_ms is None else f" after {attempt.took_ms / 1000:g} s"
        yield attempt.sent_at, f"run {attempt.run_id} sent it; {ended(attempt)}{took}"


def change_lines(life: Life) -> Iterator[tuple[int, str]]:
    """A line for each change that no attempt explains, and when."""
    for change in life.changes:
        states = f"{change.from_state.value} became {change.to_state.value}".replace("_", " ")
        yield change.at, f"{states}: {plain(change.reason)}"


def finding_lines(life: Life) -> Iterator[tuple[int, str]]:
    """A line for each finding, and when it was found last, with the clips that decided it."""
    for finding in life.findings:
        ruling = RULINGS[Ruling(finding.ruling)]
        line = f"evidence was looked for: {ruling}: {plain(finding.reason)}"
        yield finding.last_at, line + clip_words(json.loads(finding.compared)["clips"])


def clip_words(clips: list[dict[str, Any]]) -> str:
    """The clips that were compared, indented below."""
    words = ""
    for clip in map(readable_clip, clips):
        made = clip["created_at"] or "an unknown time"
        span = "an unknown span"
        if clip["start"] is not None and clip["end"] is not None:
            span = f"{clip['start']} s to {clip['end']} s"
        words += f"\n      clip {plain(clip['clip_id'])}: {span}, made {made}: "
        words += clip["weight"].replace("_", " ")
    return words
