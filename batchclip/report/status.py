"""`batchclip status`: counts by state, the running run, and what needs a person."""

from collections.abc import Mapping
from typing import Any

from batchclip.envelope import plain
from batchclip.job import State
from batchclip.report.ranges import utc
from batchclip.store.reports import PauseReport, RunReport

ATTENTION = {
    State.IN_DOUBT: "may have been sent and are not sent again; the next run looks for evidence, "
    "`batchclip why` says what it found, `batchclip resolve` takes your word",
    State.REJECTED: "were refused by Restream; correct them and load them again, or retry them",
    State.FAILED: "failed too often; the next run tries them again",
}
"""What a person should know of a state."""

HALTED = {3, 4, 5, 7}
"""Exit codes of a run whose sentence stays true until the next one."""


def status_fields(
    counts: Mapping[State, int],
    run: RunReport | None,
    *,
    running: bool,
    pause: PauseReport | None = None,
) -> dict[str, Any]:
    """The settled fields of `status --json`. `running`: whether a living run holds the table."""
    return {
        "states": {state.value: counts[state] for state in State},
        "run": run_fields(run) if run is not None and running else None,
        "needs_attention": pause_attention(pause)
        + attention(counts, run, running=running or pause is not None),
    }


def run_fields(run: RunReport) -> dict[str, Any]:
    """Who runs, and since when."""
    return {
        "id": run.run_id,
        "pid": run.pid,
        "host": run.host,
        "started_at": utc(run.started_at),
    }


def pause_attention(pause: PauseReport | None) -> list[dict[str, Any]]:
    """Say that a person has halted the runs, which is easily forgotten."""
    if pause is None:
        return []
    by, at = plain(pause.paused_by), utc(pause.paused_at)
    sentence = f"by {by} since {at}; `batchclip resume` lets the runs of this table go on"
    return [{"paused_at": at, "paused_by": by, "sentence": sentence}]


def attention(
    counts: Mapping[State, int], run: RunReport | None, *, running: bool
) -> list[dict[str, Any]]:
    """What needs a person, each with a count and a sentence."""
    needs: list[dict[str, Any]] = [
        {"state": state.value, "count": counts[state], "sentence": sentence}
        for state, sentence in ATTENTION.items()
        if counts[state]
    ]
    if run is not None and not running:
        needs += last_run_attention(run)
    return needs


def last_run_attention(run: RunReport) -> list[dict[str, Any]]:
    """Say why the last run stopped, or that it was killed."""
    if run.ended_at is None:
        sentence = "the last run was killed; start it again, it goes on where it was"
        return [{"run": run.run_id, "sentence": sentence}]
    # A pause is told while it lasts, and by itself.
    if run.exit_code in HALTED and not (run.because or "").startswith("paused by "):
        return [{"run": run.run_id, "exit_code": run.exit_code, "sentence": run.because}]
    return []


def status_text(status: Mapping[str, Any]) -> str:
    """The same for people."""
    lines = [
        f"{state.replace('_', ' '):>13}  {count:,}" for state, count in status["states"].items()
    ]
    run = status["run"]
    if run:
        lines.append(f"\nrun {run['id']} goes on: process {run['pid']} since {run['started_at']}")
    else:
        lines.append("\nno run is going on")
    lines += [f"! {subject(need)}: {need['sentence']}" for need in status["needs_attention"]]
    return "\n".join(lines)


def subject(need: Mapping[str, Any]) -> str:
    """What a sentence is about."""
    if "state" in need:
        return f"{need['count']:,} {need['state'].replace('_', ' ')}"
    return "paused" if "paused_at" in need else "run"
