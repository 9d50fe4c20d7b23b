"""`batchclip run` beside the raw loop: the same server, the same connections, whole processes."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.figures import ratios, short
from bench.ground import Ground, copied
from bench.interleave import interleave
from bench.manifests import write_ids
from bench.process import Measured


@dataclass(frozen=True)
class Sample:
    """One whole process, and what it says of itself without its start and end."""

    ranges: int
    process: Measured
    inside_rate: float

    @property
    def rate(self) -> float:
        """Ranges a second of the whole process."""
        return self.ranges / self.process.wall_seconds

    @property
    def cpu_microseconds(self) -> float:
        """CPU time a range."""
        return 1e6 * self.process.cpu_seconds / self.ranges


@dataclass(frozen=True)
class Pairs:
    """What was measured of both, pair by pair."""

    ours: Sequence[Sample]
    raw: Sequence[Sample]

    @property
    def rate_ratios(self) -> tuple[float, ...]:
        """Our ranges a second in terms of the raw loop's."""
        return ratios([one.rate for one in self.ours], [one.rate for one in self.raw])

    @property
    def cpu_ratios(self) -> tuple[float, ...]:
        """Our CPU time a range in terms of the raw loop's."""
        ours = [one.cpu_microseconds for one in self.ours]
        return ratios(ours, [one.cpu_microseconds for one in self.raw])

    @property
    def rates(self) -> dict[str, str]:
        """The medians of the rates, of whole processes and without their start and end."""
        return {"batchclip/s": rates(self.ours), "raw/s": rates(self.raw)}

    @property
    def cpu(self) -> dict[str, str]:
        """The medians of CPU time a range."""
        return {
            "batchclip us": middle(self.ours, "cpu_microseconds"),
            "raw us": middle(self.raw, "cpu_microseconds"),
        }


def rates(samples: Sequence[Sample]) -> str:
    """Both medians in words."""
    return f"{middle(samples, 'rate')} ({middle(samples, 'inside_rate')} inside)"


def middle(samples: Sequence[Sample], name: str) -> str:
    """The median of one of their figures."""
    return short(median(getattr(sample, name) for sample in samples))


@dataclass(frozen=True)
class Race:
    """A loaded table against a raw loop of so many workers, on a server of this delay."""

    ground: Ground
    table: Path
    ranges: int
    delay_ms: int
    workers: int

    def pairs(self, count: int) -> Pairs:
        """Measure so many pairs after a warm-up."""
        samples = interleave({"raw": self.raw, "batchclip": self.ours}, count)
        return Pairs(samples["batchclip"], samples["raw"])

    def ours(self) -> Sample:
        """Run a copy of the table."""
        table = copied(self.table, self.ground.folder / "run.db")
        process = self.ground.submit(table, self.delay_ms)
        return Sample(self.ranges, process, self.ranges / seconds_of_run(table))

    def raw(self) -> Sample:
        """Send as many requests without any record."""
        ids = write_ids(self.ground.folder / "ids.txt", self.ranges)
        before = self.ground.server.answered
        process = self.ground.script("raw", str(self.delay_ms), str(self.workers), ids)
        self.ground.check_answered("raw", self.ground.server.answered - before, self.ranges)
        return Sample(self.ranges, process, float(process.output.split()[0]))


def seconds_of_run(table: Path) -> float:
    """How long the last run says it took."""
    with closing(sqlite3.connect(table)) as database:
        found = database.execute(
            "SELECT (ended_at - started_at) / 1000.0 FROM runs ORDER BY id DESC LIMIT 1"
        )
        return float(found.fetchone()[0])
