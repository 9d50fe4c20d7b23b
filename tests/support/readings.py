"""What readers of a job table ought to see when it holds what a model holds."""

import json
from collections import Counter
from dataclasses import replace

from batchclip.evidence import Doubt, Ruling, Weight
from batchclip.job import State
from batchclip.outcome import Kind
from batchclip.store.reports import AttemptReport, FileReport, HeldBy, Life, RangeReport
from batchclip.store.selection import Selection, Wanted
from tests.support.model import Model
from tests.support.row import Row

CLIPPED = {State.SUBMITTED, State.ALREADY_DONE}
PERHAPS_CLIPPED = CLIPPED | {State.SUBMITTING, State.IN_DOUBT}
MAY_HAVE_CLIPPED = {Kind.CREATED, Kind.ALREADY_DONE, Kind.UNKNOWN}


def report_of(model: Model, row: Row) -> RangeReport:
    told = model.attempts.get(row.generation or 0)
    return RangeReport(
        row.range,
        row.state,
        row.project_id,
        row.attempts,
        told.outcome.http_status if told else None,
        told.outcome.error_name if told else None,
        told.outcome.error if told else None,
        row.manifest,
        row.line,
        row.loaded_at,
        row.updated_at,
        row.job_id,
    )


def counts_of(model: Model, selection: Selection) -> dict[State, int]:
    counts = Counter(row.state for row in model.chosen(selection))
    return {state: counts[state] for state in State}


def files_of(model: Model) -> list[FileReport]:
    files = [(file_id, model.of_file(place)) for place, file_id in enumerate(model.files, 1)]
    return [
        FileReport(
            file_id,
            len(rows),
            sum(row.state in CLIPPED for row in rows),
            sum(row.attempts > 0 or row.state is State.SUBMITTING for row in rows),
        )
        for file_id, rows in files
    ]


def held_for(model: Model, at: int, uptime: int, boot: str) -> int:
    """For how long the last twenty runs, and what was asked of them, hold off."""
    left: list[int] = []
    for run_id, until in model.held.items():
        begun = model.begun[run_id - 1]
        same = begun.uptime is not None and begun.boot == boot
        gone = uptime - (begun.uptime or 0) if same else max(0, at - begun.at)
        if run_id > len(model.begun) - 20:
            left.append(until - begun.at - gone)
    return max(left, default=0)


def wanted_rows(model: Model, wanted: Wanted) -> list[Row]:
    return [
        row
        for row in model.rows
        if wanted.job_id in (None, row.job_id)
        and wanted.manifest in (None, row.manifest)
        and wanted.line in (None, row.line)
        and wanted.file_id in (None, row.range.file_id)
        and wanted.start_ms in (None, row.range.start_ms)
    ]


def life_of(model: Model, row: Row) -> Life:
    """All but what holds it back, which several ranges may do at once."""
    changes = [change for job_id, change in model.history if job_id == row.job_id]
    findings = [found for key, found in model.findings.items() if key[0] == row.job_id]
    return Life(
        report_of(model, row),
        row.loaded_at,
        row.due_at,
        tuple(attempts_of(model, row)),
        tuple(changes),
        tuple(sorted(findings, key=lambda found: found.last_at)),
        None,
    )


def attempts_of(model: Model, row: Row) -> list[AttemptReport]:
    past = [
        AttemptReport(
            generation,
            one.claimed.run_id,
            one.sent_at,
            one.server_sent_at,
            one.took_ms,
            one.outcome.kind,
            one.outcome.http_status,
            one.outcome.error_name,
            one.outcome.error,
        )
        for generation, one in sorted(model.attempts.items())
        if one.claimed.job_id == row.job_id
    ]
    return past + [
        AttemptReport(
            generation, left.claimed.run_id, left.sent_at, left.server_sent_at, None, "on_the_wire",
            None, None, None,
        )
        for generation, left in model.claims.items()
        if left.claimed.job_id == row.job_id and left.sent_at is not None
    ]  # fmt: skip


