"""What observers are told. They listen: nothing they do changes a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from batchclip.job import State
from batchclip.outcome import Outcome
from batchclip.value import value


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that an operator should read."""

    sentence: str


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins its work. `counts` are all ranges of the table by state."""

    run_id: int
    counts: Mapping[State, int]


@value
class AttemptStarted:
    """A request is about to leave; its intent is durable."""

    file_id: UUID


@value
class AttemptEnded:
    """An attempt is over and its outcome is durable. No seconds: nothing was put on the wire."""

    file_id: UUID
    outcome: Outcome
    state: State
    took_seconds: float | None


@dataclass(frozen=True, slots=True)
class PaceChanged:
    """How many requests may be on the wire now, and until when (monotonic) the pool holds off."""

    limit: int
    held_until: float
    probing: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing can be sent before this many seconds have passed, because of `reason`."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Draining:
    """The run stops: what is on the wire is waited for, nothing new is sent."""

    sentence: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over and so recorded."""

    exit_code: int
    sentence: str
    counts: Mapping[State, int]


Event = (
    Notice
    | RunStarted
    | AttemptStarted
    | AttemptEnded
    | PaceChanged
    | Waiting
    | Draining
    | RunEnded
)


class Observer(Protocol):
    """Listens to a run."""

    def notice(self, event: Event) -> None:
        """Take notice of an event; must neither wait nor raise."""
        ...
