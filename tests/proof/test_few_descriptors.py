"""A limit of open files far below the workers: nothing is in doubt that never left."""

from pathlib import Path

import pytest

from tests.support.commands import shell
from tests.support.isolated import ROOT
from tests.support.program import Program, books, ranges, simulator


@pytest.mark.parametrize("limit", [24, 64])
def test_the_run_finishes(tmp_path: Path, limit: int) -> None:
    program = Program(tmp_path, settings={"PYTHONPATH": str(ROOT)})
    assert program.run("load", program.manifest(ranges(150))).returncode == 0
    with simulator("--latency", "0.3") as program.url:
        done = shell(program, f"ulimit -n {limit}; exec $batchclip run --max-concurrency 200")
        last = program.run("run")
        assert books(program.url)["summary"]["sent_twice"] == 0
    assert "Traceback" not in done.stderr
    assert last.returncode == 0, (done.stderr, last.stderr)
    assert program.states() == {"submitted": 150}
    assert done.returncode == 0, done.stderr