def holders_of(model: Model, row: Row) -> list[HeldBy | None]:
    """What may be named as holding it back: a doubt rather than a claim."""
    others = model.others(row)
    doubts = [each for each in others if each.state is State.IN_DOUBT and each.overlaps(row)]
    claims = [each for each in others if each.state is State.SUBMITTING]
    return [HeldBy(each.job_id, each.state) for each in doubts or claims] or [None]


def doubts_of(model: Model) -> list[Doubt]:
    doubts = [row for row in model.rows if row.state is State.IN_DOUBT]
    return [doubt_of(model, row) for row in sorted(doubts, key=lambda row: row.source_id)]


def doubt_of(model: Model, row: Row) -> Doubt:
    """All but the project, of which there may be several of the same age."""
    mine = [one for one in model.attempts.values() if one.claimed.job_id == row.job_id]
    newest = model.attempts[row.generation or 0]
    unknown = [one for one in mine if one.outcome.kind is Kind.UNKNOWN]
    earliest = min(unknown, key=lambda one: one.claimed.generation, default=newest)
    perhaps = [other for other in model.others(row) if perhaps_clipped(model, other)]
    return Doubt(
        row.job_id,
        newest.claimed.generation,
        row.source_id,
        row.range,
        earliest.sent_at,
        earliest.server_sent_at,
        newest.server_sent_at,
        newest.took_ms,
        row.updated_at,
        None,
        rivals=tuple(other.range for other in perhaps if other.overlaps(row)),
        theirs=theirs(model, row),
        file_was_clipped=any(other.state in CLIPPED for other in model.others(row)),
        later_ahead=later_ahead(model, newest.claimed.generation),
        doubted_uptime=newest.uptime,
        boot=newest.boot,
        sent_uptime=earliest.sent_uptime,
        sent_boot=model.begun[earliest.claimed.run_id - 1].boot,
        several_projects=len({one.project_id for one in [row, *model.others(row)]} - {None}) > 1,
    )


def later_ahead(model: Model, generation: int) -> int | None:
    """How far Restream's clock was ahead when next something was sent with both times known."""
    for later, one in sorted(model.attempts.items()):
        if later > generation and one.server_sent_at is not None:
            return one.server_sent_at - one.sent_at
    return None


def perhaps_clipped(model: Model, row: Row) -> bool:
    past = [one for one in model.attempts.values() if one.claimed.job_id == row.job_id]
    sent = any(one.outcome.kind in MAY_HAVE_CLIPPED for one in past)
    return sent or row.state in PERHAPS_CLIPPED


def theirs(model: Model, row: Row) -> frozenset[str]:
    submitted = {each.job_id for each in model.others(row) if each.state is State.SUBMITTED}
    stands = [
        found
        for (job_id, _, ruling, _), found in model.findings.items()
        if job_id in submitted and ruling is Ruling.HAPPENED
    ]
    clips = [clip for found in stands for clip in json.loads(found.compared)["clips"]]
    return frozenset(clip["clip_id"] for clip in clips if clip["weight"] == Weight.ITS_OWN)


def projects_of(model: Model, row: Row) -> set[str | None]:
    """The projects that its file's most recently changed ranges know."""
    known = [each for each in model.of_file(row.source_id) if each.project_id]
    newest = max((each.updated_at for each in known), default=0)
    return {each.project_id for each in known if each.updated_at == newest} or {None}


def newest_projects(model: Model) -> set[str]:
    """Those of the ranges that the last two hundred successes are of."""
    attempts = sorted(model.attempts.items())
    created = [one for _, one in attempts if one.outcome.kind is Kind.CREATED][-200:]
    projects = {model.rows[one.claimed.job_id - 1].project_id for one in created}
    return {project_id for project_id in projects if project_id is not None}


def plain(doubt: Doubt) -> Doubt:
    """The same, but for what the table may tell in several ways."""
    return replace(doubt, project_id=None, rivals=tuple(sorted(doubt.rivals, key=repr)))
