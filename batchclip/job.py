"""A range of a video, its states, and the only legal ways from one state to another."""

from enum import StrEnum
from uuid import UUID

from batchclip.value import value

MIN_RANGE_MS = 10_000
"""Restream clips nothing shorter than 10 seconds (its page "Create Project")."""

MAX_SINGLE_CLIP_MS = 600_000
"""One clip in single mode is capped at 10 minutes (its page "Create Project")."""


class State(StrEnum):
    """Where a range stands."""

    PENDING = "pending"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    ALREADY_DONE = "already_done"
    REJECTED = "rejected"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    CANCELLED = "cancelled"


class Mode(StrEnum):
    """What Restream makes of a range: several highlights, or the span itself as one clip."""

    CLIPS = "clips"
    SINGLE = "single"


@value
class Range:
    """A part of one file, in milliseconds; the whole file when start and end are None."""

    file_id: UUID
    start_ms: int | None = None
    end_ms: int | None = None
    mode: Mode = Mode.CLIPS
    force: bool = False
    title: str | None = None
    priority: int = 0

    @property
    def whole(self) -> bool:
        """Whether the whole video is asked for."""
        return self.start_ms is None

    @property
    def forced(self) -> bool:
        """Whether force counts: Restream ignores it when there is a range."""
        return self.force and self.whole

    @property
    def harmless_to_repeat(self) -> bool:
        """Whether a second request can never clip, and bill, a second time: it is answered 409."""
        return self.whole and not self.force


TRANSITIONS: dict[str, frozenset[tuple[State, State]]] = {
    # A claim takes a range for sending.
    "claim": frozenset({(State.PENDING, State.SUBMITTING)}),
    # The claim is given back: the request surely never left, or surely did nothing.
    "put_back": frozenset({(State.SUBMITTING, State.PENDING)}),
    # The attempt ended and its answer is known.
    "finish": frozenset(
        (State.SUBMITTING, end)
        for end in (State.SUBMITTED, State.ALREADY_DONE, State.REJECTED, State.FAILED)
    ),
    # The request may have arrived and nobody knows what it did.
    "doubt": frozenset({(State.SUBMITTING, State.IN_DOUBT)}),
    # A late answer of the same generation, evidence, or a person's word ends the doubt.
    "settle": frozenset(
        (State.IN_DOUBT, end)
        for end in (
            State.SUBMITTED,
            State.ALREADY_DONE,
            State.REJECTED,
            State.FAILED,
            State.PENDING,
        )
    ),
    # A new run, or a person, has it tried again.
    "retry": frozenset(
        (start, State.PENDING) for start in (State.FAILED, State.REJECTED, State.CANCELLED)
    ),
    # A person takes it out. Never out of doubt: from cancelled it could be sent again.
    "cancel": frozenset(
        (start, State.CANCELLED) for start in (State.PENDING, State.FAILED, State.REJECTED)
    ),
}
"""Every legal change of state by its name. The job table's trigger refuses all others."""

LEGAL: frozenset[tuple[State, State]] = frozenset().union(*TRANSITIONS.values())

UNSETTLED = frozenset({State.REJECTED, State.FAILED, State.IN_DOUBT})
"""States that end a run with 1 when nothing else is left."""

RETRYABLE = frozenset({State.FAILED, State.REJECTED, State.CANCELLED})
"""States that `batchclip retry --state` puts back."""

CANCELLABLE = frozenset({State.PENDING, State.FAILED, State.REJECTED})
"""States that `batchclip cancel` takes ranges out of: in none of them was anything clipped."""
