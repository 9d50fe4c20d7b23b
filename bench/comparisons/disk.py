"""Bytes on disk: counted once each, because they are the same every time."""

from collections.abc import Iterator

from bench.ground import Ground, copied, on_disk
from bench.plan import Plan
from bench.results import Line

SHAPES = {"": 5, "-alone": 1}
"""Ranges a file. Alone is the worst: each range then pays for its file, too."""


def compare(ground: Ground, plan: Plan) -> Iterator[Line]:
    """Bytes a range after the load, and after a run with one attempt each."""
    for ending, each in SHAPES.items():
        loaded = ground.table(plan.disk, plan.disk // each)
        yield Line(key=f"disk.pending{ending}", values=(on_disk(loaded) / plan.disk,))
        table = copied(loaded, ground.folder / "run.db")
        ground.submit(table)
        yield Line(key=f"disk.attempted{ending}", values=(on_disk(table) / plan.disk,))
