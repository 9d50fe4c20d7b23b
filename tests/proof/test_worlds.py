"""Worlds drawn from a seed, with real processes, a second Restream and a judge: no promise breaks.

PROOF_SEED=7 replays the world of seed 7.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.proof.worlds.drawn import draw
from tests.proof.worlds.play import Story, play
from tests.proof.worlds.promises import broken
from tests.support.proof import seeds

AT_ONCE = 2
"""Worlds wait more than they work, and share nothing."""


@pytest.fixture(scope="module")
def story_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[int], Story]]:
    """The story of each seed that was chosen; the next ones are played meanwhile."""
    mine = (item for item in request.session.items if item.path == request.path)
    cases = (item.callspec.params for item in mine if isinstance(item, pytest.Function))
    chosen = [int(str(params["seed"])) for params in cases]
    pool = ThreadPoolExecutor(AT_ONCE)
    stories = {
        seed: pool.submit(play, draw(seed), tmp_path_factory.mktemp(f"world-{seed}-"))
        for seed in chosen
    }
    yield lambda seed: stories.pop(seed).result()
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("seed", seeds(test=6, proof=500))
def test_no_promise_is_broken_in_the_world_of(story_of: Callable[[int], Story], seed: int) -> None:
    assert broken(story_of(seed)) == []
