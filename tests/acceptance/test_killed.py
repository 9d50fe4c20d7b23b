"""kill -9 at random moments, under every fault: nothing twice, nothing lost, nothing made up."""

import random
import signal
import time
from pathlib import Path

import pytest

from tests.support.program import Program, books, effects, file_id, identity, simulator
from tests.support.proof import seeds

FAULTS = (
    "slow_down", "unavailable", "error_before", "error_after", "gateway_before", "gateway_after",
    "reset_before", "reset_after", "garbage_after", "truncated_after", "hang_before", "hang_after",
)  # fmt: skip


def random_rows(dice: random.Random) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for number in range(120):
        if number % 5 == 0:
            rows.append((file_id(number), "", "", "", dice.choice(["", "true"])))
        else:
            spans = [(20 * k, 20 * k + 15) for k in range(dice.randint(1, 4))]
            mode = dice.choice(["", "single"])
            rows += [(file_id(number), start, end, mode) for start, end in spans]
    return rows


@pytest.mark.parametrize("seed", seeds(1, 20))
def test_ten_kills_in_a_row(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 -- a seed that repeats the night
    program = Program(tmp_path, settings={"BATCHCLIP_TIMEOUT": "0.5"})
    faults = [word for kind in FAULTS for word in ("--fault", f"{kind}=0.012")]
    manifest = program.manifest(random_rows(dice))
    assert program.run("load", manifest).returncode == 0
    with simulator("--latency", "0.02", "--seed", str(seed), *faults) as program.url:
        for _ in range(10):
            kill_after(program, requests=dice.randint(1, 40), pause=dice.random() * 0.05)
        last = program.run("run", "--max-attempts", "50")
        happened, summary = effects(program.url), books(program.url)["summary"]
    assert last.returncode in {0, 1}, last.stderr
    assert "Traceback" not in last.stderr
    assert summary["highest_on_wire_for_one_file"] == 1
    assert {one: times for one, times in happened.items() if times > 1} == {}
    for row in program.report():
        took_effect = identity(row) in happened
        assert row["state"] in {"submitted", "already_done", "in_doubt"}, row
        assert row["state"] == "in_doubt" or took_effect, row


def kill_after(program: Program, requests: int, pause: float) -> None:
    """Kill a run when it has sent so many requests, a random moment later."""
    before = books(program.url)["summary"]["requests"]
    running = program.start("run")
    while running.poll() is None:
        if books(program.url)["summary"]["requests"] >= before + requests:
            # Not for synchronisation: it makes the moment random.
            time.sleep(pause)
            running.send_signal(signal.SIGKILL)
            break
    running.communicate()
