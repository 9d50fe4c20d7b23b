"""A B A B: sides that are measured in turn, so that a machine's drift meets all of them."""

import sys
from collections.abc import Callable, Mapping
from typing import TypeVar

Sample = TypeVar("Sample")


def interleave(
    sides: Mapping[str, Callable[[], Sample]], pairs: int, warm_ups: int = 1
) -> dict[str, list[Sample]]:
    """Measure all sides in turn, `pairs` times, after rounds that count for nothing."""
    samples: dict[str, list[Sample]] = {name: [] for name in sides}
    for turn in range(-warm_ups, pairs):
        for name, side in sides.items():
            tell(f"  {'warm-up' if turn < 0 else f'{turn + 1} of {pairs}'}: {name}")
            sample = side()
            if turn >= 0:
                samples[name].append(sample)
    return samples


def tell(sentence: str) -> None:
    """Say how far it has come; results alone go to standard output."""
    print(sentence, file=sys.stderr, flush=True)
