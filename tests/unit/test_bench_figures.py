import pytest

from bench.figures import last_slope, ratios, short, spread


def test_a_spread_is_the_middle_and_both_ends() -> None:
    found = spread([3.0, 1.0, 10.0])
    assert (found.median, found.least, found.greatest) == (3.0, 1.0, 10.0)


def test_ratios_are_taken_pair_by_pair() -> None:
    assert ratios([1.0, 9.0], [2.0, 3.0]) == (0.5, 3.0)


def test_sides_of_unequal_length_are_no_pairs() -> None:
    with pytest.raises(ValueError, match="longer"):
        ratios([1.0], [1.0, 2.0])


@pytest.mark.parametrize(
    ("values", "slope"),
    [([5.0, 1.0, 10.0], 1.0), ([1.0, 7.0, 7.0], 0.0), ([1.0, 1.0, 100.0], 2.0)],
    ids=["in proportion", "flat", "with the square"],
)
def test_a_slope_is_that_of_the_last_step(values: list[float], slope: float) -> None:
    assert last_slope([10, 100, 1000], values) == pytest.approx(slope)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12_345.6, "12,346"),
        (123.4, "123"),
        (12.34, "12.3"),
        (0.9876, "0.988"),
        (0.00456, "0.005"),
        (0.0, "0.00"),
    ],
)
def test_a_figure_is_shown_with_three_digits(value: float, text: str) -> None:
    assert short(value) == text


def test_a_figure_is_shown_with_its_unit() -> None:
    assert short(64.04, "MiB") == "64.0 MiB"
