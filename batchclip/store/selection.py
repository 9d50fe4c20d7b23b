"""Which ranges a person means."""

from dataclasses import dataclass
from uuid import UUID

from batchclip.job import State


@dataclass(frozen=True, slots=True)
class Selection:
    """Ranges in these states, of this file, of this manifest; None is any."""

    states: tuple[State, ...] = ()
    file_id: UUID | None = None
    manifest: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Single ranges: by number, by a manifest's line, or by file and start in milliseconds."""

    job_id: int | None = None
    manifest: str | None = None
    line: int | None = None
    file_id: UUID | None = None
    start_ms: int | None = None
