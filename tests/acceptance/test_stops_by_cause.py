"""Exit codes by causes that only a second, scripted stand-in can give."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.commands import going, until_it_says
from tests.support.program import Program, file_id, ranges
from tests.support.standin import Create, Reply, StandIn, created, refused


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def in_seconds(seconds: float) -> str:
    return (datetime.now().astimezone() + timedelta(seconds=seconds)).isoformat()


def test_3_a_hold_off_beyond_the_deadline(program: Program) -> None:
    with StandIn(lambda _: refused(429, "TooManyRequests", Retry_After="3600")) as standin:
        program.url = standin.url
        done = program.run("run", program.manifest(ranges(30)), "--until", in_seconds(120))
    assert done.returncode == 3, done.stderr
    assert "asks to wait 3600 s" in done.stderr
    assert program.states() == {"pending": 30}
    assert set(standin.counts.values()) == {1}


def test_3_the_deadline_comes_while_requests_are_on_the_wire(program: Program) -> None:
    with StandIn(lambda create: Reply(201, {"projectId": create.asked.file}, held=True)) as standin:
        program.url = standin.url
        program.manifest(ranges(30))
        # Far enough for two requests to leave; they are held until the deadline was noticed.
        options = ("--max-concurrency", "2", "--until", in_seconds(4))
        with going(program, "run", "m.csv", *options) as running:
            standin.wait_for(2)
            assert "2 still on the wire" in until_it_says(running, "the deadline")
            standin.release()
            running.communicate(timeout=20)
    assert running.returncode == 3
    assert len(standin.creates) == 2
    assert program.states() == {"submitted": 2, "pending": 28}


def test_4_a_refused_fixed_token_is_tried_on_no_more_than_what_was_on_its_way(
    program: Program,
) -> None:
    with StandIn(lambda _: refused(401, "invalid_token")) as standin:
        program.url = standin.url
        done = program.run("run", program.manifest(ranges(40)), "--max-concurrency", "4")
    assert done.returncode == 4, done.stderr
    assert "BATCHCLIP_ACCESS_TOKEN" in done.stderr
    assert len(standin.creates) <= 4
    assert program.states() == {"pending": 40}


@pytest.fixture
def rotating(program: Program) -> Program:
    program.settings = {
        "BATCHCLIP_ACCESS_TOKEN": "",
        "BATCHCLIP_CLIENT_ID": "client",
        "BATCHCLIP_CLIENT_SECRET": "client-secret-0815",
        "BATCHCLIP_REFRESH_TOKEN": "seed-refresh-token-0815",
        "BATCHCLIP_TOKEN_FILE": str(program.folder / "tokens.json"),
    }
    return program


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refused(400, "invalid_grant"), "refuses to refresh"),
        (refused(401, "invalid_client"), "refuses to refresh"),
        (Reply(200, b'{"access_token": "half'), "the answer to a token refresh was lost"),
        (Reply(cut=True), "the answer to a token refresh was lost"),
    ],
)
def test_4_when_the_token_cannot_be_refreshed(rotating: Program, answer: Reply, words: str) -> None:
    with StandIn(tokens=lambda *_: answer) as standin:
        rotating.url = standin.url
        done = rotating.run("run", rotating.manifest(ranges(30)))
    assert done.returncode == 4, done.stderr
    assert words in done.stderr
    assert "log in" in done.stderr
    assert standin.creates == []
    assert len(standin.token_calls) == 1
    assert rotating.states() == {"pending": 30}


@pytest.mark.parametrize(
    ("kind", "words"),
    [("folder", "cannot be read"), ("junk", "holds no pair"), ("open", "can be read by others")],
)
def test_4_a_token_file_that_cannot_be_used(rotating: Program, kind: str, words: str) -> None:
    file = rotating.folder / "tokens.json"
    if kind == "folder":
        file.mkdir()
    else:
        file.write_text('{"access_token": "a", "refresh_token": "r"}' if kind == "open" else "junk")
        file.chmod(0o644 if kind == "open" else 0o600)
    with StandIn() as standin:
        rotating.url = standin.url
        done = rotating.run("run", rotating.manifest(ranges(3)))
    assert done.returncode == 4, done.stderr
    assert words in done.stderr
    assert (standin.creates, standin.token_calls) == ([], [])


def test_5_when_it_answers_503_for_ever(program: Program) -> None:
    with StandIn(lambda _: refused(503, "Unavailable", Retry_After="1")) as standin:
        program.url = standin.url
        done = program.run("run", program.manifest(ranges(30)), "--give-up-after", "1")
    assert done.returncode == 5, done.stderr
    assert "--give-up-after" in done.stderr
    assert program.states() == {"pending": 30}
    # A run that finds the API down looks whether it is back, and doesn't knock with everything.
    assert len(standin.creates) <= 40


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk needs the right to mount a tmpfs: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_up(folder: Path, but_for: int = 0) -> Path:
    """Take all the room there is but for some bytes; return the file that takes it."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as out:
        while True:
            out.write(b"x" * 4096)
    if but_for:
        os.truncate(filler, filler.stat().st_size - but_for)
    return filler


def test_7_a_full_disk_loses_nothing_and_sends_nothing_twice(
    program: Program, small_disk: Path
) -> None:
    program.settings = {"BATCHCLIP_DB": str(small_disk / "table.db")}
    assert program.run("load", program.manifest(ranges(600))).returncode == 0
    filler = fill_up(small_disk, but_for=200_000)
    full = program.run("load", program.manifest(ranges(5000), "more.csv"))
    assert (full.returncode, "the disk is full" in full.stderr) == (7, True), full.stderr
    filler.unlink()
    assert len(program.report()) == 600

    def answer(create: Create) -> Reply:
        if len(standin.creates) == 100:
            fill_up(small_disk)
        return created(create)

    with StandIn(answer) as standin:
        program.url = standin.url
        stopped = program.run("run")
        assert (stopped.returncode, "the disk is full" in stopped.stderr) == (7, True)
        assert program.run("run").returncode == 7
        filler.unlink()
        last = program.run("run")
    assert last.returncode in {0, 1}, last.stderr
    assert set(standin.counts.values()) == {1}
    states = program.states()
    assert states["submitted"] + states["in_doubt"] == 600
    # On a full disk the intents of what was prepared can't be taken back: evidence frees them.
    prepared = 600 - len(standin.counts)
    assert 0 <= prepared <= 8
    assert states["in_doubt"] <= 16 + 8


def test_7_a_folder_that_is_not_there_is_not_made(program: Program) -> None:
    program.settings = {"BATCHCLIP_DB": "no/such/table.db"}
    program.manifest([(file_id(1), 0, 20)])
    for command in ("load", "run"):
        done = program.run(command, "m.csv")
        assert done.returncode == 7, done.stderr
        assert "the folder no/such does not exist" in done.stderr
    assert [path.name for path in program.folder.iterdir()] == ["m.csv"]
