"""The budget of a run's submissions: never passed, not even by one."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.runner.budget import Budget
from tests.support.fakeclock import quiet


async def reserving(budget: Budget, count: int) -> list[asyncio.Task[bool]]:
    asked = [asyncio.create_task(budget.reserve()) for _ in range(count)]
    await quiet()
    return asked


async def test_without_a_limit_there_is_always_room() -> None:
    budget = Budget(None)

    assert all([await budget.reserve() for _ in range(100)])
    for _ in range(100):
        budget.settle(spent=True)

    assert not budget.exhausted
    assert await budget.reserve()


async def test_a_budget_of_nothing_is_spent_from_the_start() -> None:
    budget = Budget(0)

    assert budget.exhausted
    assert not await budget.reserve()


async def test_what_is_on_the_wire_may_need_the_rest() -> None:
    budget = Budget(2)

    asked = await reserving(budget, 4)

    assert [leave.done() for leave in asked] == [True, True, False, False]
    assert not budget.exhausted
    budget.settle(spent=True)
    budget.settle(spent=True)
    assert await asyncio.gather(*asked) == [True, True, False, False]
    assert budget.exhausted


async def test_what_came_to_nothing_is_given_to_one_who_waits() -> None:
    budget = Budget(1)
    asked = await reserving(budget, 3)

    budget.settle(spent=False)
    await quiet()

    assert sorted(leave.done() for leave in asked) == [False, True, True]
    assert not budget.exhausted
    budget.settle(spent=True)
    assert sorted(await asyncio.gather(*asked)) == [False, True, True]


async def test_closing_wakes_everybody_with_nothing() -> None:
    budget = Budget(1)
    asked = await reserving(budget, 3)

    budget.close()

    assert await asyncio.gather(*asked) == [True, False, False]
    assert not budget.exhausted
    assert not await budget.reserve()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6), st.lists(st.booleans(), max_size=30))
def test_a_budget_is_used_up_and_never_passed(limit: int, ends: list[bool]) -> None:
    spent = asyncio.run(spend(Budget(limit), ends))

    assert spent == min(limit, sum(ends))


async def spend(budget: Budget, ends: list[bool]) -> int:
    """Make one attempt for each end, many at once; returns how many were spent."""
    left, spent = iter(ends), 0

    async def work() -> None:
        nonlocal spent
        while await budget.reserve():
            await asyncio.sleep(0)
            end = next(left, None)
            spent += bool(end)
            budget.settle(spent=bool(end))
            if end is None:
                budget.close()

    await asyncio.gather(*(work() for _ in range(5)))
    return spent
