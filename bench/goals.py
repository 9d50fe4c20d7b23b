"""What is to be reached. One entry for each line of the table."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Goal:
    """What is measured, in which unit ("" is a ratio), and the bound that it should keep.

    The part of the key before the dot is the comparison that measures it.
    """

    key: str
    what: str
    sense: Literal["at least", "at most", "no goal"]
    bound: float = 0.0
    unit: str = ""

    @property
    def comparison(self) -> str:
        """The comparison that measures it."""
        return self.key.split(".", maxsplit=1)[0]

    def met(self, median: float) -> bool:
        """Whether a median keeps the bound; without a goal, always."""
        if self.sense == "at least":
            return median >= self.bound
        return self.sense == "no goal" or median <= self.bound

    def progress(self, value: float) -> float:
        """How good a figure is as a multiple of the goal: from 1 on it is reached."""
        return value / self.bound if self.sense == "at least" else self.bound / value


def at_least(key: str, what: str, bound: float) -> Goal:
    """A ratio that should be no smaller."""
    return Goal(key, what, "at least", bound)


def at_most(key: str, what: str, bound: float, unit: str = "") -> Goal:
    """A ratio or a quantity that should be no greater."""
    return Goal(key, what, "at most", bound, unit)


GOALS = (
    at_least("run.rate", "run, instant server: ranges/s of the raw loop's", 0.90),
    at_most("run.cpu", "run, instant server: CPU a range of the raw loop's", 1.25),
    at_least("distant.20", "run, server of 20 ms: ranges/s of the raw loop's", 0.97),
    at_least("distant.200", "run, server of 200 ms: ranges/s of the raw loop's", 0.97),
    at_least("one-file.rate", "one file, server of 5 ms: ranges/s of one connection's", 0.90),
    at_least("peers.gather", "run: ranges/s of the gather script's, which keeps none", 1.0),
    Goal("peers.httpx", "run: ranges/s of an httpx loop's, which keeps none", "no goal"),
    at_least("peers.huey", "run: ranges/s of huey's with SQLite", 8.0),
    at_least("peers.procrastinate", "run: ranges/s of procrastinate's", 8.0),
    at_least("peers.scrapy", "run: ranges/s of Scrapy's with JOBDIR", 8.0),
    at_least("peers.parallel", "run: ranges/s of GNU parallel's with curl", 8.0),
    at_most("load.fresh", "load into a fresh table: time of .import's", 1.2),
    at_most("load.filled", "load into a filled table: time of .import's", 1.4),
    at_most("load.again", "load again: time of a fresh .import's", 1.0),
    at_most("load.fresh-memory", "load into a fresh table: memory", 100, "MiB"),
    at_most("load.filled-memory", "load into a filled table: memory", 100, "MiB"),
    at_most("load.again-memory", "load again: memory", 100, "MiB"),
    at_most("ten-million.claim", "ten million ranges, ten pending: a claim", 1.0, "ms"),
    at_most("ten-million.status", "ten million ranges: status", 0.35, "s"),
    at_most("ten-million.first", "ten million ranges: start to first request", 0.5, "s"),
    at_most("ten-million.memory", "ten million ranges: memory of a run", 120, "MiB"),
    at_most("disk.pending", "disk: a pending range, five a file", 220, "bytes"),
    at_most("disk.pending-alone", "disk: a pending range, one a file", 220, "bytes"),
    at_most("disk.attempted", "disk: a range with an attempt, five a file", 450, "bytes"),
    at_most("disk.attempted-alone", "disk: a range with an attempt, one a file", 450, "bytes"),
    at_most("start-up.help", "start-up: batchclip --help", 0.25, "s"),
    at_most("start-up.status", "start-up: batchclip status, a million ranges", 0.35, "s"),
)
