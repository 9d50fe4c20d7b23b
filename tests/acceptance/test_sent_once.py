"""Counted by a second stand-in, which shares no code with the client or the simulator."""

import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.support.commands import asked_in_report, going, until_it_says
from tests.support.program import TOKEN, Program, file_id, ranges
from tests.support.standin import Asked, Create, Reply, StandIn, created, refused


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def five_of_each(files: int, dice: random.Random) -> list[tuple[object, ...]]:
    """Five different ranges of every file, in all modes, in no order."""
    rows: list[tuple[object, ...]] = []
    for number in range(files):
        at = dice.randrange(3000)
        rows += [
            (file_id(number), "", "", dice.choice(["", "single"]), "", f"whole {number}"),
            (file_id(number), "", "", "", "true", f"again, „{number}“"),
            (file_id(number), at, at + 60, "clips", "", ""),
            (file_id(number), at, at + 60, "single", "", f"part of\n{number}"),
            (file_id(number), f"{at}.250", at + 90, "", "", "=1+1"),
        ]
    dice.shuffle(rows)
    return rows


def test_2000_ranges_of_400_files_once_each_and_one_at_a_time_for_a_file(program: Program) -> None:
    rows = five_of_each(400, random.Random(20))  # noqa: S311 -- a seed that repeats
    first, again = program.manifest(rows), program.manifest(rows[::-1], "again.csv")
    with StandIn() as standin:
        program.url = standin.url
        done = program.run("run", first, "--max-concurrency", "64")
        assert done.returncode == 0, done.stderr
        assert len(standin.creates) == 2000
        repeated = program.run("run", again, first)
        assert repeated.returncode == 0, repeated.stderr
        assert "loaded 0 new ranges; 4,000 were known" in repeated.stdout
    assert set(standin.counts.values()) == {1}
    report = program.report()
    assert standin.counts.keys() == {asked_in_report(row) for row in report}
    assert len(report) == 2000
    assert standin.highest_for_one_file == 1
    assert standin.highest > 16
    assert {create.authorization for create in standin.creates} == {f"Bearer {TOKEN}"}
    assert standin.surprises == []
    titles = Counter(str(row[5]) or None for row in rows)
    assert Counter(create.title for create in standin.creates) == titles


OUTCOMES = {
    0: (refused(409, "clips_input_already_processed"), "already_done", 1),
    1: (refused(404, "FileNotFound"), "rejected", 1),
    2: (refused(400, "InvalidBodyParams"), "rejected", 1),
    3: (refused(418, "Teapot"), "rejected", 1),
    4: (refused(429, "TooManyRequests", Retry_After="1"), "submitted", 2),
    5: (refused(503, "ServiceUnavailable", Retry_After="1"), "submitted", 2),
    6: (refused(500, "InternalServerError"), "in_doubt", 1),
    7: (Reply(502, b"<html>Bad Gateway</html>"), "in_doubt", 1),
    8: (Reply(201, b'{"projectId": '), "in_doubt", 1),
    9: (Reply(200, {"projects": []}), "in_doubt", 1),
    10: (Reply(cut=True), "in_doubt", 1),
    11: (Reply(204, b""), "in_doubt", 1),
}
"""The first answer to a range of the file with this number; every later one is a 201."""


def test_every_outcome_is_what_the_first_answer_allows(program: Program) -> None:
    numbers = {file_id(number): number for number in OUTCOMES}

    def answer(create: Create) -> Reply:
        return OUTCOMES[numbers[create.asked.file]][0] if create.time == 1 else created(create)

    with StandIn(answer) as standin:
        program.url = standin.url
        assert program.run("run", program.manifest(ranges(len(OUTCOMES)))).returncode == 1
        again = program.run("run", "m.csv")
        assert again.returncode == 1, again.stderr
    times = {numbers[asked.file]: count for asked, count in standin.counts.items()}
    states = {numbers[row["file_id"]]: row["state"] for row in program.report()}
    assert times == {number: times for number, (_, _, times) in OUTCOMES.items()}
    assert states == {number: state for number, (_, state, _) in OUTCOMES.items()}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_is_on_the_wire_when_a_run_is_gone_is_never_sent_again(
    program: Program, number: signal.Signals
) -> None:
    """A kill, or a second signal: in doubt is what had arrived, and nothing else."""
    wholes: list[tuple[object, ...]] = [(file_id(100 + n), "", "") for n in range(2)]
    held = True

    def answer(create: Create) -> Reply:
        return Reply(held=True) if held else created(create)

    with StandIn(answer) as standin:
        program.url = standin.url
        program.manifest([*wholes, *ranges(40)])
        with going(program, "run", "m.csv", "--max-concurrency", "4") as running:
            standin.wait_for(4)
            on_the_wire = set(standin.counts)
            running.send_signal(number)
            if number is signal.SIGTERM:
                until_it_says(running, "interrupted by SIGTERM")
                running.send_signal(signal.SIGINT)
                until_it_says(running, "left at once")
            running.communicate(timeout=20)
        held = False
        last = program.run("run")
    assert running.returncode == (130 if number is signal.SIGTERM else -9)
    assert last.returncode == 1, last.stderr
    ranged = {asked for asked in on_the_wire if asked.start is not None}
    states = {asked_in_report(row): row["state"] for row in program.report()}
    assert {asked for asked, state in states.items() if state == "in_doubt"} == ranged
    assert set(states.values()) == {"in_doubt", "submitted"}
    twice = {asked for asked, count in standin.counts.items() if count > 1}
    assert twice == on_the_wire - ranged != set()
    assert standin.counts.keys() == states.keys()


def test_force_on_a_range_is_not_sent_and_said(program: Program) -> None:
    program.manifest([(file_id(1), 0, 20, "", "true")])
    with StandIn() as standin:
        program.url = standin.url
        done = program.run("run", "m.csv")
    assert done.returncode == 0
    assert "force is ignored on 1 rows with a range" in done.stderr
    assert list(standin.counts) == [Asked(file_id(1), 0, 20, single=False, force=False)]
