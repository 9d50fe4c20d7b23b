"""Ten million ranges of which ten are pending: nothing may read what it has no need of."""

import json
from collections.abc import Iterator
from pathlib import Path

from bench.address import ARRIVAL_PORT
from bench.arrivals import Arrivals
from bench.ground import Ground, states
from bench.huge import huge_table
from bench.interleave import interleave, tell
from bench.manifests import file_id, write_manifest
from bench.plan import Plan
from bench.process import CannotRunError, Measured
from bench.results import Line

PENDING = 10
EARLIEST_START = 1_000_000
"""Seconds; later than any range that the table holds of these files."""


class Nights:
    """The same huge table, night after night, with ten new ranges each."""

    def __init__(self, ground: Ground, table: Path, arrivals: Arrivals) -> None:
        self._ground = ground
        self._table = table
        self._arrivals = arrivals
        self._nights = 0

    def load_ten(self) -> None:
        """Load ten new ranges."""
        self._nights += 1
        start = EARLIEST_START + 60 * self._nights
        lines = [f"{file_id(number)},{start},{start + 45}\n" for number in range(PENDING)]
        manifest = write_manifest(self._ground.folder / "ten.csv", lines)
        self._ground.batchclip("load", manifest, "--db", self._table)

    def first_request(self) -> tuple[float, Measured]:
        """Load ten and run them; seconds from the process's start to its first request."""
        self.load_ten()
        return self.run_pending()

    def run_pending(self) -> tuple[float, Measured]:
        """Run what is pending; seconds from the process's start to its first request."""
        self._arrivals.forget()
        run = self._ground.batchclip("run", "--db", self._table, port=ARRIVAL_PORT)
        if self._arrivals.count != PENDING:
            raise CannotRunError(f"{self._arrivals.count} requests came, not {PENDING}")
        return self._arrivals.first - run.began, run

    def status(self) -> float:
        """Seconds that `status` takes."""
        return self._ground.batchclip("status", "--db", self._table).wall_seconds


def compare(ground: Ground, plan: Plan) -> Iterator[Line]:
    """A claim, the status, the first request and the memory of a run."""
    tell(f"  building a table of {plan.huge:,} submitted ranges")
    table = huge_table(ground, plan.huge)
    with Arrivals() as arrivals:
        nights = Nights(ground, table, arrivals)
        nights.load_ten()
        if states(table) != {"submitted": plan.huge, "pending": PENDING}:
            raise CannotRunError(f"the huge table holds {states(table)}")
        claims = json.loads(ground.script("claim", table).output)
        beside = {
            "in-process": "the store's own statements in one transaction, no wait for the disk"
        }
        yield Line(key="ten-million.claim", values=tuple(claims), beside=beside)
        nights.run_pending()
        sides = {"status": nights.status}
        seconds = interleave(sides, plan.starts)["status"]
        yield Line(key="ten-million.status", values=tuple(seconds))
        yield from runs_of(nights, plan)


def runs_of(nights: Nights, plan: Plan) -> Iterator[Line]:
    """The first request's moment, and the memory, of runs over ten ranges."""
    runs = interleave({"run": nights.first_request}, plan.pairs)["run"]
    yield Line(key="ten-million.first", values=tuple(seconds for seconds, _ in runs))
    peaks = tuple(run.peak_bytes / 2**20 for _, run in runs)
    yield Line(key="ten-million.memory", values=peaks)
