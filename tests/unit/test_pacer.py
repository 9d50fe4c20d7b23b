"""How fast the pool may go: the pace as arithmetic, and who waits for it how long."""

import asyncio
import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.outcome import TRANSIENT, Kind, Outcome
from batchclip.pace import DOWN_AFTER_FAILURES, Admission, Pace, probe_interval, unasked_hold_off
from batchclip.pacer import Pacer
from tests.support.fakeclock import FakeClock, quiet

CREATED = Outcome(Kind.CREATED, 201)
REFUSED = Outcome(Kind.REFUSED, 400)
RESET = Outcome(Kind.UNKNOWN)
TIMED_OUT = Outcome(Kind.UNKNOWN, congested=True)
NEVER_LEFT = Outcome(Kind.NEVER_LEFT)


def slow_down(hold_off: float | None = None, status: int = 429) -> Outcome:
    return Outcome(Kind.SLOW_DOWN, status, hold_off=hold_off, congested=True)


def round_of(pace: Pace, count: int, outcome: Outcome, now: float = 0.0) -> None:
    """Start so many together and end them all in the same way."""
    for admission in [pace.start(now) for _ in range(count)]:
        pace.end(admission, outcome, now)


def one(pace: Pace, outcome: Outcome, now: float = 0.0) -> None:
    round_of(pace, 1, outcome, now)


def grown(limit: int, most: int = 64) -> Pace:
    """A pace that has grown to this limit and heard no complaint."""
    pace = Pace(most)
    while pace.limit < limit:
        round_of(pace, pace.limit, CREATED)
    assert pace.limit >= limit
    return pace


@pytest.mark.parametrize(
    ("most", "first"), [(1, 1), (3, 3), (4, 4), (16, 4), (64, 16), (128, 32), (1024, 32)]
)
def test_a_pace_starts_low(most: int, first: int) -> None:
    assert Pace(most).limit == first


def test_until_the_first_complaint_each_success_of_a_full_pool_adds_one() -> None:
    pace = Pace(16)

    limits = []
    for _ in range(5):
        keep_full_and_end_one(pace)
        limits.append(pace.limit)

    assert limits == [5, 6, 7, 8, 9]


def test_the_last_of_a_round_add_nothing() -> None:
    pace = Pace(16)
    admissions = [pace.start(0) for _ in range(4)]

    limits = []
    for admission in admissions:
        pace.end(admission, CREATED, 0)
        limits.append(pace.limit)

    assert limits == [5, 6, 6, 6]


def test_what_the_last_of_a_round_would_have_added_comes_when_their_places_are_taken() -> None:
    pace = Pace(16)
    round_of(pace, 4, CREATED)
    assert pace.limit == 6

    for _ in range(4):
        pace.start(0)

    assert pace.limit == 8


def test_a_complaint_cancels_what_the_last_of_a_round_would_have_added() -> None:
    pace = Pace(16)
    round_of(pace, 4, CREATED)
    one(pace, TIMED_OUT)

    for _ in range(4):
        pace.start(0)

    assert pace.limit == 3


def test_after_a_complaint_it_grows_by_one_a_round() -> None:
    pace = grown(16)
    one(pace, TIMED_OUT)
    began = pace.limit

    for _ in range(began):
        keep_full_and_end_one(pace)

    assert pace.limit == began
    for _ in range(2):
        keep_full_and_end_one(pace)
    assert pace.limit == began + 1


def keep_full_and_end_one(pace: Pace) -> None:
    """Fill the pace up and let the last of its requests succeed."""
    admission = Admission(0, 0)
    while pace.in_use < pace.limit:
        admission = pace.start(0)
    pace.end(admission, CREATED, 0)


@pytest.mark.parametrize(("used", "grows"), [(3, False), (4, True), (8, True)])
def test_it_grows_only_while_at_least_half_is_in_use(used: int, grows: bool) -> None:
    pace = Pace(16)
    pace.end(pace.start(0), CREATED, 0)
    while pace.limit < 8:
        keep_full_and_end_one(pace)
    while pace.in_use > used:
        pace.withdraw()
    while pace.in_use < used:
        pace.start(0)
    admission = Admission(pace.epoch, 1)

    pace.end(admission, CREATED, 0)

    assert pace.limit == (9 if grows else 8)


def test_a_round_of_complaints_halves_it_once() -> None:
    pace = grown(16)
    before = pace.limit
    admissions = [pace.start(0) for _ in range(before)]

    for admission in admissions:
        pace.end(admission, TIMED_OUT, 0)

    assert pace.limit == before // 2


