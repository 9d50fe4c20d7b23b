"""What came of the comparisons, as it is kept in a file."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bench.figures import Spread, short, spread
from bench.goals import GOALS, Goal

FOLDER = Path(__file__).parent / "results"
ENOUGH_PAIRS = 7
"""Fewer say nothing of a ratio, as fast as a machine's speed drifts."""


class Line(BaseModel):
    """One goal and its figures, one a pair; `beside` are medians that explain them.

    A comparison that could not be made has no figures, and its reason in `not_run`.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    values: tuple[float, ...] = ()
    beside: dict[str, str] = {}
    not_run: str = ""

    @property
    def goal(self) -> Goal:
        """The goal that this line is about."""
        return next(goal for goal in GOALS if goal.key == self.key)

    @property
    def spread(self) -> Spread:
        """The middle and the extremes of the figures."""
        return spread(self.values)

    @property
    def verdict(self) -> str:
        """`met`, `NOT MET`, `NOT RUN`, `too few pairs` of a ratio, or a dash without a goal."""
        if self.not_run:
            return "NOT RUN"
        if self.goal.sense == "no goal":
            return "-"
        # What is no ratio is no comparison: a size, or a time far from its bound.
        if not self.goal.unit and len(self.values) < ENOUGH_PAIRS:
            return "too few pairs"
        return "met" if self.goal.met(self.spread.median) else "NOT MET"


class Results(BaseModel):
    """The lines of one go of the bench, and where and when they were measured (UTC, ISO 8601)."""

    made_at: str
    machine: str
    sizes: str
    lines: tuple[Line, ...]

    @property
    def complete(self) -> bool:
        """Whether every comparison could be made."""
        return not any(line.not_run for line in self.lines)


def merged(parts: list[Results]) -> Results:
    """Put results together in the goals' order; of the same line the later one's counts."""
    lines = {line.key: line for part in parts for line in part.lines}
    order = [goal.key for goal in GOALS if goal.key in lines]
    sizes = dict.fromkeys(part.sizes for part in parts)
    update = {"lines": tuple(lines[key] for key in order), "sizes": " ".join(sizes)}
    return parts[-1].model_copy(update=update)


def cells(line: Line) -> tuple[str, str, str, str, str, str]:
    """A line as text: what, goal, median, spread, verdict, what explains it."""
    goal = line.goal
    bound = "" if goal.sense == "no goal" else f"{goal.sense} {goal.bound:g} {goal.unit}".strip()
    if line.not_run:
        return goal.what, bound, "", "", line.verdict, line.not_run
    found = line.spread
    reach = f"{short(found.least)} to {short(found.greatest)} (n={len(line.values)})"
    beside = ", ".join(f"{name} {value}" for name, value in line.beside.items())
    return goal.what, bound, short(found.median, goal.unit), reach, line.verdict, beside


HEADINGS = ("what", "goal", "median", "spread", "", "beside")


def markdown(results: Results) -> str:
    """The table as it stands in a README."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *map(cells, results.lines)]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return f"{results.machine}\n\n{results.sizes} Measured {results.made_at}.\n\n{table}\n"
