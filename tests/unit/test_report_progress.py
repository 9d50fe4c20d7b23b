import io
from uuid import UUID

import pytest

from batchclip.events import (
    AttemptEnded,
    AttemptStarted,
    Draining,
    Event,
    Notice,
    PaceChanged,
    RunEnded,
    RunStarted,
    Waiting,
)
from batchclip.job import State
from batchclip.outcome import Kind, Outcome
from batchclip.report.progress import LineProgress, LiveProgress
from batchclip.report.tally import Tally, duration
from tests.support.fakeclock import FakeClock, quiet

FILE = UUID(int=1)
COUNTS = dict.fromkeys(State, 0) | {State.PENDING: 100}


def ended(state: State, took: float | None = 0.5) -> AttemptEnded:
    return AttemptEnded(FILE, Outcome(Kind.CREATED), state, took)


def tally(*events: Event) -> tuple[Tally, FakeClock]:
    clock = FakeClock()
    found = Tally(clock)
    for event in (RunStarted(1, COUNTS), PaceChanged(8, 0.0, probing=False), *events):
        found.notice(event)
    return found, clock


async def test_counts_rate_and_time_left() -> None:
    found, clock = tally(AttemptStarted(FILE), AttemptStarted(FILE), ended(State.SUBMITTED))
    await clock.advance(2.0)
    assert found.sentence() == (
        "submitted 1 · pending 99 · 0.5/s · 1 on the wire of 8 · 3 min 18 s left"
    )


async def test_the_rate_is_that_of_the_last_half_minute() -> None:
    attempt: tuple[Event, Event] = (AttemptStarted(FILE), ended(State.SUBMITTED))
    found, clock = tally(*attempt * 60)
    await clock.advance(10.0)
    assert found.rate() == 6.0
    await clock.advance(30.0)
    assert found.rate() == 0.0


def test_what_goes_back_to_pending_is_not_done() -> None:
    found, _ = tally(AttemptStarted(FILE), ended(State.PENDING))
    assert (found.counts[State.PENDING], found.on_wire, found.ended) == (100, 0, 0)


def test_an_attempt_that_put_nothing_on_the_wire() -> None:
    found, _ = tally(ended(State.FAILED, took=None))
    assert (found.counts[State.FAILED], found.on_wire) == (1, 0)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (PaceChanged(1, 1004.2, probing=True), "the API is down; next look in 5 s"),
        (PaceChanged(4, 1012.0, probing=False), "Restream asks to hold off for 12 s"),
        (Waiting(3.0, "backed-off ranges"), "backed-off ranges, 3 s"),
        (Draining("interrupted by SIGTERM"), "stopping, 0 still on the wire: interrupted"),
        (Notice("read this"), ""),
    ],
)
def test_what_it_waits_for(event: Event, words: str) -> None:
    found, _ = tally(event)
    assert words in found.sentence()
    assert bool(found.waits_for()) == bool(words)


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (65, "1 min 05 s"), (3725, "1 h 02 min")]
)
def test_a_time_left_as_people_say_it(seconds: int, text: str) -> None:
    assert duration(seconds) == text


async def test_a_line_at_the_start_every_half_minute_and_when_it_stops() -> None:
    clock, out = FakeClock(), io.StringIO()
    progress = LineProgress(Tally(clock), out, clock)
    async with progress.shown():
        progress.notice(RunStarted(1, COUNTS))
        await quiet()
        await clock.advance(65.0)
        assert len(out.getvalue().splitlines()) == 3
        progress.notice(Notice("an earlier run died"))
        progress.notice(RunEnded(0, "finished", COUNTS))
    lines = out.getvalue().splitlines()
    assert lines[3] == "an earlier run died"
    assert len(lines) == 5
    assert clock.sleepers == 0


@pytest.mark.parametrize("columns", ["80", "40"])
async def test_the_live_display_shows_all_of_it(
    monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    clock, out = FakeClock(), io.StringIO()
    progress = LiveProgress(Tally(clock), out)
    async with progress.shown():
        progress.notice(RunStarted(1, COUNTS | {State.SUBMITTED: 99}))
        progress.notice(AttemptStarted(FILE))
        progress.notice(ended(State.SUBMITTED))
        progress.notice(Notice("an earlier run died"))
    shown = " ".join(out.getvalue().split())
    assert "an earlier run died" in shown
    assert "submitted 100" in shown
    assert "━" in shown