def test_a_complaint_of_a_later_request_halves_it_again() -> None:
    pace = grown(16)
    before = pace.limit
    early, late = pace.start(0), pace.start(0)
    pace.end(late, TIMED_OUT, 0)
    pace.end(early, TIMED_OUT, 0)
    assert pace.limit == before // 2

    one(pace, TIMED_OUT)

    assert pace.limit == before // 4


def test_it_never_falls_below_one() -> None:
    pace = Pace(16)

    for _ in range(10):
        one(pace, TIMED_OUT)

    assert pace.limit == 1


@pytest.mark.parametrize("most", [1, 2, 5, 16])
def test_it_never_grows_above_the_most(most: int) -> None:
    pace = Pace(most)

    for _ in range(50):
        round_of(pace, pace.limit, CREATED)
        assert pace.limit <= most

    assert pace.limit == most


@pytest.mark.parametrize("outcome", [RESET, NEVER_LEFT])
def test_what_is_no_congestion_cuts_nothing(outcome: Outcome) -> None:
    pace = Pace(16)

    one(pace, outcome)

    assert (pace.limit, pace.held_until, pace.epoch) == (4, -math.inf, 0)


def test_who_must_wait_for_another_to_end_waits_without_a_time() -> None:
    pace = Pace(1)
    admission = pace.start(0)
    assert pace.wait(5) == math.inf

    pace.end(admission, CREATED, 5)

    assert pace.wait(5) == 0


def test_a_withdrawn_request_frees_its_place_and_teaches_nothing() -> None:
    pace = Pace(1)
    pace.start(0)

    pace.withdraw()

    assert (pace.wait(0), pace.in_use, pace.limit) == (0, 0, 1)


@pytest.mark.parametrize(("rate", "interval"), [(4.0, 0.25), (0.5, 2.0), (None, 0.0)])
def test_starts_keep_the_distance_of_the_rate(rate: float | None, interval: float) -> None:
    pace = Pace(16, rate)

    waits = []
    for _ in range(3):
        waits.append(pace.wait(100.0))
        pace.start(100.0)

    assert waits == [0, interval, 2 * interval]


def test_an_idle_rate_saves_nothing_up() -> None:
    pace = Pace(16, 1.0)
    pace.start(0)

    pace.start(100.0)

    assert pace.wait(100.0) == 1


@pytest.mark.parametrize(
    "outcome", [slow_down(7), slow_down(7, 503), Outcome(Kind.CREATED, 201, hold_off=7)]
)
def test_everybody_waits_as_long_as_an_answer_asks(outcome: Outcome) -> None:
    pace = Pace(16)

    one(pace, outcome, 100.0)

    assert pace.held_until == 107
    assert (pace.wait(100.0), pace.wait(106.5), pace.wait(107.0)) == (7, 0.5, 0)


def test_a_shorter_hold_off_does_not_shorten_a_longer_one() -> None:
    pace = Pace(16)
    first, second = pace.start(0), pace.start(0)

    pace.end(first, slow_down(60), 0)
    pace.end(second, slow_down(5), 0)

    assert pace.held_until == 60


@pytest.mark.parametrize("silent_about_time", [None, 0.0])
def test_a_hold_off_that_nobody_named_doubles_up_to_a_minute(
    silent_about_time: float | None,
) -> None:
    pace = Pace(16)

    held: list[float] = []
    for _ in range(9):
        now = 1000.0 * len(held)
        one(pace, slow_down(silent_about_time), now)
        held.append(pace.held_until - now)

    assert held == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_success_starts_the_doubling_anew() -> None:
    pace = Pace(16)
    one(pace, slow_down(), 0)
    one(pace, slow_down(), 10)
    one(pace, CREATED, 20)

    one(pace, slow_down(), 100)

    assert pace.held_until == 101


@pytest.mark.parametrize("count", [1, 7, 17, 10_000])
def test_unasked_times_stay_within_their_bounds(count: int) -> None:
    assert unasked_hold_off(count) == min(60, 2.0 ** (min(count, 17) - 1))
    assert probe_interval(count - 1) == unasked_hold_off(count)


def test_a_hold_off_takes_leave_back_from_who_has_not_sent_yet() -> None:
    pace = Pace(16)
    sent, waiting = pace.start(0), pace.start(0)
    assert pace.still_good(waiting)

    pace.end(sent, slow_down(5), 0)

    assert not pace.still_good(waiting)
    assert pace.still_good(pace.start(5))


@pytest.mark.parametrize("outcome", [CREATED, REFUSED, RESET, NEVER_LEFT, TIMED_OUT])
def test_without_a_hold_off_leave_stays_good(outcome: Outcome) -> None:
    pace = Pace(16)
    waiting = pace.start(0)

    one(pace, outcome)

    assert pace.still_good(waiting)


