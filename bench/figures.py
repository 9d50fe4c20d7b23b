"""Arithmetic on what was measured."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The middle of some figures, and the least and the greatest of them."""

    median: float
    least: float
    greatest: float


def spread(values: Sequence[float]) -> Spread:
    """Sum up figures of which there is at least one."""
    return Spread(statistics.median(values), min(values), max(values))


def ratios(above: Sequence[float], below: Sequence[float]) -> tuple[float, ...]:
    """Pair by pair, because a machine's speed drifts: only what ran side by side compares."""
    return tuple(a / b for a, b in zip(above, below, strict=True))


def last_slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """How the values grow over the last step, both axes logarithmic: 1 is in proportion, 0 flat.

    The last step alone, because a process's start outweighs everything at the small sizes.
    """
    grown = math.log(values[-1] / values[-2])
    return grown / math.log(sizes[-1] / sizes[-2])


def short(value: float, unit: str = "") -> str:
    """A figure with three digits that count, and its unit."""
    if abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        digits = 2 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
        text = f"{value:.{min(digits, 3)}f}"
    return f"{text} {unit}".strip()
