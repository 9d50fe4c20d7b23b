"""How time, memory and bytes grow with the number of ranges, as it is kept in a file."""

from pydantic import BaseModel, ConfigDict

from bench.figures import last_slope, short

COMMANDS = ("load", "run", "status", "report")


class Taken(BaseModel):
    """What one command took at one size: seconds, and bytes at the peak."""

    model_config = ConfigDict(frozen=True)

    seconds: float
    peak_bytes: int


class Step(BaseModel):
    """One size: what each command took, and the table's bytes after the load and after the run."""

    model_config = ConfigDict(frozen=True)

    ranges: int
    taken: dict[str, Taken]
    pending_bytes: int
    done_bytes: int


class Growth(BaseModel):
    """All sizes, the smallest first, and where and when they were measured (UTC, ISO 8601)."""

    made_at: str
    machine: str
    steps: tuple[Step, ...]

    @property
    def sizes(self) -> list[int]:
        """The numbers of ranges."""
        return [step.ranges for step in self.steps]

    def curves(self) -> dict[str, dict[str, list[float]]]:
        """Seconds, memory in MiB and megabytes on disk, each by what took them."""
        steps = self.steps
        return {
            "seconds": {name: [step.taken[name].seconds for step in steps] for name in COMMANDS},
            "memory, MiB": {
                name: [step.taken[name].peak_bytes / 2**20 for step in steps] for name in COMMANDS
            },
            "on disk, MB": {
                "pending": [step.pending_bytes / 1e6 for step in steps],
                "after the run": [step.done_bytes / 1e6 for step in steps],
            },
        }

    def slope(self, values: list[float]) -> float | None:
        """How a curve grows over its last step; None while there is just one size."""
        return last_slope(self.sizes, values) if len(values) > 1 else None


def rows(growth: Growth) -> list[tuple[str, ...]]:
    """The table: a row for each curve, a column for each size, and the slope."""
    found = []
    for unit, curves in growth.curves().items():
        for name, values in curves.items():
            slope = growth.slope(values)
            last = "" if slope is None else f"{slope:.2f}"
            found.append((f"{name}: {unit}", *(short(value) for value in values), last))
    return found


def headings(growth: Growth) -> tuple[str, ...]:
    """What stands above the columns."""
    return ("", *(f"{size:,}" for size in growth.sizes), "slope of the last step")


def markdown(growth: Growth) -> str:
    """The table as it stands in a README."""
    top = headings(growth)
    table = [top, ("---",) * len(top), *rows(growth)]
    text = "\n".join("| " + " | ".join(row) + " |" for row in table)
    return f"{growth.machine}\n\nMeasured {growth.made_at}.\n\n{text}\n"
