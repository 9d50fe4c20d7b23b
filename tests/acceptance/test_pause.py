"""Halting a run from another terminal, and taking ranges out."""

import json
from pathlib import Path

import pytest

from tests.support.commands import going, until_it_says
from tests.support.program import Program, books, file_id, ranges, simulator
from tests.support.standin import Reply, StandIn


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_a_paused_run_records_what_was_on_the_wire_and_goes_on_when_resumed(
    program: Program,
) -> None:
    with StandIn(lambda create: Reply(201, {"projectId": create.asked.file}, held=True)) as standin:
        program.url = standin.url
        program.manifest(ranges(30))
        with going(program, "run", "m.csv", "--max-concurrency", "2") as running:
            standin.wait_for(2)
            assert "nothing else leaves" in program.run("pause").stdout
            standin.release()
            until_it_says(running, "paused; `batchclip resume`")
            assert len(standin.creates) == 2
            [need] = json.loads(program.run("status", "--json").stdout)["needs_attention"]
            assert need["paused_by"] in need["sentence"]
            assert "the run goes on" in program.run("resume").stdout
            running.communicate(timeout=30)
    assert running.returncode == 0
    assert set(standin.counts.values()) == {1}
    assert program.states() == {"submitted": 30}


def test_a_paused_run_ends_when_it_is_told_to(program: Program) -> None:
    with StandIn(lambda create: Reply(201, {"projectId": create.asked.file}, held=True)) as standin:
        program.url = standin.url
        program.manifest(ranges(9))
        with going(program, "run", "m.csv", "--max-concurrency", "1") as running:
            standin.wait_for(1)
            program.run("pause")
            standin.release()
            until_it_says(running, "paused; `batchclip resume`")
            running.terminate()
            running.communicate(timeout=20)
    assert running.returncode == 143
    assert program.states() == {"submitted": 1, "pending": 8}


def test_3_a_run_that_is_started_while_paused_sends_nothing(program: Program) -> None:
    with simulator() as program.url:
        program.run("load", program.manifest(ranges(3)))
        assert "no run is going on" in program.run("pause").stdout
        assert "paused already" in program.run("pause").stdout
        done = program.run("run")
        assert done.returncode == 3
        assert "`batchclip resume`" in done.stderr
        assert "! paused: by " in program.run("status").stdout
        assert books(program.url)["summary"]["requests"] == 0
        assert program.run("resume").returncode == 0
        assert "nothing is paused" in program.run("resume").stdout
        assert "paused" not in program.run("status").stdout
        assert program.run("run").returncode == 0


def test_cancelled_ranges_are_not_sent_until_they_are_retried(program: Program) -> None:
    program.run("load", program.manifest(ranges(4, each=2)))
    program.run("load", program.manifest(ranges(6)[4:], name="other.csv"))
    assert "2 ranges are cancelled" in program.run("cancel", "--file", file_id(0), "--yes").stdout
    done = program.run("cancel", "--manifest", "other.csv", "--state", "pending", "--yes")
    assert "2 ranges are cancelled" in done.stdout
    with simulator() as program.url:
        assert program.run("run").returncode == 0
        assert program.states() == {"submitted": 6, "cancelled": 4}
        assert "`batchclip cancel` by" in program.run("why", "other.csv:2").stdout
        program.run("retry", "--state", "cancelled")
        assert program.run("run").returncode == 0
        assert books(program.url)["summary"]["effects"] == 10


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "say what to cancel"),
        (("--state", "in_doubt"), "`batchclip resolve`"),
        (("--state", "submitted"), "only pending, failed and rejected"),
        (("--file", "x"), "x: is no file id"),
        (("--state", "pending"), "3 ranges would be cancelled; say --yes"),
    ],
)
def test_2_nothing_is_cancelled(program: Program, options: tuple[str, ...], words: str) -> None:
    program.run("load", program.manifest(ranges(3)))
    done = program.run("cancel", *options)
    assert done.returncode == 2
    assert words in done.stderr
    assert program.states() == {"pending": 3}


def test_what_is_in_doubt_or_done_stays_when_all_of_a_manifest_is_cancelled(
    program: Program,
) -> None:
    with StandIn(lambda create: Reply(cut=create.asked.file == file_id(0))) as standin:
        program.url = standin.url
        program.run("run", program.manifest(ranges(1)))
        program.run("load", program.manifest(ranges(2)))
        done = program.run("cancel", "--manifest", "m.csv", "--yes")
    assert "1 in doubt, which stay as they are" in done.stderr
    assert program.states() == {"in_doubt": 1, "cancelled": 1}


def test_nothing_to_cancel_is_said(program: Program) -> None:
    program.run("load", program.manifest(ranges(1)))
    done = program.run("cancel", "--state", "failed", "--yes")
    assert (done.returncode, program.states()) == (0, {"pending": 1})
    assert "nothing is cancelled" in done.stdout
    unknown = program.run("cancel", "--manifest", "another.csv", "--yes")
    assert (unknown.returncode, program.states()) == (2, {"pending": 1})
    assert "no range of that file or manifest" in unknown.stderr


def test_an_audit_prints_what_differs_and_changes_nothing(program: Program) -> None:
    with simulator() as program.url:
        program.run("run", program.manifest(ranges(3)))
        before = program.report()
        alike = program.run("audit")
        assert (alike.returncode, alike.stdout) == (0, ""), alike.stderr
        other = Program(program.folder / "other", program.url)
        other.folder.mkdir()
        other.run("run", other.manifest(ranges(5)[3:]))
        done = program.run("audit", "--json")
        assert done.returncode == 1
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert {(one["kind"], one["file_id"]) for one in found} == {
            ("unknown_project", file_id(3)),
            ("unknown_project", file_id(4)),
        }
        assert program.report() == before
    with simulator() as program.url:
        done = program.run("audit")
    assert done.returncode == 1
    assert done.stdout.count("Restream has no project of it (1 ranges)") == 3
    assert done.stdout.count("not in Restream's video storage any more") == 3


def test_an_audit_that_may_not_read_all_says_which_scope_is_missing(program: Program) -> None:
    projects = {"projects": [], "pagination": {"nextCursor": None, "hasMore": False}}
    scopeless = Reply(403, {"error": {"name": "InsufficientScope", "message": "no"}})

    def reads(path: str) -> Reply:
        return Reply(200, projects) if "clips" in path else scopeless

    with StandIn(reads=reads) as standin:
        program.url = standin.url
        program.run("run", program.manifest(ranges(1)))
        done = program.run("audit")
    assert done.returncode == 4
    assert "lacks the scope storage.read" in done.stderr
    assert "has no project of it" in done.stdout
