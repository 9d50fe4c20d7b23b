"""Where a bench stands: a folder of its own, the server, the real `batchclip`, job tables."""

import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.address import PORTS, TOKEN, base_url
from bench.manifests import rows, write_manifest
from bench.nginx import Nginx, nginx
from bench.process import ROOT, CannotRunError, Command, Measured, environment, measure
from bench.results import FOLDER

BATCHCLIP = Path(sys.executable).with_name("batchclip")
WORKERS = 128
"""Requests on the wire at once, on every side that can."""


@dataclass
class Ground:
    """One go's folder and server. Tables that were loaded once are kept for all comparisons."""

    folder: Path
    server: Nginx
    _tables: dict[tuple[int, int], Path] = field(default_factory=dict)

    def batchclip(
        self, *arguments: str | Path, port: int = PORTS[0], quiet: bool = False
    ) -> Measured:
        """Run the real command as a user would. Raises CannotRunError unless it ends with 0."""
        if not BATCHCLIP.exists():
            raise CannotRunError("batchclip is not installed beside this Python")
        own = environment(
            self.folder, BATCHCLIP_API_URL=base_url(port), BATCHCLIP_ACCESS_TOKEN=TOKEN
        )
        return measure(Command((BATCHCLIP, *arguments), own, self.folder, quiet=quiet))

    def script(self, module: str, *arguments: str | Path, **own: str) -> Measured:
        """Run a module of the bench in a process of its own."""
        words = (sys.executable, "-m", f"bench.{module}", *arguments)
        surroundings = environment(self.folder, PYTHONPATH=str(ROOT), **own)
        return measure(Command(words, surroundings, self.folder))

    def table(self, ranges: int, files: int) -> Path:
        """A table of so many pending ranges, closed and not to be changed."""
        if (ranges, files) not in self._tables:
            manifest = write_manifest(self.folder / "manifest.csv", rows(ranges, files))
            table = self.folder / f"loaded-{ranges}-{files}.db"
            self.batchclip("load", manifest, "--db", table)
            manifest.unlink()
            self._tables[ranges, files] = table
        return self._tables[ranges, files]

    def submit(self, table: Path, delay_ms: int = 0) -> Measured:
        """Run all that is pending in this table, and check the table and the server's count."""
        words = ("run", "--db", table, "--max-concurrency", str(WORKERS))
        pending = states(table).get("pending", 0)
        before = self.server.answered
        measured = self.batchclip(*words, port=PORTS[delay_ms])
        self.check_answered("batchclip run", self.server.answered - before, pending)
        if set(states(table)) != {"submitted"}:
            raise CannotRunError(f"after the run the table holds {states(table)}")
        return measured

    def check_answered(self, who: str, answered: int, expected: int) -> None:
        """Raise CannotRunError unless the server has answered exactly what was to be sent."""
        if answered != expected:
            raise CannotRunError(f"{who}: {answered:,} requests were answered, not {expected:,}")


@contextmanager
def ground() -> Iterator[Ground]:
    """A folder on the disk that the results go to, and the server; both gone afterwards."""
    FOLDER.mkdir(exist_ok=True)
    # Ended from outside, it still stops its server and clears its folder away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=FOLDER) as folder, nginx() as server:
        yield Ground(Path(folder), server)


def states(table: Path) -> dict[str, int]:
    """How many ranges are in which state, by the table itself."""
    with closing(sqlite3.connect(table)) as database:
        found = database.execute("SELECT state, count(*) FROM jobs GROUP BY state")
        return dict(found.fetchall())


def copied(table: Path, to: Path) -> Path:
    """A copy on disk of a table that nobody has open, in the place of an older one."""
    removed(to)
    shutil.copyfile(table, to)
    with to.open("rb") as copy:
        os.fsync(copy.fileno())
    return to


def removed(table: Path) -> Path:
    """Take a table away with all that stands beside it; return its name."""
    for path in table.parent.glob(f"{table.name}*"):
        path.unlink()
    return table


def on_disk(table: Path) -> int:
    """Bytes of a table with all that stands beside it."""
    return sum(path.stat().st_size for path in table.parent.glob(f"{table.name}*"))
