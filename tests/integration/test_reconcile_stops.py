"""A search for evidence that meets a stop, a hold-off, a dead token, or a change of its facts."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from batchclip.api.reads import ProjectPage
from batchclip.errors import TableError
from batchclip.evidence import Project
from batchclip.job import State
from batchclip.outcome import Kind, Outcome
from batchclip.runner.halts import interrupted
from batchclip.runner.reconcile import FILES_AT_ONCE
from batchclip.serverclock import ServerClock
from batchclip.store.base import Hold, Write
from batchclip.store.decisions import Settle
from tests.support.doubtful import HOUR, Doubtful
from tests.support.runs import UNAUTHORIZED, part

PATIENCE = Outcome(Kind.SLOW_DOWN, http_status=429, hold_off=700.0, congested=True)
TERM = interrupted("SIGTERM", 15)
EMPTY = ProjectPage((), None, True)


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Doubtful]:
    opened = Doubtful(tmp_path / "table.db")
    async with opened:
        yield opened


def meanwhile(night: Doubtful, statement: str) -> None:
    """Have another process change the table between the verdict and its being written down."""

    async def change(writes: Sequence[Write[object]]) -> None:
        if any(isinstance(entry, Settle) for entry in writes):
            with closing(sqlite3.connect(night.path)) as database:
                database.execute(statement)
                database.commit()

    night.store.before = change


# Tokens.


async def test_a_dead_token_is_replaced_and_the_question_asked_again(night: Doubtful) -> None:
    await night.lose(part(1))
    answers: list[ProjectPage | Outcome] = [UNAUTHORIZED, EMPTY]
    night.reader.pages = lambda _: answers.pop(0)
    assert (await night.run()).exit_code == 0
    assert (night.reader.asked, night.auth.refused) == ([None, None], ["token-0"])


async def test_two_dead_tokens_end_the_run_with_everything_left_in_doubt(night: Doubtful) -> None:
    await night.lose(part(1))
    await night.load(part(2))
    night.reader.pages = lambda _: UNAUTHORIZED
    assert (await night.run()).exit_code == 4
    assert await night.states() == {"in_doubt": 1, "pending": 1}
    assert (night.rulings(), night.client.sent) == ([], [])


# Hold-offs.


async def test_a_hold_off_that_a_read_asks_for_holds_off_the_requests_too(
    night: Doubtful,
) -> None:
    await night.lose(part(1))
    await night.load(part(2))
    answers: list[ProjectPage | Outcome] = [PATIENCE, EMPTY]
    night.reader.pages = lambda _: answers.pop(0)
    began = night.clock.monotonic()
    assert (await night.run()).exit_code == 0
    assert {at for at, _ in night.client.sent} == {began + 700.0}


async def test_the_run_after_one_that_was_stopped_holds_off_too(night: Doubtful) -> None:
    await night.lose(part(1))
    await night.load(part(2))
    answers: list[ProjectPage | Outcome] = [PATIENCE, EMPTY]
    night.reader.pages = lambda _: answers.pop(0)
    began = night.clock.monotonic()

    async def stop_when_held(writes: Sequence[Write[object]]) -> None:
        if any(isinstance(entry, Hold) for entry in writes):
            night.halts.stop(TERM)

    night.store.before = stop_when_held
    assert (await night.run()).exit_code == 143
    assert (night.client.sent, night.rulings()) == ([], [])
    night.store.before = None
    assert (await night.run()).exit_code == 0
    assert {at for at, _ in night.client.sent} == {began + 700.0}


async def test_an_absence_is_as_old_as_the_search_however_long_that_took(night: Doubtful) -> None:
    files = range(1, FILES_AT_ONCE + 2)
    await night.lose(*(part(number) for number in files), after=40.0)
    # The machine is started anew with a wrong clock, by which nobody can tell how young they are.
    night.clock.boot_id = "the second"
    night.clock.jump(-10_000.0)
    night.server_clock = ServerClock(night.clock)
    *waiting, last = files
    entries = [night.entry(number) for number in files]
    held = set(waiting)

    def pages(_: str | None) -> ProjectPage:
        # The last file's request arrives after the list was read for the first time.
        first = len(night.reader.asked) == 1
        return ProjectPage(tuple(entries[:-1] if first else entries), None, True)

    def details(name: str) -> Project | Outcome:
        night.told()
        number = int(name.removeprefix("project-"))
        if number in held:
            held.remove(number)
            return PATIENCE
        return Project(name, False, ())

    night.reader.pages, night.reader.details = pages, details
    await night.run()
    assert part(last) not in [asked for _, asked in night.client.sent]
    assert "never_happened" not in {ruling for ruling, _ in night.rulings()}
    assert await night.doubts() == len(files)


# Stops.


@pytest.mark.parametrize("at_details", [True, False])
async def test_a_stop_in_the_middle_ends_the_search_without_a_verdict(
    night: Doubtful, at_details: bool
) -> None:
    await night.lose(part(1))
    entry = night.entry(1)

    def pages(_: str | None) -> ProjectPage:
        if not at_details:
            night.halts.stop(TERM)
        # Nothing that was found before the stop is enough for a verdict.
        return ProjectPage((entry,) if at_details else (), None if at_details else "b", True)

    def details(name: str) -> Outcome:
        night.halts.stop(TERM)
        return PATIENCE

    night.reader.pages, night.reader.details = pages, details
    assert (await night.run()).exit_code == 143
    assert (night.rulings(), await night.doubts(), night.client.sent) == ([], 1, [])


async def test_a_table_that_cannot_keep_evidence_stops_the_run(night: Doubtful) -> None:
    await night.lose(part(1))
    night.lists()
    night.store.fails = lambda writes: (
        TableError("the disk is full")
        if any(isinstance(entry, Settle) for entry in writes)
        else None
    )
    assert (await night.run()).exit_code == 7
    assert (await night.doubts(), night.rulings(), night.client.sent) == (1, [], [])


# Changes meanwhile.


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("UPDATE jobs SET state = 'submitted'", State.SUBMITTED),
        ("UPDATE jobs SET generation = generation + 100", State.IN_DOUBT),
    ],
)
@pytest.mark.parametrize("happened", [True, False])
async def test_evidence_of_a_doubt_that_is_over_changes_nothing(
    night: Doubtful, statement: str, state: State, happened: bool
) -> None:
    await night.lose(part(1))
    night.lists(*[night.entry(1)] * happened)
    night.show(project_1=(night.clip(0, 10),))
    meanwhile(night, statement)
    await night.run()
    assert await night.states() == {state.value: 1}
    assert (night.rulings(), night.history(), night.client.sent) == ([], [], [])
    assert not night.notices("evidence: ")


async def test_a_range_that_is_generating_at_first_is_settled_by_the_next_run(
    night: Doubtful,
) -> None:
    await night.lose(part(1))
    night.lists(night.entry(1))
    night.reader.details = lambda name: Project(name, True, ())
    await night.run()
    await night.clock.advance(HOUR)
    night.show(project_1=(night.clip(0, 10, ago=2 * HOUR - 60.0),))
    assert (await night.run()).exit_code == 0
    assert [ruling for ruling, _ in night.rulings()] == ["too_early", "happened"]
