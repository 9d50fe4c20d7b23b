"""What is read from the job table. Offsets in milliseconds, times in milliseconds since 1970."""

from dataclasses import dataclass
from uuid import UUID

from batchclip.job import Range, State


@dataclass(frozen=True, slots=True)
class RangeReport:
    """A range as `batchclip report` shows it."""

    range: Range
    state: State
    project_id: str | None
    attempts: int
    http_status: int | None
    error_name: str | None
    error: str | None
    manifest: str
    line: int
    created_at: int
    updated_at: int
    job_id: int


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run as the table knows it; `ended_at` is None while it goes on or when it was killed."""

    run_id: int
    started_at: int
    ended_at: int | None
    pid: int
    host: str
    exit_code: int | None
    because: str | None


@dataclass(frozen=True, slots=True)
class PauseReport:
    """A pause that nobody has ended yet."""

    paused_at: int
    paused_by: str


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """A request that was sent, or an intent that a dead process left."""

    generation: int
    run_id: int
    sent_at: int
    server_sent_at: int | None
    took_ms: int | None
    outcome: str
    http_status: int | None
    error_name: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """A change of state that no attempt explains: evidence, a new run, a person."""

    at: int
    run_id: int | None
    from_state: State
    to_state: State
    reason: str


@dataclass(frozen=True, slots=True)
class FindingReport:
    """What was found out about a range in doubt, first and last when; `compared` is JSON."""

    generation: int
    first_at: int
    last_at: int
    ruling: str
    reason: str
    compared: str


@dataclass(frozen=True, slots=True)
class HeldBy:
    """Another range of the file, because of which this one is not sent: its claim or its doubt."""

    job_id: int
    state: State


@dataclass(frozen=True, slots=True)
class Life:
    """One range with all that ever happened to it. `held_by` holds it back at this moment."""

    report: RangeReport
    loaded_at: int
    due_at: int | None
    attempts: tuple[AttemptReport, ...]
    changes: tuple[ChangeReport, ...]
    findings: tuple[FindingReport, ...]
    held_by: HeldBy | None


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file of the table. `clipped`: how many of its ranges are submitted or already done.

    `sent`: how many were ever sent, or may have been.
    """

    file_id: UUID
    ranges: int
    clipped: int
    sent: int
