"""A big manifest, fully checked, against `sqlite3 .import`, which checks nothing."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.comparisons.importing import check_alike, empty_table, export, import_rows
from bench.figures import ratios, short
from bench.ground import Ground, copied, removed
from bench.interleave import interleave
from bench.manifests import rows, write_manifest
from bench.plan import Plan
from bench.process import Measured
from bench.results import Line

EACH = 5
"""Ranges a file."""
AGAINST = {"fresh": "import fresh", "filled": "import filled", "again": "import fresh"}
"""Which import a load is compared with. None can be made again: it would refuse every row."""


class Loads:
    """Two manifests of the same files, and the tables that they are loaded into."""

    def __init__(self, ground: Ground, plan: Plan) -> None:
        self._ground = ground
        folder, files = ground.folder, plan.load // EACH
        self._first = write_manifest(folder / "first.csv", rows(plan.load, files))
        self._second = write_manifest(folder / "second.csv", rows(plan.load, files, EACH))
        self._scratch = folder / "load.db"
        self._loaded = removed(folder / "loaded.db")
        self.fresh()
        copied(self._scratch, self._loaded)
        self.filled()
        self._prepare_imports(folder)

    def _prepare_imports(self, folder: Path) -> None:
        """Have the same rows and tables ready for `.import`; the scratch table holds them all."""
        both = self._scratch
        self._first_rows = export(both, folder / "first-rows.csv", 1)
        self._second_rows = export(both, folder / "second-rows.csv", 2)
        self._imported = folder / "import.db"
        self._empty = empty_table(both, folder / "empty.db")
        self.import_fresh()
        check_alike(self._loaded, self._imported)
        self._half = copied(self._imported, folder / "half.db")

    def fresh(self) -> Measured:
        """Load the first manifest into no table at all."""
        removed(self._scratch)
        return self._load(self._first)

    def filled(self) -> Measured:
        """Load the second manifest beside the first."""
        copied(self._loaded, self._scratch)
        return self._load(self._second)

    def again(self) -> Measured:
        """Load the first manifest once more."""
        copied(self._loaded, self._scratch)
        return self._load(self._first)

    def import_fresh(self) -> Measured:
        """Import the first rows into an empty table."""
        return import_rows(self._ground, self._empty, self._first_rows, self._imported)

    def import_filled(self) -> Measured:
        """Import the second rows beside the first."""
        return import_rows(self._ground, self._half, self._second_rows, self._imported)

    def _load(self, manifest: Path) -> Measured:
        return self._ground.batchclip("load", manifest, "--db", self._scratch)


def compare(ground: Ground, plan: Plan) -> Iterator[Line]:
    """Times beside the import's, and peak memory."""
    loads = Loads(ground, plan)
    sides = {
        "import fresh": loads.import_fresh,
        "fresh": loads.fresh,
        "import filled": loads.import_filled,
        "filled": loads.filled,
        "again": loads.again,
    }
    samples = interleave(sides, plan.pairs)
    for name, other in AGAINST.items():
        ours = [sample.wall_seconds for sample in samples[name]]
        theirs = [sample.wall_seconds for sample in samples[other]]
        beside = {"batchclip s": short(median(ours)), ".import s": short(median(theirs))}
        yield Line(key=f"load.{name}", values=ratios(ours, theirs), beside=beside)
        peaks = tuple(sample.peak_bytes / 2**20 for sample in samples[name])
        yield Line(key=f"load.{name}-memory", values=peaks)
