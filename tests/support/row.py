"""A range as the model of the job table knows it."""

from dataclasses import dataclass

from batchclip.job import Range, State


@dataclass
class Row:
    """What was asked for, and what has become of it."""

    range: Range
    job_id: int
    source_id: int
    turn: int
    manifest: str
    line: int
    loaded_at: int
    updated_at: int
    state: State = State.PENDING
    due_at: int | None = None
    attempts: int = 0
    tries: int = 0
    tries_run: int | None = None
    generation: int | None = None
    project_id: str | None = None

    @property
    def rank(self) -> tuple[int, int, int]:
        return (-self.range.priority, self.turn, self.job_id)

    @property
    def identity(self) -> tuple[object, ...]:
        wanted = self.range
        force = wanted.force and wanted.start_ms is None
        return (wanted.file_id, wanted.start_ms, wanted.end_ms, wanted.mode, force)

    @property
    def seconds(self) -> frozenset[int]:
        """The seconds of the video that are asked for."""
        return frozenset(
            range((self.range.start_ms or 0) // 1000, (self.range.end_ms or 0) // 1000)
        )

    def overlaps(self, other: "Row") -> bool:
        return self.range.whole or other.range.whole or bool(self.seconds & other.seconds)

    def move(self, state: State, at: int, due_at: int | None = None) -> None:
        self.state, self.updated_at, self.due_at = state, at, due_at
