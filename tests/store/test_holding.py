"""Hold-offs are noted with the run that was asked, whoever else is in the group."""

from dataclasses import replace

import pytest

from batchclip.job import State
from batchclip.store.base import Hold, StartRun, Store
from tests.support.tables import (
    AT,
    SLOW_DOWN,
    Table,
    asked,
    claim_one,
    ending,
    load,
    start_run,
    write,
)

HELD = "SELECT held_until FROM runs ORDER BY id"


async def test_a_hold_off_that_no_create_request_was_asked_for_is_noted_with_its_run(
    store: Store, run_id: int, table: Table
) -> None:
    await write(store, Hold(run_id, AT + 900))

    assert table.rows(HELD) == [(AT + 900,)]
    assert await store.held_for(AT, 0, None) == 900


@pytest.mark.parametrize(
    ("boot", "until"), [("this start", AT + 900), ("another", AT + 5), (None, AT + 5)]
)
async def test_a_hold_off_is_counted_from_the_start_of_its_run_while_the_machine_is_up(
    store: Store, table: Table, boot: str | None, until: int
) -> None:
    [run_id] = await store.commit([StartRun(AT, 1, "host", 1_000, "this start")])
    assert isinstance(run_id, int)
    await write(store, Hold(run_id, AT + 5, 1_900, boot))

    assert table.rows(HELD) == [(until,)]


async def test_the_longest_hold_off_counts_whatever_its_place(
    store: Store, run_id: int, table: Table
) -> None:
    await store.commit([Hold(run_id, AT + 300), Hold(run_id, AT + 900), Hold(run_id, AT + 600)])
    await write(store, Hold(run_id, AT + 100))

    assert table.rows(HELD) == [(AT + 900,)]


async def test_a_hold_off_is_noted_with_its_own_run_alone(
    store: Store, run_id: int, table: Table
) -> None:
    later = await start_run(store)
    await store.commit([Hold(run_id, AT + 900), Hold(later, AT + 300)])

    assert table.rows(HELD) == [(AT + 900,), (AT + 300,)]


async def test_answers_to_two_runs_in_one_group_are_noted_each_with_its_own(
    store: Store, run_id: int, table: Table
) -> None:
    await load(store, asked(1, 0, 10), asked(2, 0, 10))
    first = await claim_one(store, run_id)
    second = await claim_one(store, await start_run(store))
    long, short = (ending(each, State.PENDING, SLOW_DOWN) for each in (first, second))

    await store.commit([replace(long, held_until=AT + 900), replace(short, held_until=AT + 300)])

    assert table.rows(HELD) == [(AT + 900,), (AT + 300,)]
