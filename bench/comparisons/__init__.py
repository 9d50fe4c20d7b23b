"""The comparisons: each measures the goals whose keys begin with its name."""

from collections.abc import Callable, Iterator

from bench.comparisons import (
    disk,
    distant,
    load,
    one_file,
    peers,
    run,
    start_up,
    ten_million,
)
from bench.goals import GOALS
from bench.ground import Ground
from bench.interleave import tell
from bench.plan import Plan
from bench.process import CannotRunError
from bench.results import Line

Comparison = Callable[[Ground, Plan], Iterator[Line]]

COMPARISONS: dict[str, Comparison] = {
    "run": run.compare,
    "distant": distant.compare,
    "one-file": one_file.compare,
    "peers": peers.compare,
    "load": load.compare,
    "ten-million": ten_million.compare,
    "disk": disk.compare,
    "start-up": start_up.compare,
}


def lines_of(name: str, ground: Ground, plan: Plan) -> list[Line]:
    """Make one comparison; what it could not measure is a line with the reason."""
    tell(f"{name}:")
    lines: list[Line] = []
    reason = "it measured nothing"
    try:
        lines.extend(COMPARISONS[name](ground, plan))
    except CannotRunError as error:
        reason = str(error)
        tell(f"  could not be run: {reason}")
    measured = {line.key for line in lines}
    wanted = [goal.key for goal in GOALS if goal.comparison == name]
    missing = [Line(key=key, not_run=reason) for key in wanted if key not in measured]
    return lines + missing
