"""The same run with a server that takes its time, as every real one does."""

from collections.abc import Iterator

from bench.comparisons.beside_raw import Race
from bench.ground import WORKERS, Ground
from bench.plan import Plan
from bench.results import Line


def compare(ground: Ground, plan: Plan) -> Iterator[Line]:
    """Rates beside the raw loop's at 20 and 200 ms."""
    table = ground.table(plan.distant, plan.distant)
    for delay_ms in (20, 200):
        pairs = Race(ground, table, plan.distant, delay_ms, WORKERS).pairs(plan.pairs)
        yield Line(key=f"distant.{delay_ms}", values=pairs.rate_ratios, beside=pairs.rates)
