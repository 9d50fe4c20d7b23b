"""Ranges in doubt, as an operator meets them: evidence, why, and a person's word."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import going
from tests.support.program import Program, books, effects, file_id, ranges, simulator
from tests.support.standin import Create, Reply, StandIn, created, refused

LOST = [
    ("reset_after", file_id(0)),
    ("hang_after", file_id(1)),
    ("hang_before", file_id(2)),
]
SCOPELESS = refused(403, "InsufficientScope", "the scope clips.read is missing")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path, settings={"BATCHCLIP_TIMEOUT": "0.5"})


@pytest.fixture
def lossy(program: Program) -> Iterator[Program]:
    """An API that loses three answers, and six ranges that were sent to it."""
    script = program.folder / "lost.toml"
    faults = [f'[[fault]]\nkind = "{kind}"\nfile = "{file}"\n' for kind, file in LOST]
    script.write_text("\n".join(faults))
    with simulator("--script", str(script)) as program.url:
        done = program.run("run", program.manifest(ranges(6)))
        assert done.returncode == 1, done.stderr
        assert program.states() == {"submitted": 3, "in_doubt": 3}
        yield program


def lose_the_first(create: Create) -> Reply:
    return Reply(cut=True) if create.time == 1 else created(create)


def life(program: Program, *wanted: str) -> dict[str, Any]:
    [found] = json.loads(program.run("why", *wanted, "--json").stdout)
    assert isinstance(found, dict)
    return found


def test_evidence_settles_each_and_the_next_run_ends_well(lossy: Program) -> None:
    done = lossy.run("reconcile", "--settle-seconds", "0")
    assert (done.returncode, done.stdout) == (0, "nothing is in doubt\n"), done.stderr
    assert "2 submitted after all, 1 never happened, pending again" in done.stderr
    assert lossy.states() == {"submitted": 5, "pending": 1}
    assert life(lossy, "m.csv:4")["range"]["state"] == "pending"
    assert lossy.run("run").returncode == 0
    happened = effects(lossy.url)
    assert len(happened) == 6
    assert set(happened.values()) == {1}


def test_a_run_does_the_same_at_its_start(lossy: Program) -> None:
    done = lossy.run("run", "--settle-seconds", "0")
    assert done.returncode == 0, done.stderr
    assert set(effects(lossy.url).values()) == {1}
    assert books(lossy.url)["summary"]["requests"] == 7


def test_what_may_still_be_on_its_way_is_not_looked_for(lossy: Program) -> None:
    done = lossy.run("reconcile")
    assert done.returncode == 0
    assert "3 in doubt; the next can be looked for in" in done.stdout
    assert lossy.run("run").returncode == 1
    assert lossy.states() == {"submitted": 3, "in_doubt": 3}
    assert books(lossy.url)["summary"]["requests"] == 6


def test_the_evidence_is_kept_and_shown(lossy: Program) -> None:
    lossy.run("reconcile", "--settle-seconds", "0")
    found = life(lossy, file_id(0), "0")
    [finding] = found["evidence"]
    assert finding["ruling"] == "happened"
    clips = finding["compared"]["clips"]
    assert [clip["weight"] for clip in clips] == ["its_own"] * 3
    assert all(0 <= clip["start"] < clip["end"] <= 15 for clip in clips)
    assert found["range"]["project_id"] == finding["compared"]["project_id"]
    text = lossy.run("why", "m.csv:2").stdout
    assert clips[0]["clip_id"] in text
    assert "3 clips made of it after it was sent" in text


def test_a_person_decides_what_evidence_does_not(lossy: Program) -> None:
    jobs = [row["job"] for row in lossy.report() if row["state"] == "in_doubt"]
    noted = lossy.run("resolve", str(jobs[0]), "--as", "submitted", "--note", "it's in the library")
    assert noted.returncode == 0, noted.stderr
    assert lossy.run("resolve", "m.csv:4", "--as", "pending").returncode == 0
    [change] = life(lossy, "m.csv:2")["changes"]
    assert change["to"] == "submitted"
    assert "says so: it's in the library" in change["reason"]
    assert lossy.run("run", "--max-submissions", "1").returncode == 1
    assert lossy.states() == {"submitted": 5, "in_doubt": 1}


def test_2_when_the_range_was_sent_again_since_a_person_looked(lossy: Program) -> None:
    why = lossy.run("why", "m.csv:4").stdout
    [attempt] = re.findall(r"--attempt (\d+) --as submitted", why)
    done = lossy.run("resolve", "m.csv:4", "--attempt", str(int(attempt) - 1), "--as", "pending")
    assert done.returncode == 2
    assert "was sent again since" in done.stderr
    assert lossy.states() == {"submitted": 3, "in_doubt": 3}
    done = lossy.run("resolve", "m.csv:4", "--attempt", attempt, "--as", "pending")
    assert (done.returncode, file_id(2) in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        ("4711", "no such range"),
        ("m.csv:99", "no such range"),
        ("6", "is submitted; only a range in doubt"),
        ("nonsense", "expected MANIFEST:LINE"),
    ],
)
def test_2_when_there_is_no_doubt_to_resolve(lossy: Program, job: str, words: str) -> None:
    done = lossy.run("resolve", job, "--as", "pending")
    assert done.returncode == 2
    assert words in done.stderr
    assert lossy.states() == {"submitted": 3, "in_doubt": 3}


def test_4_without_the_scope_to_read_and_nothing_is_guessed(program: Program) -> None:
    with StandIn(lose_the_first, reads=lambda _: SCOPELESS) as standin:
        program.url = standin.url
        assert program.run("run", program.manifest(ranges(2))).returncode == 1
        done = program.run("reconcile", "--settle-seconds", "0")
        assert done.returncode == 4
        assert "lacks the scope clips.read" in done.stderr
        assert "developer page" in done.stdout
        again = program.run("run", "--settle-seconds", "0")
    assert again.returncode == 1
    assert "lacks the scope clips.read" in again.stderr
    assert "lacks the scope clips.read" in program.run("why", "m.csv:2").stdout
    assert program.states() == {"in_doubt": 2}
    assert len(standin.creates) == 2


def test_5_when_the_projects_cannot_be_read(program: Program) -> None:
    with StandIn(lambda _: Reply(cut=True), reads=lambda _: refused(500, "Oops")) as standin:
        program.url = standin.url
        program.run("run", program.manifest(ranges(1)))
        done = program.run("reconcile", "--settle-seconds", "0")
    assert done.returncode == 5
    assert "the project list could not be read (HTTP 500, Oops)" in done.stdout
    assert program.states() == {"in_doubt": 1}
    assert len(standin.read) == 3


def test_6_while_a_run_goes_on_it_reconciles_by_itself(program: Program) -> None:
    program.settings = {}
    with StandIn(lambda _: Reply(201, {"projectId": "p"}, held=True)) as standin:
        program.url = standin.url
        with going(program, "run", program.manifest(ranges(1))) as running:
            standin.wait_for(1)
            done = program.run("reconcile")
            standin.release()
            running.communicate(timeout=20)
    assert done.returncode == 6
    assert running.returncode == 0


def test_7_without_a_table(program: Program) -> None:
    done = program.run("reconcile")
    assert done.returncode == 7
    assert "there is no job table here" in done.stderr
    assert program.run("why", "m.csv:2").returncode == 7


def test_2_when_there_is_no_such_range(lossy: Program) -> None:
    for wanted in (["m.csv:99"], [file_id(99)], [file_id(0), "1"], ["nonsense"], ["m.csv:2", "0"]):
        done = lossy.run("why", *wanted)
        assert done.returncode == 2, wanted
        assert done.stdout == ""
        assert wanted[0] in done.stderr