@pytest.mark.parametrize("outcome", [RESET, NEVER_LEFT, TIMED_OUT, slow_down(1), slow_down(1, 503)])
def test_twenty_failures_in_a_row_mean_that_the_api_is_down(outcome: Outcome) -> None:
    pace = grown(16)

    for count in range(20):
        assert not pace.probing, count
        one(pace, outcome)

    assert pace.probing
    assert pace.limit == 1


@pytest.mark.parametrize("kind", sorted(set(Kind) - TRANSIENT))
def test_any_answer_about_a_range_shows_that_the_api_is_there(kind: Kind) -> None:
    pace = Pace(16, give_up_after=100)
    for _ in range(DOWN_AFTER_FAILURES - 1):
        one(pace, RESET)

    one(pace, Outcome(kind, 400))
    one(pace, RESET, 1000)

    assert not pace.probing
    assert not pace.given_up(1000)


def test_looks_whether_it_is_back_come_less_and_less_often() -> None:
    pace = Pace(16)
    round_of(pace, DOWN_AFTER_FAILURES - 1, RESET)

    waits: list[float] = []
    for _ in range(8):
        one(pace, RESET, 1000.0 * len(waits))
        waits.append(pace.wait(1000.0 * len(waits)))

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_those_on_the_wire_when_it_goes_down_are_no_looks() -> None:
    pace = grown(32)
    round_of(pace, DOWN_AFTER_FAILURES + 12, RESET, 100)
    assert pace.wait(100) == 1

    one(pace, RESET, 200)

    assert pace.wait(200) == 2


def test_a_success_ends_the_probing_and_the_next_outage_starts_anew() -> None:
    pace = grown(16)
    limit = pace.limit
    round_of(pace, DOWN_AFTER_FAILURES + 5, RESET)
    one(pace, CREATED, 500)
    assert (pace.probing, pace.limit) == (False, limit)

    round_of(pace, DOWN_AFTER_FAILURES, RESET, 600)

    assert pace.wait(600) == 1


def test_it_is_given_up_when_failing_for_too_long() -> None:
    pace = Pace(16, give_up_after=900)
    assert not pace.given_up(1e9)
    one(pace, RESET, 100)
    one(pace, RESET, 500)

    assert not pace.given_up(999.5)
    assert pace.given_up(1000)


def test_who_never_gives_up_never_does() -> None:
    pace = Pace(16)
    round_of(pace, 30, RESET)

    assert not pace.given_up(1e12)


def test_an_api_that_asks_for_patience_is_not_down() -> None:
    pace = Pace(16, give_up_after=900)

    for _ in range(DOWN_AFTER_FAILURES - 1):
        one(pace, slow_down(1), 0)

    assert not pace.given_up(10_000)


def test_an_api_that_does_nothing_but_ask_for_patience_is_given_up_in_the_end() -> None:
    pace = Pace(16, give_up_after=900)
    for _ in range(DOWN_AFTER_FAILURES):
        one(pace, slow_down(1), 50)

    assert not pace.given_up(949)
    assert pace.given_up(950)


def test_a_503_counts_from_the_first() -> None:
    pace = Pace(16, give_up_after=900)

    one(pace, slow_down(1, status=503), 0)

    assert pace.given_up(900)


def test_the_last_look_is_not_put_off_beyond_the_end_of_patience() -> None:
    pace = Pace(16, give_up_after=10)
    round_of(pace, DOWN_AFTER_FAILURES - 1, RESET, 0)
    for now in (7.0, 8.0):
        one(pace, RESET, now)
    assert pace.held_until == 10

    one(pace, RESET, 12)

    assert pace.wait(12) == 0


def test_a_probing_pace_lets_one_through_at_a_time() -> None:
    pace = grown(16)
    round_of(pace, DOWN_AFTER_FAILURES, RESET)
    assert pace.wait(1) == 0

    pace.start(1)

    assert pace.wait(1) == math.inf


outcomes = st.sampled_from(
    [CREATED, REFUSED, RESET, TIMED_OUT, NEVER_LEFT, slow_down(), slow_down(3), slow_down(2, 503)]
)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 40), st.lists(st.tuples(st.integers(1, 5), outcomes), max_size=60))
def test_whatever_happens_the_limits_hold(most: int, rounds: list[tuple[int, Outcome]]) -> None:
    pace = Pace(most, rate=10.0)
    now, last_start = 0.0, -math.inf
    for count, outcome in rounds:
        held = []
        for _ in range(count):
            wait = pace.wait(now)
            if math.isinf(wait):
                break
            now += wait
            held.append(pace.start(now))
            assert now - last_start >= 0.1 - 1e-9
            last_start = now
        assert 1 <= pace.limit <= most
        for admission in held:
            pace.end(admission, outcome, now)
        assert pace.in_use == 0


