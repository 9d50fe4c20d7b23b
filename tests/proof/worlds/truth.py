"""What really happened in a world, as Restream's side saw it. Moments are monotonic seconds."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Asked(NamedTuple):
    """What a create asks for; twice the same is billed twice, unless it is harmless."""

    file: str
    start: float | None
    end: float | None
    single: bool
    force: bool

    @property
    def harmless(self) -> bool:
        """A whole video that isn't forced is answered 409 the second time."""
        return self.start is None and not self.force

    def covers(self, other: "Asked") -> bool:
        """Whether this one's effect is all that the other could have."""
        same_video = (self.file, self.start, self.single) == (other.file, None, other.single)
        return self == other or (same_video and other.harmless)

    def overlaps(self, other: "Asked") -> bool:
        """Whether two ranges share a moment of one file."""
        if self.file != other.file:
            return False
        if self.start is None or other.start is None:
            return True
        return self.start < (other.end or 0) and other.start < (self.end or 0)


@dataclass(eq=False)
class Create:
    """A create that arrived. It is on the wire until somebody has let the connection go."""

    asked: Asked
    token: str
    mishap: str | None
    at: float = field(default_factory=time.monotonic)
    took_effect_at: float | None = None
    left_wire_at: float | None = None
    left_by_client: bool = False

    def leave(self, *, by_client: bool) -> None:
        """It is on the wire no more; the first word counts."""
        if self.left_wire_at is None:
            self.left_wire_at, self.left_by_client = time.monotonic(), by_client


@dataclass(frozen=True)
class HoldOff:
    """An answer that asked everybody to wait; `lasting`: later runs are bound by it, too."""

    at: float
    until: float
    lasting: bool


@dataclass(frozen=True)
class Refresh:
    """A refresh that took effect, which killed this token. `needless`: the token was alive."""

    at: float
    killed: str
    needless: bool


@dataclass
class Truth:
    """The books of one world."""

    creates: list[Create] = field(default_factory=list)
    effects: Counter[Asked] = field(default_factory=Counter)
    clipped: set[tuple[str, bool]] = field(default_factory=set)
    """Whole videos that were clipped, as (file, single): the next create of them is a 409."""
    hold_offs: list[HoldOff] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    """When somebody was told that the usage limit is reached."""
    refreshes: list[Refresh] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def take_effect(self, create: Create) -> None:
        """Clip it, and bill it."""
        asked = create.asked
        create.took_effect_at = time.monotonic()
        self.effects[asked] += 1
        if asked.start is None:
            self.clipped.add((asked.file, asked.single))

    def already(self, asked: Asked) -> bool:
        """Whether Restream would answer 409."""
        return asked.harmless and (asked.file, asked.single) in self.clipped

    def happened(self, asked: Asked) -> bool:
        """Whether there are clips of it, or there will be."""
        return self.effects[asked] > 0 or self.already(asked)

    def happened_by(self, asked: Asked, at: float) -> bool:
        """Whether a create that had arrived by then has made clips of it, if only later."""
        return any(
            create.took_effect_at is not None and create.at <= at and create.asked.covers(asked)
            for create in self.creates
        )

    def between(self, start: float, end: float) -> Iterator[Create]:
        """The creates that arrived meanwhile."""
        return (create for create in self.creates if start <= create.at < end)
