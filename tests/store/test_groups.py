"""A group of writes happens as a whole or not at all, however big it is and whatever is in it."""

from collections.abc import Sequence

import pytest

from batchclip.errors import TableError
from batchclip.job import State
from batchclip.store import entries
from batchclip.store.base import Claim, Claims, EndRun, Store, Write
from tests.support.tables import (
    AT,
    Table,
    asked,
    claim,
    ending,
    load,
)

MANY = 1_500
"""More than one statement takes."""

WHOLE_TABLE = ["jobs", "attempts", "claims", "history", "runs"]
OTHERS: list[list[Write[object]]] = [[], [EndRun(1, AT, 0, "everything is done")]]


def everything(table: Table) -> list[list[tuple[object, ...]]]:
    return [table.rows(f"SELECT * FROM {name}") for name in WHOLE_TABLE]  # noqa: S608 -- ours


async def test_a_very_big_group_is_written_like_any_other(
    store: Store, run_id: int, table: Table
) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(MANY)))
    await load(store, *(asked(number, 10, 20) for number in range(MANY)))
    taken = await claim(store, run_id, MANY)

    *ends, claims = await store.commit(
        [*(ending(claimed, State.SUBMITTED) for claimed in taken), Claim(run_id, AT, MANY)]
    )

    assert ends == [True] * MANY
    assert isinstance(claims, Claims)
    # Also the files that were freed by the very last of the ends.
    assert {claimed.range.file_id for claimed in claims.claimed} == {
        claimed.range.file_id for claimed in taken
    }
    assert table.rows("SELECT count(*) FROM attempts") == [(MANY,)]


@pytest.mark.parametrize("others", OTHERS)
@pytest.mark.parametrize("size", [2, MANY])
async def test_of_a_group_that_fails_nothing_has_happened(
    store: Store, run_id: int, table: Table, size: int, others: Sequence[Write[object]]
) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(size + 1)))
    *good, bad = await claim(store, run_id, size)
    before = everything(table)
    ends = [ending(claimed, State.SUBMITTED) for claimed in good]

    with pytest.raises(TableError, match="illegal transition"):
        await store.commit([*ends, ending(bad, State.CANCELLED), Claim(run_id, AT, 1), *others])

    assert everything(table) == before
    assert await store.commit(ends) == [True] * (size - 1)


async def test_an_error_of_ours_in_the_middle_of_a_group_is_not_called_a_corrupt_table(
    store: Store, run_id: int, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    [taken] = await claim(store, run_id, 1)
    before = everything(table)

    def fail(*_: object) -> None:
        raise KeyError("a mistake in the program")

    monkeypatch.setattr(entries, "claimed_of", fail)
    with pytest.raises(KeyError, match="a mistake in the program"):
        await store.commit([ending(taken, State.SUBMITTED), Claim(run_id, AT, 2)])

    assert everything(table) == before
