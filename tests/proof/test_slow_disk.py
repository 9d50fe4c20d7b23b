"""A disk that takes its time to sync: a kill, a stop and a timeout meet commits under way."""

import signal
from pathlib import Path

import pytest

from tests.support.commands import going, until_it_says
from tests.support.grounds import Trouble
from tests.support.program import ranges
from tests.support.proof import seeds
from tests.support.standin import Create, Reply, StandIn, created
from tests.support.troubled import TroubledProgram

SYNC_SECONDS = 0.05
ROWS = 40


@pytest.mark.parametrize("seed", seeds(1, 8))
def test_a_kill_and_a_stop_in_the_midst_of_slow_commits(tmp_path: Path, seed: int) -> None:
    program = TroubledProgram(tmp_path)
    assert program.run("load", program.manifest(ranges(ROWS))).returncode == 0
    program.trouble = Trouble(sync_seconds=SYNC_SECONDS)

    def answer(create: Create) -> Reply:
        # One that never comes: it times out while others are being written down.
        return Reply(held=True) if len(standin.creates) == 5 else created(create)

    with StandIn(answer) as standin:
        program.url = standin.url
        with going(program, "run", "--timeout", "0.6") as running:
            standin.wait_for(5 + seed % 4)
            running.send_signal(signal.SIGKILL)
        arrived = len(standin.creates)
        with going(program, "run", "--timeout", "0.6") as running:
            standin.wait_for(arrived + 3 + seed % 4)
            running.send_signal(signal.SIGTERM)
            until_it_says(running, "interrupted by SIGTERM")
            running.communicate(timeout=60)
        assert running.returncode == 143
        drained = program.states()
        last = program.run("run", "--timeout", "0.6")
    assert drained["submitting"] == 0
    assert last.returncode == 1, last.stderr
    assert set(standin.counts.values()) == {1}
    states = program.states()
    assert states["submitted"] + states["in_doubt"] == ROWS
    assert states["in_doubt"] == drained["in_doubt"] > 0
