"""What a reader sees, also while somebody writes."""

import pytest

from batchclip.job import State
from batchclip.store.base import Store
from batchclip.store.reports import RangeReport
from tests.support.tables import (
    AT,
    SILENT,
    Table,
    asked,
    claim,
    finish,
    in_doubt,
    load,
    reports,
    start_run,
    states,
)


async def test_every_state_is_counted_the_empty_ones_too(store: Store, run_id: int) -> None:
    assert await store.counts() == dict.fromkeys(State, 0)
    await load(store, *(asked(number, 0, 10) for number in range(4)))
    for claimed, end in zip(
        await claim(store, run_id, 3),
        (State.SUBMITTED, State.SUBMITTED, State.FAILED),
        strict=True,
    ):
        await finish(store, claimed, end)

    assert await store.counts() == dict.fromkeys(State, 0) | {
        State.PENDING: 1,
        State.SUBMITTED: 2,
        State.FAILED: 1,
    }


async def test_a_range_is_reported_as_it_was_loaded(table: Table, store: Store) -> None:
    wanted = asked(3, 5, 65, force=True, title="Ω", priority=-2)
    whole = asked(3)
    await load(store, wanted, manifest="first.csv", at=AT + 1)
    await load(store, whole, manifest="second.csv", at=AT + 2)

    reader = await table.read()

    nothing = (State.PENDING, None, 0, None, None, None)
    assert await reports(reader) == [
        RangeReport(wanted, *nothing, "first.csv", 2, AT + 1, AT + 1, 1),
        RangeReport(whole, *nothing, "second.csv", 2, AT + 2, AT + 2, 2),
    ]


async def test_ranges_can_be_chosen_by_their_states(store: Store, run_id: int) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(4)))
    await in_doubt(store, run_id)
    for claimed, end in zip(
        await claim(store, run_id, 2), (State.FAILED, State.SUBMITTED), strict=True
    ):
        await finish(store, claimed, end, SILENT)

    chosen = await reports(store, {State.PENDING, State.IN_DOUBT, State.CANCELLED})

    assert [report.state for report in chosen] == [State.IN_DOUBT, State.PENDING]


async def test_a_reader_sees_what_was_committed_while_it_was_open(
    table: Table, store: Store, run_id: int
) -> None:
    reader = await table.read()
    await load(store, asked(1, 0, 10))
    await in_doubt(store, run_id)

    assert await states(reader) == [State.IN_DOUBT]
    last = await reader.last_run()
    assert last is not None
    assert last.run_id == run_id


async def test_a_read_that_has_begun_goes_on_with_what_it_began_with(
    table: Table, store: Store
) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(300)))
    reading = (await table.read()).ranges()
    seen = [await anext(reading)]
    later = await start_run(store)
    for claimed in await claim(store, later, 300):
        await finish(store, claimed, State.SUBMITTED)
    await load(store, asked(999, 0, 10))

    seen += [report async for report in reading]

    assert {report.state for report in seen} == {State.PENDING}
    assert len(seen) == 300


@pytest.mark.parametrize(
    "chosen", [{State.FAILED, State.SUBMITTING}, {State.FAILED, State.SUBMITTING, State.PENDING}]
)
async def test_ranges_come_in_the_order_of_loading_however_few_are_asked_for(
    store: Store, run_id: int, chosen: set[State]
) -> None:
    await load(store, *(asked(number, 0, 10) for number in range(5)))
    first, *_, last = await claim(store, run_id, 4)
    await finish(store, last, State.FAILED)
    await finish(store, first, State.SUBMITTED)

    found = await reports(store, chosen)

    assert [one.job_id for one in found if one.state is not State.PENDING] == [2, 3, 4]
    assert {one.state for one in found} == chosen


@pytest.mark.parametrize("state", State)
async def test_no_range_is_in_a_state_that_an_empty_table_has_none_of(
    store: Store, state: State
) -> None:
    assert await reports(store, [state]) == []
