"""The sums that an operator sees while a run goes on."""

from uuid import UUID

import pytest

from batchclip.events import AttemptEnded, AttemptStarted, Draining, PaceChanged, RunStarted
from batchclip.job import State
from batchclip.outcome import Kind, Outcome
from batchclip.report.tally import SHOWN, Tally, duration, whole_seconds
from tests.support.fakeclock import FakeClock

FILE = UUID(int=1)
NOBODY_ASKED = float("-inf")


def begun(**counts: int) -> tuple[Tally, FakeClock]:
    """A tally of a run that has just begun with so many ranges."""
    clock = FakeClock()
    tally = Tally(clock)
    states = dict.fromkeys(State, 0) | {State(name): count for name, count in counts.items()}
    tally.notice(RunStarted(1, states))
    return tally, clock


def end(tally: Tally, state: State, count: int = 1) -> None:
    for _ in range(count):
        tally.notice(AttemptStarted(FILE))
        tally.notice(AttemptEnded(FILE, Outcome(Kind.CREATED), state, 0.5))


@pytest.mark.parametrize("state", [state for state in SHOWN if state is not State.PENDING])
def test_an_end_moves_one_range(state: State) -> None:
    tally, _ = begun(pending=10, submitted=5)
    before = dict(tally.counts)
    end(tally, state)
    assert tally.counts == before | {State.PENDING: 9, state: before[state] + 1}
    assert tally.ended == 1
    assert f"{state.value.replace('_', ' ')} {tally.counts[state]}" in tally.sentence()


def test_ranges_that_came_later_make_no_negative_count() -> None:
    tally, _ = begun(pending=1)
    end(tally, State.SUBMITTED, 3)
    assert (tally.counts[State.PENDING], tally.counts[State.SUBMITTED]) == (0, 3)


def test_what_nobody_asked_for_is_not_shown() -> None:
    tally, _ = begun(submitted=1_234_567, cancelled=4)
    tally.notice(PaceChanged(8, NOBODY_ASKED, probing=False))
    assert tally.sentence() == "submitted 1,234,567 · pending 0 · 0.0/s · 0 on the wire of 8"


async def test_the_rate_follows_the_pace_of_the_last_half_minute() -> None:
    tally, clock = begun(pending=10_000)
    rates = []
    for each in (60, 60, 300, 0, 0):
        end(tally, State.SUBMITTED, each)
        await clock.advance(30.0)
        rates.append(tally.rate())
    assert rates == [2.0, 2.0, 10.0, 0.0, 0.0]


async def test_the_rate_is_right_however_often_it_is_asked_for() -> None:
    tally, clock = begun(pending=10_000)
    for _ in range(400):
        end(tally, State.SUBMITTED)
        await clock.advance(0.25)
        tally.rate()
    assert tally.rate() == pytest.approx(4.0)
    assert len(tally._samples) < 130


async def test_the_time_left_is_the_rest_at_this_rate() -> None:
    tally, clock = begun(pending=7_210)
    end(tally, State.SUBMITTED, 10)
    assert " left" not in tally.sentence()
    await clock.advance(10.0)
    assert tally.sentence().endswith("1.0/s · 0 on the wire of 0 · 2 h 00 min left")


def test_what_a_stop_waits_for() -> None:
    tally, _ = begun(pending=5)
    tally.notice(AttemptStarted(FILE))
    tally.notice(AttemptStarted(FILE))
    tally.notice(Draining("the deadline has come"))
    assert tally.waits_for() == "stopping, 2 still on the wire: the deadline has come"
    tally.notice(AttemptEnded(FILE, Outcome(Kind.CREATED), State.SUBMITTED, 1.0))
    assert tally.waits_for().startswith("stopping, 1 still on the wire")


async def test_a_wait_is_counted_down_and_over() -> None:
    tally, clock = begun(pending=5)
    tally.notice(PaceChanged(4, clock.monotonic() + 2.5, probing=False))
    assert tally.waits_for() == "Restream asks to hold off for 3 s"
    await clock.advance(2.0)
    assert tally.waits_for() == "Restream asks to hold off for 1 s"
    await clock.advance(0.5)
    assert tally.waits_for() == ""
    tally.notice(PaceChanged(1, clock.monotonic() - 5.0, probing=True))
    assert tally.waits_for() == "the API is down; next look in 0 s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (3599.6, "1 h 00 min"),
        (36_000, "10 h 00 min"),
    ],
)
def test_no_minute_has_sixty_seconds(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("seconds", "shown"), [(0.01, 1), (1.0, 1), (1.2, 2), (-3.0, 0)])
def test_nobody_waits_for_nothing(seconds: float, shown: int) -> None:
    assert whole_seconds(seconds) == shown
