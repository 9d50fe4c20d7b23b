"""The real `batchclip` as a real process, with nothing of this machine's environment in it."""

import csv
import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

COMMAND = (sys.executable, "-m", "batchclip")
TOKEN = "an-access-token-of-nobody-4711"  # noqa: S105 -- made up
INHERITED = ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


def file_id(number: int) -> str:
    """A file id that is easy to tell apart."""
    return str(UUID(int=(0xF11E << 112) | (4 << 76) | (8 << 60) | number))


@dataclass
class Program:
    """One folder, one job table, one API address."""

    folder: Path
    url: str = "http://127.0.0.1:1"
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        own = {
            "BATCHCLIP_DB": str(self.folder / "table.db"),
            "BATCHCLIP_API_URL": self.url,
            "BATCHCLIP_ACCESS_TOKEN": TOKEN,
            "COLUMNS": "200",
            "TERM": "dumb",
        }
        return inherited | own | self.settings

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, given: str | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*COMMAND, *arguments],
            env=self.environment,
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def manifest(self, rows: Sequence[Sequence[object]], name: str = "m.csv") -> str:
        path = self.folder / name
        with path.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["file_id", "start", "end", "mode", "force", "title"])
            writer.writerows([*row, *[""] * (6 - len(row))] for row in rows)
        return name

    def report(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.run("report", "--format", "json").stdout)
        return rows

    def states(self) -> Counter[str]:
        return Counter(row["state"] for row in self.report())


def ranges(files: int, each: int = 1) -> list[tuple[object, ...]]:
    """Ranges that don't overlap: `each` of 15 seconds for every file."""
    return [(file_id(f), 20 * k, 20 * k + 15) for f in range(files) for k in range(each)]


@contextmanager
def simulator(*arguments: str, environment: dict[str, str] | None = None) -> Iterator[str]:
    """A simulator as a process of its own; gives its address."""
    process = subprocess.Popen(
        [*COMMAND, "simulator", "--port", "0", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def books(url: str) -> dict[str, Any]:
    """What really happened."""
    with urllib.request.urlopen(url + "/simulator/books") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def effects(url: str) -> Counter[tuple[object, ...]]:
    """How often each range took effect: file, start, end, single, force of a whole video."""
    names = ("file", "start", "end", "single", "force")
    return Counter(tuple(effect[name] for name in names) for effect in books(url)["effects"])


def identity(row: dict[str, Any]) -> tuple[object, ...]:
    """A row of the report as the books name it."""
    forced = row["force"] and row["start"] is None
    return row["file_id"], row["start"], row["end"], row["mode"] == "single", forced