async def started(pacer: Pacer, count: int) -> list[asyncio.Task[Admission | None]]:
    """Ask for leave so many times, one after the other."""
    asked = [asyncio.create_task(pacer.admit()) for _ in range(count)]
    await quiet()
    return asked


def done(asked: list[asyncio.Task[Admission | None]]) -> list[bool]:
    return [leave.done() for leave in asked]


async def test_leave_is_given_at_once_while_there_is_room() -> None:
    pacer = Pacer(Pace(2), FakeClock())

    asked = await started(pacer, 3)

    assert done(asked) == [True, True, False]
    pacer.close()
    assert await asked[2] is None


async def test_the_rate_spaces_those_who_wait_in_the_order_in_which_they_came() -> None:
    clock = FakeClock()
    pacer = Pacer(Pace(16, rate=2.0), clock)
    asked = await started(pacer, 3)

    seen = [done(asked)]
    for _ in range(3):
        await clock.advance(0.5)
        seen.append(done(asked))

    assert seen == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
        [True, True, True],
    ]
    assert [leave.result() for leave in asked] == [
        Admission(0, 1),
        Admission(0, 2),
        Admission(0, 3),
    ]


@pytest.mark.parametrize(
    "free", [lambda pacer, _: pacer.withdraw(), lambda pacer, leave: pacer.end(leave, CREATED)]
)
async def test_a_place_that_is_freed_goes_to_the_first_in_line(
    free: Callable[[Pacer, Admission], None],
) -> None:
    pacer = Pacer(Pace(1), FakeClock())
    asked = await started(pacer, 3)
    leave = asked[0].result()
    assert leave is not None

    free(pacer, leave)
    await quiet()

    assert done(asked) == [True, True, False]
    pacer.close()
    await asked[2]


async def test_a_hold_off_keeps_everybody_until_it_is_over() -> None:
    clock = FakeClock()
    pacer = Pacer(Pace(4), clock)
    leave = await pacer.admit()
    assert leave is not None
    pacer.end(leave, slow_down(30))
    asked = await started(pacer, 2)

    await clock.advance(29.5)
    assert done(asked) == [False, False]
    await clock.advance(0.5)

    assert done(asked) == [True, True]


async def test_a_hold_off_that_grows_while_one_waits_is_waited_for() -> None:
    clock = FakeClock()
    pacer = Pacer(Pace(4), clock)
    first, second = await pacer.admit(), await pacer.admit()
    assert first is not None
    assert second is not None
    pacer.end(first, slow_down(10))
    asked = await started(pacer, 1)

    await clock.advance(5)
    pacer.end(second, slow_down(20))
    await clock.advance(19.5)
    assert done(asked) == [False]
    await clock.advance(0.5)

    assert done(asked) == [True]


async def test_closing_wakes_everybody_without_leave() -> None:
    clock = FakeClock()
    full, held = Pacer(Pace(1), clock), Pacer(Pace(4), clock)
    leave = await held.admit()
    assert leave is not None
    held.end(leave, slow_down(3600))
    waiting = [*(await started(full, 4))[1:], *await started(held, 3)]
    assert not any(done(waiting))

    full.close()
    held.close()

    assert await asyncio.gather(*waiting) == [None] * 6
    assert clock.sleepers == 0
    assert await full.admit() is None


async def test_leave_is_no_longer_good_after_a_hold_off_or_a_stop() -> None:
    pacer = Pacer(Pace(4), FakeClock())
    first, second = await pacer.admit(), await pacer.admit()
    assert first is not None
    assert second is not None
    assert pacer.still_good(second)

    pacer.end(first, slow_down(1))
    assert not pacer.still_good(second)

    fresh = pacer.pace.start(0)
    assert pacer.still_good(fresh)
    pacer.close()
    assert not pacer.still_good(fresh)


async def test_who_gives_up_waiting_holds_nobody_up() -> None:
    pacer = Pacer(Pace(1), FakeClock())
    asked = await started(pacer, 3)

    asked[1].cancel()
    await quiet()
    pacer.withdraw()
    await quiet()

    assert asked[2].done()
    assert asked[1].cancelled()


