"""What commands print, and to whom: pipes that close, disks that are full, files replaced whole."""

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from batchclip import __version__
from tests.support.commands import going, shell, until_it_says
from tests.support.program import Program, books, ranges, simulator


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def loaded(program: Program) -> Program:
    assert program.run("load", program.manifest(ranges(900, 2))).returncode == 0
    return program


def test_version_and_help(program: Program) -> None:
    assert program.run("--version").stdout == f"batchclip {__version__}\n"
    assert "simulator" in program.run("-h").stdout
    bare = program.run()
    assert (bare.returncode, "Usage" in bare.stdout + bare.stderr) == (2, True)


LOST = {
    "$batchclip report | head -n 1": 141,
    "$batchclip report --format json | true": 141,
    "$batchclip report > /dev/full": 2,
    "$batchclip status --json > /dev/full": 2,
    "$batchclip load m.csv > /dev/full": 0,
    "$batchclip load m.csv <&- >&- 2>&-": 0,
    "$batchclip load no.csv 2> /dev/full": 2,
    "$batchclip run --until 2020-01-01 > /dev/full": 3,
    "$batchclip run --until 2020-01-01 2>&1 | true": 3,
    "$batchclip run --until 2020-01-01 > /dev/full 2>&1": 3,
}
"""What can become of an output, and the exit code: that of what was done, where something was."""


def test_output_that_cannot_be_written(loaded: Program) -> None:
    lines = "".join(f"{line}\necho ${{PIPESTATUS[0]}} >> codes\n" for line in LOST)
    done = shell(loaded, lines)
    codes = (loaded.folder / "codes").read_text().split()
    assert dict(zip(LOST, map(int, codes), strict=True)) == LOST, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_report_is_utf_8_whatever_the_terminal_is(program: Program) -> None:
    program.manifest([("1b4e28ba2fa111d2883f0016d3cca427", 0, 20, "", "", "Frühling 🌱")])
    program.settings = {"PYTHONIOENCODING": "ascii"}
    assert program.run("load", "m.csv").returncode == 0
    done = shell(program, "$batchclip report > out.csv")
    assert done.returncode == 0, done.stderr
    assert ",Frühling 🌱," in (program.folder / "out.csv").read_text(encoding="utf-8")


def test_report_replaces_a_file_whole_or_not_at_all(loaded: Program) -> None:
    folder = loaded.folder
    (folder / "out.json").write_text("old " * 200_000)
    assert loaded.run("report", "--format", "json", "-o", "out.json").returncode == 0
    assert len(json.loads((folder / "out.json").read_text())) == 1800
    table = (folder / "table.db").read_bytes()
    done = loaded.run("report", "-o", "table.db")
    assert (done.returncode, "would overwrite" in done.stderr) == (2, True)
    # A table that breaks in the middle of a report leaves the old one.
    (folder / "table.db").write_bytes(table[: len(table) // 2 // 4096 * 4096])
    assert loaded.run("report", "-o", "out.json").returncode == 7
    assert len(json.loads((folder / "out.json").read_text())) == 1800
    assert not list(folder.glob("*.part"))


def test_report_into_a_device_leaves_the_device(loaded: Program) -> None:
    pipe = shell(loaded, "mkfifo pipe; wc -l < pipe & $batchclip report -o pipe && wait")
    assert (pipe.returncode, pipe.stdout.strip()) == (0, "1801"), pipe.stderr
    assert (loaded.folder / "pipe").is_fifo()


def test_a_seed_repeats_a_rehearsal(program: Program) -> None:
    program.manifest(ranges(60))
    faults = ("--fault", "unknown_file=0.2", "--fault", "reset_after=0.1", "--max-concurrency", "1")
    first, again, other = (
        program.run("rehearse", "m.csv", *faults, "--seed", seed) for seed in ("7", "7", "8")
    )
    assert (first.returncode, first.stderr.count("Traceback")) == (0, 0)
    assert first.stdout == again.stdout != other.stdout
    assert re.search(r"\d+ rejected\n\d+ in doubt\n60 requests", first.stdout)


def test_an_interrupted_rehearsal_does_not_say_that_all_is_well(program: Program) -> None:
    program.manifest(ranges(60))
    with going(program, "rehearse", "m.csv", "--latency", "0.5") as running:
        until_it_says(running, "pending 60")
        running.send_signal(signal.SIGINT)
        output, _ = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "sent twice: 0, lost: 0" in output


def test_the_simulator_says_where_it_is_and_ends_when_it_is_told(program: Program) -> None:
    with going(program, "simulator", "--port", "0", "--usage-limit", "0") as running:
        assert running.stdout is not None
        url = running.stdout.readline().strip()
        program.url = url
        assert program.run("run", program.manifest(ranges(1))).returncode == 3
        assert books(url)["summary"]["effects"] == 0
        taken = program.run("simulator", "--port", url.rsplit(":", 1)[1])
        assert (taken.returncode, "in use" in taken.stderr) == (2, True), taken.stderr
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=10) == 0


def test_retry_says_how_many_and_takes_several_states(program: Program) -> None:
    with simulator("--fault", "unknown_file=1") as program.url:
        assert program.run("run", program.manifest(ranges(3))).returncode == 1
    both = ("--state", "failed", "--state", "rejected")
    assert program.run("retry", *both).stdout == "3 ranges are pending again\n"
    assert program.run("retry", *both).stdout == "0 ranges are pending again\n"
    assert program.run("retry").returncode == 2
    assert program.states() == {"pending": 3}


def test_status_is_for_people_and_for_scripts(loaded: Program) -> None:
    status = json.loads(loaded.run("status", "--json").stdout)
    assert status["states"]["pending"] == 1800
    assert len(status["states"]) == 8
    assert (status["run"], status["needs_attention"]) == (None, [])
    assert "pending  1,800\n" in loaded.run("status").stdout


def test_the_tests_start_the_command_that_is_installed(program: Program) -> None:
    script = Path(shell(program, "echo ${batchclip%% *}").stdout.strip()).with_name("batchclip")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == program.run("--version").stdout
