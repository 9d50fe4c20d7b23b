"""The machine's clock set back or forward an hour, between runs and while one goes on."""

import signal
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest

from tests.support.commands import going
from tests.support.grounds import Trouble
from tests.support.pairs import Pairs
from tests.support.program import ranges
from tests.support.proof import size
from tests.support.standin import Create, Reply, StandIn, created, refused
from tests.support.troubled import TroubledProgram

HOUR = 3600
JUMPS = [*permutations((-HOUR, 0, HOUR))]
"""How wrong the clock is in a first run, then in the midst of it, then in a second run."""


def set_wrong(clock: Path, seconds: int) -> None:
    """At once also for processes that go on: the file is replaced whole."""
    spare = clock.with_suffix(".new")
    spare.write_text(str(seconds))
    spare.replace(clock)


@pytest.fixture
def program(tmp_path: Path) -> TroubledProgram:
    settings = {
        "BATCHCLIP_ACCESS_TOKEN": "",
        "BATCHCLIP_CLIENT_ID": "client",
        "BATCHCLIP_CLIENT_SECRET": "client-secret-0815",
        "BATCHCLIP_REFRESH_TOKEN": "refresh-token-0",
        "BATCHCLIP_TOKEN_FILE": str(tmp_path / "tokens" / "tokens.json"),
    }
    return TroubledProgram(tmp_path, settings=settings, trouble=Trouble(clock=f"{tmp_path}/clock"))


@pytest.mark.parametrize("jumps", JUMPS[:: size(3, 1)])
def test_a_clock_that_jumps_loses_nothing_and_sends_nothing_twice(
    program: TroubledProgram, jumps: tuple[int, int, int]
) -> None:
    clock, pairs = program.folder / "clock", Pairs()
    took_effect: Counter[object] = Counter()

    def answer(create: Create) -> Reply:
        if create.authorization != pairs.authorization:
            return refused(401, "invalid_token")
        # The first before the clock jumps, the other in the second run.
        if len(standin.creates) in {4, 45}:
            return refused(429, "TooManyRequests", Retry_After="1")
        took_effect[create.asked] += 1
        return Reply(cut=True) if len(standin.creates) == 8 else created(create)

    set_wrong(clock, jumps[0])
    assert program.run("load", program.manifest(ranges(60))).returncode == 0
    with StandIn(answer, pairs.refresh) as standin:
        program.url = standin.url
        with going(program, "run") as running:
            standin.wait_for(10)
            set_wrong(clock, jumps[1])
            standin.wait_for(30)
            running.send_signal(signal.SIGKILL)
        set_wrong(clock, jumps[2])
        last = program.run("run")
    assert last.returncode == 1, last.stderr
    assert set(took_effect.values()) == {1}
    states = program.states()
    assert states["submitted"] + states["in_doubt"] == 60
    assert len(took_effect) >= states["submitted"]
    assert 1 <= states["in_doubt"] <= 17
