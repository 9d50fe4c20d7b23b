"""No verdict is wrong: in small worlds whose truth is known."""

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from batchclip.evidence import Ruling, judge
from tests.support.clipworld import World, worlds
from tests.support.facts import SETTLE
from tests.support.proof import size


def ruling(world: World) -> Ruling:
    return judge(world.doubt, world.project, world.clocks, SETTLE).ruling


@settings(
    max_examples=size(600, 50_000),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(world=worlds())
def test_what_happened_is_never_denied_and_what_did_not_is_never_claimed(world: World) -> None:
    said = ruling(world)
    assert said is not Ruling.NEVER_HAPPENED or not world.happened
    assert said is not Ruling.HAPPENED or world.happened


RIGHT = [
    (Ruling.HAPPENED, True),
    (Ruling.NEVER_HAPPENED, False),
    *(
        (said, happened)
        for said in (Ruling.TOO_EARLY, Ruling.UNCLEAR)
        for happened in (True, False)
    ),
]


@pytest.mark.parametrize(("said", "happened"), RIGHT)
def test_such_worlds_lead_to_every_verdict_that_may_be_given(said: Ruling, happened: bool) -> None:
    find(
        worlds(),
        lambda world: ruling(world) is said and world.happened is happened,
        settings=settings(
            database=None, derandomize=True, max_examples=2_000, phases=[Phase.generate]
        ),
    )
