"""A run over as many files as ranges, an instant server: nothing hides what safety costs."""

from collections.abc import Iterator

from bench.comparisons.beside_raw import Race
from bench.ground import WORKERS, Ground
from bench.plan import Plan
from bench.results import Line


def compare(ground: Ground, plan: Plan) -> Iterator[Line]:
    """Rates and CPU time beside the raw loop's."""
    table = ground.table(plan.ranges, plan.ranges)
    pairs = Race(ground, table, plan.ranges, 0, WORKERS).pairs(plan.pairs)
    yield Line(key="run.rate", values=pairs.rate_ratios, beside=pairs.rates)
    yield Line(key="run.cpu", values=pairs.cpu_ratios, beside=pairs.cpu)
