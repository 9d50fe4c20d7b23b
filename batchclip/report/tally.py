"""The running sums of a run, for whoever shows its progress."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from batchclip.clock import Clock
from batchclip.events import (
    AttemptEnded,
    AttemptStarted,
    Draining,
    Event,
    PaceChanged,
    RunEnded,
    RunStarted,
    Waiting,
)
from batchclip.job import State

RATE_OVER_SECONDS = 30.0
SHOWN = (
    State.SUBMITTED, State.ALREADY_DONE, State.REJECTED, State.FAILED, State.IN_DOUBT,
    State.PENDING,
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """Adds up what an observer is told."""

    clock: Clock
    counts: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    on_wire: int = 0
    limit: int = 0
    held_until: float = 0.0
    probing: bool = False
    draining: str = ""
    waiting_until: float = 0.0
    waiting_for: str = ""
    ended: int = 0
    _samples: deque[tuple[float, int]] = field(default_factory=deque)

    def notice(self, event: Event) -> None:
        """Take notice of an event."""
        match event:
            case RunStarted(counts=counts):
                self._start(counts)
            case AttemptStarted():
                self.on_wire += 1
            case AttemptEnded():
                self._end(event)
            case PaceChanged():
                self.limit, self.held_until = event.limit, event.held_until
                self.probing = event.probing
            case Waiting(seconds=seconds, reason=reason):
                self.waiting_until, self.waiting_for = self.clock.monotonic() + seconds, reason
            case RunEnded(counts=counts) if any(counts.values()):
                # What evidence or a person has settled meanwhile is in these alone.
                self.counts = dict(counts)
            case Draining(sentence=sentence):
                self.draining = sentence
            case _:
                pass

    def _start(self, counts: Mapping[State, int]) -> None:
        self.counts = dict(counts)
        self._samples.append((self.clock.monotonic(), 0))

    def _end(self, event: AttemptEnded) -> None:
        self.on_wire -= event.took_seconds is not None
        if event.state is State.PENDING:
            return
        self.counts[State.PENDING] = max(0, self.counts[State.PENDING] - 1)
        self.counts[event.state] += 1
        self.ended += 1

    def rate(self) -> float:
        """Ranges a second that came to an end, over the last half minute."""
        now = self.clock.monotonic()
        self._samples.append((now, self.ended))
        while len(self._samples) > 2 and now - self._samples[0][0] > RATE_OVER_SECONDS:
            self._samples.popleft()
        then, ended = self._samples[0]
        return (self.ended - ended) / (now - then) if now > then else 0.0

    def waits_for(self) -> str:
        """What the run is waiting for, empty while it works."""
        now = self.clock.monotonic()
        if self.draining:
            return f"stopping, {self.on_wire} still on the wire: {self.draining}"
        if self.probing:
            return f"the API is down; next look in {whole_seconds(self.held_until - now)} s"
        if self.held_until > now:
            return f"Restream asks to hold off for {whole_seconds(self.held_until - now)} s"
        if self.waiting_until > now and not self.on_wire:
            return f"{self.waiting_for}, {whole_seconds(self.waiting_until - now)} s"
        return ""

    def sentence(self) -> str:
        """All of it in one line."""
        rate = self.rate()
        parts = [
            f"{state.value.replace('_', ' ')} {self.counts[state]:,}"
            for state in SHOWN
            if self.counts[state] or state in {State.SUBMITTED, State.PENDING}
        ]
        parts += [f"{rate:.1f}/s", f"{self.on_wire} on the wire of {self.limit}"]
        if rate > 0 and self.counts[State.PENDING] and not self.draining:
            parts.append(duration(self.counts[State.PENDING] / rate) + " left")
        waits_for = self.waits_for()
        return " · ".join(parts + ([waits_for] if waits_for else []))


def whole_seconds(seconds: float) -> int:
    """Seconds still to wait, rounded up: nobody waits for 0 s."""
    return max(0, math.ceil(seconds))


def duration(seconds: float) -> str:
    """A time left, as people say it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
