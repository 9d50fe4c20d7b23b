"""Why a range is where it is now, in one sentence."""

from batchclip.envelope import plain
from batchclip.evidence import Ruling
from batchclip.job import State
from batchclip.report.ranges import utc
from batchclip.store.reports import AttemptReport, Life, PauseReport


def standing(life: Life, pause: PauseReport | None) -> str:
    """Say it. `pause` is the table's, if there is one."""
    match life.report.state:
        case State.PENDING:
            return pending(life, pause)
        case State.SUBMITTING:
            return (
                "a run has taken it for sending; if no run is going on, that one has died, and the "
                "next run, or `batchclip reconcile`, clears up"
            )
        case State.IN_DOUBT:
            return in_doubt(life)
        case State.CANCELLED:
            return f"it was taken out: {last_reason(life)}"
        case _:
            return answered(life)


def pending(life: Life, pause: PauseReport | None) -> str:
    """Why it isn't sent yet."""
    if life.held_by is not None and life.held_by.state is State.IN_DOUBT:
        return (
            f"it is not sent while job {life.held_by.job_id} is in doubt, which overlaps it: "
            "the two could not be told apart"
        )
    if life.held_by is not None:
        return f"job {life.held_by.job_id} of its file is being sent, and a file has one at a time"
    if pause is not None:
        return f"the table's runs are paused by {plain(pause.paused_by)}; see `batchclip resume`"
    if life.due_at is not None:
        return f"it is backed off until {utc(life.due_at)}; a run that is started tries it at once"
    again = f"; last time: {ended(life.attempts[-1])}" if life.attempts else ""
    return f"the next run sends it{again}"


def in_doubt(life: Life) -> str:
    """What is known, and what settles it."""
    known = [found for found in life.findings if found.generation == life.attempts[-1].generation]
    job = life.report.job_id
    sent = f"--attempt {life.attempts[-1].generation}"
    person = f"`batchclip resolve {job} {sent} --as submitted` or `--as pending` takes your word"
    told = "its request may have arrived, so it is not sent again"
    if not known:
        return f"{told}; the next run, or `batchclip reconcile`, looks for evidence; {person}"
    return f"{told}; evidence was looked for: {plain(known[-1].reason)}; {person}"


def answered(life: Life) -> str:
    """What Restream, evidence or a person said last."""
    state = life.report.state
    if life.changes and life.changes[-1].to_state is state is State.SUBMITTED:
        return last_reason(life)
    told = ended(life.attempts[-1]) if life.attempts else state.value
    match state:
        case State.REJECTED:
            return f"Restream refused it ({told}); put it right and `batchclip retry` it"
        case State.FAILED:
            return f"it was tried often enough in one run ({told}); the next run tries again"
        case State.ALREADY_DONE:
            return f"Restream had done it before ({told})"
        case _:
            return f"Restream took it: project {plain(life.report.project_id or '')}"


def last_reason(life: Life) -> str:
    """The reason of its last change of state."""
    return plain(life.changes[-1].reason) if life.changes else "no reason is on record"


def ended(attempt: AttemptReport) -> str:
    """How an attempt ended, in few words."""
    parts = [f"HTTP {attempt.http_status}"] if attempt.http_status else []
    parts += [plain(text) for text in (attempt.error_name, attempt.error) if text]
    return ", ".join(parts) or attempt.outcome.replace("_", " ")


RULINGS = {
    Ruling.HAPPENED: "it happened",
    Ruling.NEVER_HAPPENED: "it never happened",
    Ruling.TOO_EARLY: "too early to say",
    Ruling.UNCLEAR: "nothing can be said",
}
"""A ruling as people say it."""
