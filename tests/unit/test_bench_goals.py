from collections import Counter

import pytest

from bench.comparisons import COMPARISONS
from bench.contenders import CONTENDERS
from bench.goals import GOALS, Goal, at_least, at_most
from bench.plan import FULL, QUICK


@pytest.mark.parametrize(
    ("goal", "median", "met"),
    [
        (at_least("a.b", "", 0.9), 0.9, True),
        (at_least("a.b", "", 0.9), 0.899, False),
        (at_most("a.b", "", 1.25), 1.25, True),
        (at_most("a.b", "", 1.25), 1.251, False),
        (Goal("a.b", "", "no goal"), 1000.0, True),
    ],
)
def test_a_goal_is_met_up_to_its_bound(goal: Goal, median: float, met: bool) -> None:
    assert goal.met(median) is met


def test_progress_beyond_one_is_better_whichever_way_a_goal_points() -> None:
    assert at_least("a.b", "", 0.5).progress(1.0) == 2.0
    assert at_most("a.b", "", 0.5).progress(1.0) == 0.5


def test_every_goal_is_measured_by_a_comparison_and_every_comparison_has_a_goal() -> None:
    assert {goal.comparison for goal in GOALS} == set(COMPARISONS)


def test_no_two_goals_share_a_key() -> None:
    assert set(Counter(goal.key for goal in GOALS).values()) == {1}


@pytest.mark.parametrize("name", CONTENDERS)
def test_every_peer_has_a_line_and_a_number_of_ranges(name: str) -> None:
    assert f"peers.{name}" in {goal.key for goal in GOALS}
    assert getattr(QUICK, name) < getattr(FULL, name)