def test_slow_downs_of_one_round_count_once() -> None:
    pace = Pace(16)
    admissions = [pace.start(0.0) for _ in range(4)]
    for admission in admissions:
        pace.end(admission, slow_down(None), 0.0)
    assert pace.held_until == 1.0
    one(pace, slow_down(None), 100.0)
    assert pace.held_until == 102.0


def test_a_hold_off_that_nobody_named_is_no_longer_than_the_patience() -> None:
    pace = Pace(16, give_up_after=0.5)
    one(pace, slow_down(None), 0.0)
    assert pace.held_until == 0.5


@pytest.mark.parametrize(
    ("limit", "preparing", "taking", "ahead"),
    [
        # Nothing is known yet of the wire, or of the disk.
        (128, 0.003, None, 0),
        (128, 0.0, 0.02, 0),
        # Three times as many as go out meanwhile: 128 places, 3 ms of 200.
        (128, 0.003, 0.2, 6),
        # At most one in two, but one at the least.
        (128, 0.002, 0.02, 39),
        (128, 0.003, 0.01, 64),
        (2, 0.003, 0.01, 1),
        # A place that is empty for a twentieth of the time or less.
        (1, 0.001, 0.03, 0),
        (1, 0.001, 0.01, 1),
    ],
)
def test_as_many_are_prepared_ahead_as_keep_the_wire_full(
    limit: int, preparing: float, taking: float | None, ahead: int
) -> None:
    pace = grown(limit, limit)
    for _ in range(100):
        pace.prepared_in(preparing)
        if taking is not None:
            pace.answered_in(taking)

    while not pace.all_prepared:
        pace.prepare(0)

    assert pace.ahead == ahead
    assert pace.prepared == limit + ahead


def worth_preparing(most: int) -> Pace:
    """A pace that has learnt that its requests are short and its disk is slow."""
    pace = Pace(most)
    pace.prepared_in(1.0)
    pace.answered_in(0.1)
    return pace


def test_a_look_at_an_api_that_is_down_is_prepared_alone() -> None:
    pace = worth_preparing(16)
    while not pace.probing:
        one(pace, NEVER_LEFT)

    pace.prepare(0)

    assert pace.all_prepared


def test_what_is_prepared_takes_a_place_when_it_enters() -> None:
    pace = worth_preparing(1)
    pace.prepare(0)
    assert (pace.full, pace.in_use, pace.prepared) == (False, 0, 1)

    pace.enter()

    assert (pace.full, pace.in_use, pace.prepared) == (True, 1, 0)


async def test_who_enters_waits_for_a_place() -> None:
    pacer = Pacer(worth_preparing(1), FakeClock())
    first, second = pacer.prepare(), pacer.prepare()
    assert first is not None
    assert second is not None
    assert await pacer.enter(first)
    entering = asyncio.create_task(pacer.enter(second))
    await quiet()
    assert not entering.done()

    pacer.end(first, CREATED)

    assert await entering


@pytest.mark.parametrize("come_between", ["a stop", "a hold-off"])
async def test_who_has_waited_too_long_does_not_enter(come_between: str) -> None:
    pacer = Pacer(worth_preparing(1), FakeClock())
    first, second = pacer.prepare(), pacer.prepare()
    assert first is not None
    assert second is not None
    await pacer.enter(first)
    entering = asyncio.create_task(pacer.enter(second))
    await quiet()

    if come_between == "a stop":
        pacer.close()
    else:
        pacer.end(first, slow_down(7))

    assert not await entering


@pytest.mark.parametrize("way", ["closed", "held", "probing", "rated"])
def test_the_way_is_not_clear_while_something_must_be_waited_for(way: str) -> None:
    pacer = Pacer(Pace(16, 1.0 if way == "rated" else None), FakeClock())
    assert pacer.clear() is (way != "rated")

    if way == "closed":
        pacer.close()
    if way == "held":
        pacer.pace.hold(1_001.0)
    while way == "probing" and not pacer.pace.probing:
        one(pacer.pace, NEVER_LEFT)

    assert not pacer.clear()


def test_nothing_is_prepared_during_a_hold_off_nor_after_the_end() -> None:
    pacer = Pacer(Pace(16), FakeClock())
    pacer.pace.hold(1_001.0)
    assert pacer.prepare() is None

    pacer = Pacer(Pace(16), FakeClock())
    pacer.close()
    assert pacer.prepare() is None


def test_what_is_dropped_may_be_prepared_by_another() -> None:
    pacer = Pacer(worth_preparing(1), FakeClock())
    pacer.prepare()
    pacer.prepare()
    assert pacer.prepare() is None

    pacer.drop()

    assert pacer.prepare() is not None
