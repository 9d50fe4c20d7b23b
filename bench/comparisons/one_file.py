"""All ranges of one file: never two of them on the wire at once, so it is latency that counts."""

from collections.abc import Iterator

from bench.comparisons.beside_raw import Race
from bench.ground import Ground
from bench.plan import Plan
from bench.results import Line


def compare(ground: Ground, plan: Plan) -> Iterator[Line]:
    """The rate beside one request after the other over one connection."""
    table = ground.table(plan.one_file, 1)
    pairs = Race(ground, table, plan.one_file, 5, workers=1).pairs(plan.pairs)
    yield Line(key="one-file.rate", values=pairs.rate_ratios, beside=pairs.rates)
