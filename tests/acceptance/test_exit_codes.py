"""Every exit code of `run`, by a real cause."""

import signal
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.program import Program, books, effects, ranges, simulator

if TYPE_CHECKING:
    import subprocess


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def ended(program: Program, *arguments: str, rows: int = 6) -> tuple[int, str]:
    """Run a manifest; return the exit code and what stderr says."""
    done = program.run("run", program.manifest(ranges(rows)), *arguments)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("faults", "code", "state", "words"),
    [
        ("unknown_file=1", 1, "rejected", "6 rejected"),
        ("reset_after=1", 1, "in_doubt", "6 in doubt"),
        ("usage_limit=1", 3, "pending", "usage limit"),
        ("scope=1", 4, "pending", "lacks a scope"),
        ("feature=1", 4, "pending", "not active"),
        ("expired_token=1", 4, "pending", "refuses the access token"),
    ],
)
def test_answers_that_end_a_run(
    program: Program, faults: str, code: int, state: str, words: str
) -> None:
    with simulator("--fault", faults) as program.url:
        found, sentence = ended(program)
    assert found == code, sentence
    assert words in sentence
    assert program.states() == {state: 6}


def test_1_when_a_range_failed_too_often(program: Program) -> None:
    rows = [(row[0], "", "") for row in ranges(2)]
    with simulator("--fault", "error_before=1") as program.url:
        done = program.run("run", program.manifest(rows), "--max-attempts", "1")
    assert done.returncode == 1, done.stderr
    assert program.states() == {"failed": 2}


def test_2_nothing_is_loaded_or_sent(program: Program) -> None:
    with simulator() as program.url:
        assert program.run("run", "--no-such-option").returncode == 2
        assert program.run("run", "--max-concurrency", "0").returncode == 2
        program.manifest([*ranges(3), ("no-uuid", 0, 20)])
        done = program.run("run", "m.csv")
        assert done.returncode == 2
        assert books(program.url)["requests"] == []
    assert "m.csv:5: file_id:" in done.stderr
    assert not (program.folder / "table.db").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--max-submissions", "2", "--max-concurrency", "6"),
        ("--until", "2020-01-01T00:00"),
        ("--max-failed", "0"),
    ],
)
def test_3_stopped_on_purpose_with_work_left(program: Program, arguments: tuple[str, ...]) -> None:
    faults = ("--fault", "unknown_file=1") if "--max-failed" in arguments else ()
    with simulator("--latency", "0.05", *faults) as program.url:
        code, sentence = ended(program, *arguments, rows=30)
        assert len(effects(program.url)) == (2 if "--max-submissions" in arguments else 0)
    assert code == 3, sentence
    assert program.states()["pending"] > 20


def test_3_a_hold_off_longer_than_the_time_left(program: Program) -> None:
    script = program.folder / "slow.toml"
    script.write_text('[[fault]]\nkind = "slow_down"\nretry_after = 90000\n')
    with simulator("--script", str(script)) as program.url:
        code, sentence = ended(program)
    assert code == 3
    assert "asks to wait 90000 s" in sentence


def test_4_without_any_token(program: Program) -> None:
    program.settings = {"BATCHCLIP_ACCESS_TOKEN": ""}
    code, sentence = ended(program)
    assert code == 4
    assert "BATCHCLIP_ACCESS_TOKEN" in sentence


def test_5_when_nothing_listens(program: Program) -> None:
    code, sentence = ended(program, "--give-up-after", "1", rows=30)
    assert code == 5, sentence
    assert program.states() == {"pending": 30}


def test_6_names_the_run_that_holds_the_table(program: Program) -> None:
    with simulator("--latency", "5") as program.url:
        first = program.start("run", program.manifest(ranges(3)), "--timeout", "20")
        while not books(program.url)["requests"]:
            assert first.poll() is None, first.communicate()
        second = program.run("run", "m.csv")
        first.kill()
        first.communicate()
    assert second.returncode == 6
    assert f"process {first.pid} on " in second.stderr
    assert ", since 20" in second.stderr


def test_7_what_is_no_job_table(program: Program) -> None:
    table = program.folder / "table.db"
    table.mkdir()
    assert_refused(program, "is a folder")
    table.rmdir()
    table.write_bytes(b"not a database, but long enough to be read as a header of one" * 20)
    assert_refused(program, "is not a SQLite database")
    table.unlink()
    with sqlite3.connect(table) as other:
        other.execute("CREATE TABLE bookmarks (id INTEGER)")
    other.close()
    assert_refused(program, "another program")
    table.unlink()
    assert program.run("run").returncode == 7
    assert not table.exists()


def test_7_a_table_of_a_newer_version(program: Program) -> None:
    assert program.run("load", program.manifest(ranges(1))).returncode == 0
    with sqlite3.connect(program.folder / "table.db") as table:
        table.execute("INSERT INTO schema_migrations VALUES (9999, 'of tomorrow', 'x', 0)")
    table.close()
    assert_refused(program, "newer than this batchclip knows")


def assert_refused(program: Program, words: str) -> None:
    code, sentence = ended(program)
    assert (code, words in sentence) == (7, True), sentence
    assert program.run("status").returncode == 7


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_waits_for_what_is_on_the_wire_and_records_it(
    program: Program, number: signal.Signals, code: int
) -> None:
    with simulator("--latency", "0.7") as program.url:
        running = started(program)
        running.send_signal(number)
        _, messages = running.communicate()
        assert running.returncode == code, messages
        states = program.states()
        assert states["submitted"] == len(effects(program.url)) >= 1
        assert states["pending"] == 20 - states["submitted"]
    assert "interrupted by " + number.name in messages


def test_a_second_signal_leaves_at_once_and_the_next_run_is_right(program: Program) -> None:
    with simulator("--latency", "30") as program.url:
        running = started(program)
        running.send_signal(signal.SIGTERM)
        running.send_signal(signal.SIGINT)
        _, messages = running.communicate(timeout=10)
    assert running.returncode in {130, 143}
    assert "left at once" in messages
    with simulator() as program.url:
        assert program.run("run").returncode == 1
    assert program.states()["in_doubt"] >= 1
    assert program.states()["in_doubt"] + program.states()["submitted"] == 20


def started(program: Program) -> "subprocess.Popen[str]":
    """A run of 20 ranges with at least one request on the wire."""
    running = program.start("run", program.manifest(ranges(20)), "--timeout", "60")
    while not books(program.url)["requests"]:
        assert running.poll() is None, running.communicate()
    return running
