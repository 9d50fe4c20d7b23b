from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import comparisons
from bench.comparisons import lines_of
from bench.ground import Ground
from bench.interleave import interleave
from bench.nginx import Nginx
from bench.plan import QUICK, Plan
from bench.process import CannotRunError
from bench.results import Line


def test_sides_take_turns_and_warm_ups_count_for_nothing() -> None:
    order: list[str] = []

    def side(name: str) -> int:
        order.append(name)
        return len(order)

    samples = interleave({"a": lambda: side("a"), "b": lambda: side("b")}, pairs=2)
    assert order == ["a", "b"] * 3
    assert samples == {"a": [3, 5], "b": [4, 6]}


def test_a_comparison_that_breaks_off_keeps_its_lines_and_names_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def breaks_off(_ground: Ground, _plan: Plan) -> Iterator[Line]:
        yield Line(key="run.rate", values=(1.0,))
        raise CannotRunError("the server is missing")

    monkeypatch.setitem(comparisons.COMPARISONS, "run", breaks_off)
    measured, missing = lines_of("run", Ground(tmp_path, Nginx()), QUICK)
    assert measured == Line(key="run.rate", values=(1.0,))
    assert missing == Line(key="run.cpu", not_run="the server is missing")


def test_a_request_too_many_or_too_few_is_no_figure(tmp_path: Path) -> None:
    ground = Ground(tmp_path, Nginx())
    ground.check_answered("raw", 5, 5)
    for answered in (4, 6):
        with pytest.raises(CannotRunError, match=f"raw: {answered} requests were answered, not 5"):
            ground.check_answered("raw", answered, 5)
