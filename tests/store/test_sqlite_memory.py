"""What a connection keeps in memory does not grow with the groups that it writes."""

import resource
from pathlib import Path

from batchclip.job import State
from batchclip.store.base import PutBack, Store
from tests.support.tables import AT, asked, claim, ending, load

SIZES = range(8, 961, 8)
"""Of groups: as many as there are answers to a run at once, and each a statement of its own."""
MEBIBYTE = 1 << 20


async def test_groups_of_many_sizes_and_kinds_leave_little_behind(
    store: Store, run_id: int
) -> None:
    await load(store, *(asked(number) for number in range(sum(SIZES) // 4 + max(SIZES))))
    before = resident()

    for size in SIZES:
        taken = await claim(store, run_id, size)
        ends = [ending(claimed, State.SUBMITTED) for claimed in taken[: size // 4]]
        backs = [PutBack(claimed.generation, AT) for claimed in taken[size // 4 :]]
        assert await store.commit([*ends, *backs]) == [True] * len(ends) + [None] * len(backs)

    assert resident() - before < 48 * MEBIBYTE


def resident() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
