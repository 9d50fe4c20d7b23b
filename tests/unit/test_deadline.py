"""One timer for the time of all requests."""

import asyncio

import pytest

from batchclip.api.deadline import Deadline, Deadlines

LONG = 3_600.0


async def take_for_ever(deadlines: Deadlines, ended: list[str], name: str) -> str:
    """A request that is never answered."""
    deadline = deadlines.begin()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        if not deadline.own():
            raise
        ended.append(name)
        return "broken off"
    finally:
        deadlines.end(deadline)
    raise AssertionError


async def test_what_runs_out_of_time_is_broken_off_in_the_order_of_its_beginning() -> None:
    deadlines, ended = Deadlines(0.01), list[str]()
    requests = [
        asyncio.create_task(take_for_ever(deadlines, ended, name)) for name in ("a", "b", "c")
    ]

    assert await asyncio.gather(*requests) == ["broken off"] * 3
    assert ended == ["a", "b", "c"]
    assert all(request.cancelling() == 0 for request in requests)


async def test_one_that_begins_later_has_its_own_time() -> None:
    deadlines, ended = Deadlines(0.02), list[str]()
    first = asyncio.create_task(take_for_ever(deadlines, ended, "first"))
    await asyncio.sleep(0.01)
    later = asyncio.create_task(take_for_ever(deadlines, ended, "later"))

    await first
    assert not later.done()
    await later

    assert ended == ["first", "later"]


async def test_what_ended_in_time_is_left_alone() -> None:
    deadlines = Deadlines(0.01)
    deadlines.end(deadlines.begin())

    # The timer that was set for it looks, and finds nothing.
    await asyncio.sleep(0.02)

    assert await take_for_ever(deadlines, [], "the next") == "broken off"


async def test_a_cancellation_from_outside_is_not_swallowed() -> None:
    deadlines = Deadlines(LONG)
    request = asyncio.create_task(take_for_ever(deadlines, [], "a"))
    await asyncio.sleep(0)

    request.cancel()

    with pytest.raises(asyncio.CancelledError):
        await request
    deadlines.close()


async def test_a_cancellation_that_comes_with_the_deadline_wins_whoever_asks_again() -> None:
    task = asyncio.current_task()
    assert task is not None
    deadline = Deadline(task, 0.0)
    deadline.pass_by()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(0)

    assert [deadline.own(), deadline.own()] == [False, False]
    assert task.cancelling() == 1
    task.uncancel()


async def test_a_closed_one_leaves_no_timer() -> None:
    deadlines = Deadlines(LONG)
    deadlines.begin()

    deadlines.close()

    assert deadlines._timer is None


async def test_only_a_task_can_be_broken_off() -> None:
    refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def begin_in_a_callback() -> None:
        try:
            Deadlines(LONG).begin()
        except RuntimeError as error:
            refused.set_exception(error)

    asyncio.get_running_loop().call_soon(begin_in_a_callback)

    with pytest.raises(RuntimeError, match="in a task"):
        await refused
