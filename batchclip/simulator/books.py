"""What really happened: every create request, its effect, and how the client behaved."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from batchclip.simulator.wire import HoldOffs, Wire

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from batchclip.clock import Clock
    from batchclip.simulator.answers import Answer
    from batchclip.simulator.asks import CreateAsk


class Identity(NamedTuple):
    """What a create clips; the same identity with two effects was clipped, and billed, twice."""

    file: str
    start: float | None
    end: float | None
    single: bool
    force: bool


class Effect(NamedTuple):
    """A create that took effect: the request's sequence number, what was clipped, and when.

    `arrived_at` is wall time. `force` is False for a range, where the API ignores it.
    """

    sequence: int
    file: str
    start: float | None
    end: float | None
    single: bool
    force: bool
    arrived_at: float


@dataclass(slots=True)
class CreateRecord:
    """One create request that reached the server, as it was sent.

    `ending` is "answered", "garbage", "truncated", "reset", "hang", "gone" (the client went away
    before its answer) or "open" (still on the wire). `status` is what was answered, if anything.
    """

    sequence: int
    arrived_monotonic: float
    arrived_at: float
    token: str | None
    file: str | None
    start: float | None
    end: float | None
    single: bool
    force: bool
    title: str | None
    status: int | None = None
    ending: str = "open"
    took_effect: bool = False
    fault: str | None = None

    def identity(self) -> Identity:
        """Return what the create clips: `force` counts for a whole video only."""
        whole = self.start is None
        return Identity(self.file or "", self.start, self.end, self.single, self.force and whole)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in _FIELDS}


_FIELDS = tuple(field.name for field in fields(CreateRecord))


class Books:
    """Keeps count. Read `requests`, `effects()`, `sent_twice()` and `summary()`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.requests: list[CreateRecord] = []
        self.token_refreshes = 0
        self.during_hold_off = 0
        self.wire = Wire()
        self._hold_offs = HoldOffs()

    def arrive(self, ask: CreateAsk, token: str | None) -> CreateRecord:
        """Note a create whose body has arrived in full."""
        now = self._clock.monotonic()
        self.during_hold_off += self._hold_offs.forbid(now)
        record = CreateRecord(
            sequence=len(self.requests) + 1,
            arrived_monotonic=now,
            arrived_at=self._clock.now(),
            # One string for the many requests that repeat it keeps the books small.
            token=token and sys.intern(token),
            file=ask.file and sys.intern(ask.file),
            start=ask.start,
            end=ask.end,
            single=ask.single,
            force=ask.force,
            title=ask.title,
        )
        self.requests.append(record)
        return record

    @contextmanager
    def on_wire(
        self, record: CreateRecord, transport: asyncio.BaseTransport | None
    ) -> Iterator[None]:
        """Count a create as being on the wire, from its arrival until its answer goes out."""
        wire = self.wire
        line = wire.enter(record.file, transport)
        try:
            yield
        finally:
            wire.leave(line)
            if record.ending == "open":
                record.ending = "gone"

    def close(self, record: CreateRecord, answer: Answer) -> None:
        """Note how a create ends, just before its answer goes out."""
        record.ending = answer.way
        record.status = answer.status if answer.is_sent else None
        if answer.retry_after is not None:
            self._hold_offs.give(self._clock.monotonic(), answer.retry_after)

    def effects(self) -> list[Effect]:
        """Return the creates that took effect, in order of arrival."""
        return [
            Effect(record.sequence, *record.identity(), record.arrived_at)
            for record in self.requests
            if record.took_effect
        ]

    def sent_twice(self) -> list[Identity]:
        """Return the ranges, and the whole videos by force, that took effect more than once."""
        counts = Counter(record.identity() for record in self.requests if record.took_effect)
        return [identity for identity, count in counts.items() if count > 1]

    def summary(self) -> dict[str, Any]:
        """Return the counts."""
        records = self.requests
        return {
            "requests": len(records),
            "effects": sum(record.took_effect for record in records),
            "sent_twice": len(self.sent_twice()),
            "statuses": _tally(record.status for record in records),
            "endings": _tally(record.ending for record in records),
            "faults": _tally(record.fault for record in records),
            "highest_on_wire_for_one_file": self.wire.highest_for_one_file,
            "highest_on_wire": self.wire.highest,
            "token_refreshes": self.token_refreshes,
            "during_hold_off": self.during_hold_off,
        }


def _tally(values: Iterator[object]) -> dict[str, int]:
    """Count by name, as JSON wants it; None is no value."""
    return dict(sorted(Counter(str(value) for value in values if value is not None).items()))
