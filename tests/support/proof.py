"""How much of the proof is run: minutes of it in `make test`, an hour in `make proof`.

PROOF_SEED=7 replays the one world of that seed.
"""

import os
from collections.abc import Iterable

AT_LENGTH = os.environ.get("PROOF") == "long"


def size(test: int, proof: int) -> int:
    """How many of something: `test` in `make test`, `proof` in `make proof`."""
    return proof if AT_LENGTH else test


def seeds(test: int, proof: int) -> Iterable[int]:
    """The seeds to run; a test names its seed in its id, so that a failure can be replayed."""
    wanted = os.environ.get("PROOF_SEED")
    return [int(wanted)] if wanted else range(1, size(test, proof) + 1)
