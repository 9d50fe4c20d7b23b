"""Group commit: together, durable before anybody goes on, all or nothing."""

import asyncio
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Mapping, Sequence

import pytest

from batchclip.errors import TableError
from batchclip.job import State
from batchclip.store.base import (
    Claim,
    Claimed,
    Claims,
    EndRun,
    Intend,
    LeftClaim,
    PutBack,
    Staging,
    Store,
    Write,
)
from batchclip.store.journal import Journal
from batchclip.store.reports import RangeReport, RunReport
from tests.support.tables import AT, Table, asked, claim, ending, intend, load, spans, states

FILES = 40
ENOUGH_SECONDS = 20


class Gate:
    """A store behind a gate: its commits can be counted, held up, and made to fail."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.groups: list[list[Write[object]]] = []
        self.failures: list[Exception] = []
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def commit(self, writes: Sequence[Write[object]]) -> list[object]:
        self.groups.append(list(writes))
        self.reached.set()
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)
        return await self._store.commit(writes)

    async def held_for(self, at: int, uptime: int, boot: str | None) -> int:
        return await self._store.held_for(at, uptime, boot)

    async def left_claims(self) -> list[LeftClaim]:
        return await self._store.left_claims()

    async def stage(self) -> Staging:
        return await self._store.stage()

    async def counts(self) -> Mapping[State, int]:
        return await self._store.counts()

    def ranges(self, states: Collection[State] = ()) -> AsyncGenerator[RangeReport]:
        return self._store.ranges(states)

    async def last_run(self) -> RunReport | None:
        return await self._store.last_run()

    async def close(self) -> None:
        await self._store.close()


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """A journal that keeps a writer waiting for ever fails its test."""

    def give_up(*_: object) -> None:
        raise TimeoutError(f"somebody still waits after {ENOUGH_SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, ENOUGH_SECONDS)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
async def claimed(store: Store, run_id: int) -> list[Claimed]:
    await load(store, *(asked(number, 0, 10) for number in range(FILES)))
    return await claim(store, run_id, FILES)


@pytest.fixture
def gate(store: Store) -> Gate:
    return Gate(store)


@pytest.fixture
async def journal(gate: Gate) -> AsyncIterator[Journal]:
    async with Journal(gate) as opened:
        yield opened
        gate.open.set()


async def gathered(count: int) -> None:
    """Let as many writers as this come to where they wait."""
    for _ in range(count + 3):
        await asyncio.sleep(0)


async def held_up(journal: Journal, gate: Gate, entry: Write[bool]) -> "asyncio.Task[bool]":
    """Begin a write that stands in front of the gate."""
    gate.open.clear()
    gate.reached.clear()
    first = asyncio.create_task(journal.write(entry))
    await gate.reached.wait()
    return first


def intent(claimed: Claimed) -> Intend:
    return Intend(claimed.generation, AT)


async def test_what_gathers_during_one_commit_goes_into_the_next_together(
    journal: Journal, gate: Gate, claimed: list[Claimed], store: Store
) -> None:
    first = await held_up(journal, gate, intent(claimed[0]))
    others = [asyncio.create_task(journal.write(intent(each))) for each in claimed[1:]]
    await gathered(FILES)
    gate.open.set()

    assert await first
    assert await asyncio.gather(*others) == [True] * (FILES - 1)
    assert [len(group) for group in gate.groups] == [1, FILES - 1]
    assert [left.sent_at for left in await store.left_claims()] == [AT] * FILES


async def test_every_writer_gets_the_answer_to_its_own_entry(
    journal: Journal, claimed: list[Claimed], store: Store, run_id: int
) -> None:
    gone = Intend(claimed[-1].generation + 1, AT)
    ended, kept = claimed[0], claimed[1]

    answers = await asyncio.gather(
        journal.write(Claim(run_id, AT, 5)),
        journal.write(gone),
        journal.write(intent(kept)),
        journal.write(ending(ended, State.SUBMITTED)),
        journal.write(PutBack(claimed[2].generation, AT)),
        journal.write(EndRun(run_id, AT, 0, "finished")),
    )

    claims = answers[0]
    assert isinstance(claims, Claims)
    assert spans(claims.claimed) == [(2, 0)]
    assert list(answers[1:]) == [False, True, True, None, None]


async def test_a_write_does_not_return_before_its_commit(
    journal: Journal, gate: Gate, claimed: list[Claimed]
) -> None:
    first = await held_up(journal, gate, intent(claimed[0]))
    await gathered(FILES)

    assert not first.done()
    gate.open.set()
    assert await first


async def test_what_was_written_can_be_seen_from_elsewhere_at_once(
    journal: Journal, claimed: list[Claimed], table: Table
) -> None:
    reader = await table.read()
    await journal.write(ending(claimed[0], State.SUBMITTED))

    assert (await states(reader))[0] is State.SUBMITTED


async def test_a_write_that_is_not_returned_is_not_there_for_anybody(
    journal: Journal, gate: Gate, claimed: list[Claimed], table: Table
) -> None:
    first = await held_up(journal, gate, ending(claimed[0], State.SUBMITTED))

    assert (await states(await table.read()))[0] is State.SUBMITTING
    gate.open.set()
    assert await first


async def test_one_bad_entry_undoes_its_whole_group(
    store: Store, claimed: list[Claimed], run_id: int, table: Table
) -> None:
    ways = ("jobs", "claims", "attempts", "runs")
    before = [table.rows(f"SELECT * FROM {name}") for name in ways]  # noqa: S608
    group: list[Write[object]] = [
        ending(claimed[0], State.SUBMITTED),
        EndRun(run_id, AT, 0, "finished"),
        intent(claimed[1]),
        ending(claimed[2], State.CANCELLED),
    ]

    with pytest.raises(TableError, match="illegal transition"):
        await store.commit(group)

    assert [table.rows(f"SELECT * FROM {name}") for name in ways] == before  # noqa: S608
    assert await store.commit(group[:3]) == [True, None, True]


async def test_nothing_to_write_is_nothing_to_answer(store: Store) -> None:
    assert await store.commit([]) == []


@pytest.mark.parametrize("failure", [TableError("the disk is full"), KeyError("a mistake")])
async def test_a_group_that_fails_fails_for_all_in_it_and_the_next_is_tried_afresh(
    journal: Journal, gate: Gate, claimed: list[Claimed], failure: Exception
) -> None:
    gate.failures = [failure]
    writes = [journal.write(intent(each)) for each in claimed]

    ends = await asyncio.gather(*writes, return_exceptions=True)

    assert ends == [failure] * FILES
    assert len(gate.groups) == 1
    assert await journal.write(intent(claimed[0]))


async def test_what_gathers_during_a_commit_that_fails_does_not_fail_with_it(
    journal: Journal, gate: Gate, claimed: list[Claimed]
) -> None:
    gate.failures = [TableError("the disk is full")]
    first = await held_up(journal, gate, intent(claimed[0]))
    second = asyncio.create_task(journal.write(intent(claimed[1])))
    await gathered(1)
    gate.open.set()

    with pytest.raises(TableError, match="the disk is full"):
        await first
    assert await second


async def test_a_writer_that_gives_up_does_not_hurt_the_others(
    journal: Journal, gate: Gate, claimed: list[Claimed], store: Store
) -> None:
    first = await held_up(journal, gate, intent(claimed[0]))
    others = [asyncio.create_task(journal.write(intent(each))) for each in claimed[1:4]]
    await gathered(3)
    first.cancel()
    others[1].cancel()
    await gathered(3)
    gate.open.set()

    ends = await asyncio.gather(first, *others, return_exceptions=True)

    assert [type(end) for end in ends] == [
        asyncio.CancelledError,
        bool,
        asyncio.CancelledError,
        bool,
    ]
    assert await journal.write(intent(claimed[5]))


async def test_a_failure_passes_over_a_writer_that_has_given_up(
    journal: Journal, gate: Gate, claimed: list[Claimed]
) -> None:
    gate.failures = [TableError("the disk is full")]
    first = await held_up(journal, gate, intent(claimed[0]))
    first.cancel()
    await gathered(1)
    gate.open.set()

    assert await journal.write(intent(claimed[1]))


async def test_closing_writes_what_is_left(
    gate: Gate, claimed: list[Claimed], store: Store
) -> None:
    async with Journal(gate) as journal:
        first = await held_up(journal, gate, intent(claimed[0]))
        others = [asyncio.create_task(journal.write(intent(each))) for each in claimed[1:]]
        await gathered(FILES)
        gate.open.set()

    assert first.done()
    assert await asyncio.gather(*others) == [True] * (FILES - 1)
    assert [left.sent_at for left in await store.left_claims()] == [AT] * FILES


async def test_a_journal_that_is_not_open_keeps_nobody_waiting(
    gate: Gate, claimed: list[Claimed], store: Store
) -> None:
    journal = Journal(gate)
    with pytest.raises(RuntimeError, match="not open"):
        await journal.write(intent(claimed[0]))
    async with journal:
        pass
    with pytest.raises(RuntimeError, match="not open"):
        await journal.write(intent(claimed[0]))

    assert await intend(store, claimed[0])


async def test_who_does_not_wait_is_told_once_it_is_on_disk(
    journal: Journal, gate: Gate, claimed: list[Claimed], store: Store
) -> None:
    told: list[tuple[object, Exception | None]] = []
    first = await held_up(journal, gate, intent(claimed[0]))
    journal.post(intent(claimed[1]), lambda answer, error: told.append((answer, error)))
    await gathered(1)
    assert told == []

    gate.open.set()
    await first
    # A group after the one that it went into.
    await journal.write(intent(claimed[2]))

    assert told == [(True, None)]
    assert [left.sent_at for left in await store.left_claims()][:3] == [AT] * 3


async def test_who_does_not_wait_is_told_that_it_failed(
    journal: Journal, gate: Gate, claimed: list[Claimed]
) -> None:
    told: list[tuple[object, Exception | None]] = []
    gate.failures.append(full := TableError("the disk is full"))

    journal.post(intent(claimed[0]), lambda answer, error: told.append((answer, error)))
    await gathered(FILES)

    assert told == [(None, full)]


async def test_who_acts_on_the_news_of_a_write_joins_its_group(
    journal: Journal, gate: Gate, claimed: list[Claimed]
) -> None:
    news = asyncio.Event()

    async def act() -> bool:
        await news.wait()
        return await journal.write(intent(claimed[1]))

    acting = asyncio.create_task(act())
    await gathered(1)

    journal.post(intent(claimed[0]), lambda *_: None)
    news.set()
    await acting

    assert [len(group) for group in gate.groups] == [2]
