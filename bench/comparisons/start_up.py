"""How long a person waits for the shortest commands."""

from collections.abc import Iterator

from bench.ground import Ground
from bench.interleave import interleave
from bench.plan import Plan
from bench.results import Line


def compare(ground: Ground, plan: Plan) -> Iterator[Line]:
    """Whole processes: the help, and the status of a big table."""
    table = ground.table(plan.load, plan.load // 5)
    commands = {
        "help": lambda: ground.batchclip("--help").wall_seconds,
        "status": lambda: ground.batchclip("status", "--db", table).wall_seconds,
    }
    for name, seconds in interleave(commands, plan.starts).items():
        yield Line(key=f"start-up.{name}", values=tuple(seconds))
