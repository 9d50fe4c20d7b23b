"""The machine's clock, the wait for an event or a time, and the clock that tests hold still."""

import asyncio
import time

import pytest

from batchclip.clock import Clock, SystemClock, wait_for_event
from tests.support.fakeclock import FakeClock, quiet


async def sleep_and_say(clock: FakeClock, seconds: float, said: list[str], word: str) -> None:
    await clock.sleep(seconds)
    said.append(f"{word}@{clock.monotonic() - 1000:g}")


def test_the_system_clock_tells_both_times() -> None:
    clock: Clock = SystemClock()

    before = time.time(), time.monotonic()
    told = clock.now(), clock.monotonic()
    after = time.time(), time.monotonic()

    assert before[0] <= told[0] <= after[0]
    assert before[1] <= told[1] <= after[1]


async def test_the_system_clock_sleeps() -> None:
    clock = SystemClock()
    before = clock.monotonic()

    await clock.sleep(0.002)

    assert clock.monotonic() - before >= 0.001


async def test_an_event_that_is_set_is_not_waited_for() -> None:
    clock, event = FakeClock(), asyncio.Event()
    event.set()

    assert await wait_for_event(clock, event, 60)
    assert clock.sleepers == 0


@pytest.mark.parametrize("seconds", [0, -1])
async def test_no_time_is_no_wait(seconds: float) -> None:
    assert not await wait_for_event(FakeClock(), asyncio.Event(), seconds)


async def test_a_wait_ends_with_the_time() -> None:
    clock = FakeClock()
    wait = asyncio.create_task(wait_for_event(clock, asyncio.Event(), 60))

    await clock.advance(59.5)
    assert not wait.done()
    await clock.advance(0.5)

    assert wait.done()
    assert await wait is False


async def test_a_wait_ends_with_the_event_and_leaves_no_sleeper() -> None:
    clock, event = FakeClock(), asyncio.Event()
    wait = asyncio.create_task(wait_for_event(clock, event, 60))
    await quiet()
    assert clock.next_wake == 60

    event.set()

    assert await wait is True
    assert clock.sleepers == 0


async def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    clock, event = FakeClock(), asyncio.Event()
    wait = asyncio.create_task(wait_for_event(clock, event, 60))
    await quiet()

    wait.cancel()
    with pytest.raises(asyncio.CancelledError):
        await wait

    assert clock.sleepers == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_sleepers_wake_in_order_each_at_its_moment() -> None:
    clock = FakeClock()
    said: list[str] = []
    sleeps = [
        asyncio.create_task(sleep_and_say(clock, seconds, said, word))
        for seconds, word in [(3, "c"), (1, "a"), (2, "b"), (1, "again"), (5, "late")]
    ]

    await clock.advance(4)

    assert said == ["a@1", "again@1", "b@2", "c@3"]
    assert (clock.sleepers, clock.monotonic()) == (1, 1004)
    await clock.advance(1)
    await asyncio.gather(*sleeps)


async def test_one_advance_wakes_who_lies_down_again_and_again() -> None:
    clock = FakeClock()
    said: list[float] = []

    async def tick() -> None:
        while True:
            await clock.sleep(0.5)
            said.append(clock.monotonic() - 1000)

    ticking = asyncio.create_task(tick())
    await clock.advance(2)
    ticking.cancel()

    assert said == [0.5, 1.0, 1.5, 2.0]


async def test_a_sleep_too_short_for_the_sum_lets_time_pass_all_the_same() -> None:
    clock = FakeClock()

    sleep = asyncio.create_task(clock.sleep(1e-30))
    await quiet()
    assert not sleep.done()
    await clock.advance(1e-6)

    assert sleep.done()


@pytest.mark.parametrize("seconds", [0, -5, float("nan")])
async def test_no_sleep_at_all_lets_others_run(seconds: float) -> None:
    clock = FakeClock()
    other = asyncio.create_task(asyncio.sleep(0))

    await clock.sleep(seconds)
    await quiet()

    assert other.done()
    assert clock.monotonic() == 1000


async def test_both_times_pass_together_and_a_jump_moves_the_wall_clock_alone() -> None:
    clock = FakeClock(now=5000, monotonic=10)

    await clock.advance(7)
    clock.jump(-3600)

    assert (clock.now(), clock.monotonic()) == (5007 - 3600, 17)
    assert clock.next_wake is None


async def test_a_jump_wakes_nobody() -> None:
    clock = FakeClock()
    sleep = asyncio.create_task(clock.sleep(10))
    await quiet()

    clock.jump(1000)
    await clock.advance(9)
    assert not sleep.done()
    await clock.advance(1)

    assert sleep.done()


async def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="back"):
        await FakeClock().advance(-1)


async def test_a_clock_is_advanced_by_one_at_a_time() -> None:
    clock = FakeClock()

    async def advance_when_woken() -> None:
        await clock.sleep(1)
        await clock.advance(1)

    advance = asyncio.create_task(advance_when_woken())
    await clock.advance(5)

    with pytest.raises(RuntimeError, match="already"):
        await advance


async def test_what_never_rests_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.fakeclock.MAX_ROUNDS", 50)

    loop, spins = asyncio.get_running_loop(), 0

    def spin() -> None:
        nonlocal spins
        spins += 1
        if spins < 100:
            loop.call_soon(spin)

    spin()
    with pytest.raises(AssertionError, match="rest"):
        await quiet()
    assert spins < 100
