"""A command that only reads the job table starts without what only a run needs."""

import sys
from pathlib import Path

import pytest

from tests.support.commands import shell
from tests.support.program import Program, ranges

HEAVY = {
    *("aiohttp", "rich", "http.cookies"),
    *("batchclip.runner.run", "batchclip.simulator"),
}
TELL = f"""
import sys
from batchclip.cli import main
try:
    main()
finally:
    print(*sorted({HEAVY!r}.intersection(sys.modules)), file=open("modules", "w"))
"""
"""Runs a command, and writes down which of the heavy modules it has brought in."""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    made = Program(tmp_path)
    assert made.run("load", made.manifest(ranges(2, 2))).returncode == 0
    (tmp_path / "tell.py").write_text(TELL)
    return made


def modules_of(program: Program, command: str) -> set[str]:
    done = shell(program, f"{sys.executable} tell.py {command}")
    assert done.returncode in {0, 3, 5}, done.stderr
    return set((program.folder / "modules").read_text().split())


@pytest.mark.parametrize(
    "command",
    ["--version", "--help", "run --help", "status", "report", "report --format json", "why m.csv:2",
     "pause", "resume", "retry --state failed", "cancel --state pending --yes", "load m.csv"],
)  # fmt: skip
def test_what_sends_nothing_loads_nothing_that_sends(program: Program, command: str) -> None:
    assert modules_of(program, command) == set()


def test_a_run_loads_what_it_needs_and_no_simulator(program: Program) -> None:
    loaded = modules_of(program, "run --until 2020-01-01")

    assert {"aiohttp", "batchclip.runner.run"} <= loaded
    assert "batchclip.simulator" not in loaded
