"""Seeded nights on a clock that stands still: thousands of worlds in the time of a few real ones.

A world is a handful of nights over one table: loads, accidents of every kind, deaths at any moment
and at any commit, clocks that jump, decisions of a person. What truly happened is on the books of
tests/support/pocket.py. Then all is quiet for hours, and what is left must agree with the books.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from batchclip.job import Range, State
from batchclip.store.reports import RangeReport
from tests.support.almanac import World, identity
from tests.support.proof import seeds

NOTHING_HAPPENED = {State.PENDING, State.REJECTED, State.FAILED, State.CANCELLED}


@pytest.mark.parametrize("seed", seeds(40, 6_000))
async def test_nothing_is_lost_and_nothing_is_sent_twice(tmp_path: Path, seed: int) -> None:
    async with World(tmp_path / "table.db", random.Random(seed)) as world:  # noqa: S311
        for _ in range(world.dice.randint(2, 5)):
            await world.live_a_night()
        await world.be_quiet()
        ranges = await world.ranges()
        assert world.sins == []
        assert_none_twice(world)
        assert_all_there(world.loaded, ranges)
        for one in ranges:
            assert_agrees(world, one)


def assert_none_twice(world: World) -> None:
    twice = {one: times for one, times in world.restream.effects.items() if times > 1}
    # A whole video is repeated on purpose, and answered 409 when it was done.
    assert twice == {}


def assert_all_there(loaded: Sequence[Range], ranges: Sequence[RangeReport]) -> None:
    assert {identity(one.range) for one in ranges} == {identity(one) for one in loaded}


def assert_agrees(world: World, one: RangeReport) -> None:
    """The table says what the books say; only a doubt may be either."""
    happened = world.restream.effects[identity(one.range)]
    if one.state is State.SUBMITTED:
        assert happened == 1, one
    elif one.state is State.ALREADY_DONE:
        assert one.range.whole, one
    elif one.state in NOTHING_HAPPENED and not one.range.harmless_to_repeat:
        assert happened == 0, one
    else:
        assert one.state is not State.SUBMITTING, one
