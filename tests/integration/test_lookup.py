"""`batchclip reconcile` on values: what is cleared up, what is searched, and the exit code."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batchclip.api.reads import ProjectPage
from batchclip.errors import TableError
from batchclip.events import Draining, Notice
from batchclip.evidence import Ruling
from batchclip.outcome import Kind, Outcome
from batchclip.report.notices import Notices
from batchclip.runner.halts import (
    BUDGET,
    Halt,
    failed_with,
    hold_off_too_long,
    interrupted,
    unavailable,
)
from batchclip.runner.lookup import LookupEnd, end_of_search, look_up
from batchclip.runner.reconcile import Reconciled, Reconciler
from batchclip.runner.search import Unread
from batchclip.store.base import Claim, Intend, StartRun
from batchclip.store.journal import Journal
from tests.support.doubtful import Doubtful
from tests.support.inquiry import Inquiry
from tests.support.runs import SCOPELESS, UNAUTHORIZED, part

NO_SCOPE = Unread("the token lacks the scope clips.read", 4, "tick it")


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Doubtful]:
    opened = Doubtful(tmp_path / "table.db")
    async with opened:
        yield opened


async def looked_up(night: Doubtful) -> LookupEnd:
    async with Journal(night.store) as journal:
        inquiry = Inquiry(journal=journal, clock=night.clock)
        night.halts = inquiry.halts
        reconciler = Reconciler(
            night.store,
            journal,
            night.reader,
            inquiry.questions,
            night.listener,
            night.server_clock,
            600_000,
        )
        return await inquiry.passing(look_up(night.store, reconciler))


async def test_with_nothing_in_doubt_nothing_is_asked(night: Doubtful) -> None:
    assert await looked_up(night) == LookupEnd(0, "nothing is in doubt", 0)
    assert night.reader.asked == []


async def test_what_evidence_settles_is_settled_and_nothing_is_sent(night: Doubtful) -> None:
    await night.lose(part(1), part(2))
    night.lists(night.entry(1))
    night.show(project_1=(night.clip(0, 10),))
    assert await looked_up(night) == LookupEnd(0, "nothing is in doubt", 0)
    assert await night.states() == {"submitted": 1, "pending": 1}
    assert night.client.sent == []
    # It is noted with the last run.
    assert night.look("SELECT DISTINCT run_id FROM history") == [(1,)]


async def test_what_stays_in_doubt_is_counted(night: Doubtful) -> None:
    await night.lose(part(1))
    night.lists(night.entry(1))
    night.show(project_1=(night.clip(0, 600),))
    assert await looked_up(night) == LookupEnd(0, "1 in doubt", 1)


async def test_without_the_scope_a_person_must_act(night: Doubtful) -> None:
    await night.lose(part(1))
    night.reader.pages = lambda _: SCOPELESS
    end = await looked_up(night)
    assert (end.exit_code, end.in_doubt) == (4, 1)
    assert end.sentence.startswith("1 in doubt: the token lacks the scope clips.read; tick it")


async def test_a_list_that_cannot_be_read_is_an_api_that_is_not_to_be_had(
    night: Doubtful,
) -> None:
    await night.lose(part(1))
    night.reader.pages = lambda _: Outcome(Kind.UNKNOWN, http_status=500)
    end = await looked_up(night)
    assert (end.exit_code, "(HTTP 500)" in end.sentence) == (5, True)


async def test_a_dead_token_ends_it_with_4(night: Doubtful) -> None:
    await night.lose(part(1))
    night.reader.pages = lambda _: UNAUTHORIZED
    end = await looked_up(night)
    assert (end.exit_code, end.in_doubt, "log in again" in end.sentence) == (4, 1, True)


async def test_a_signal_ends_it(night: Doubtful) -> None:
    await night.lose(part(1))

    def pages(_: str | None) -> ProjectPage:
        night.halts.stop(interrupted("SIGTERM", 15))
        return ProjectPage((), "b", True)

    night.reader.pages = pages
    end = await looked_up(night)
    assert (end.exit_code, end.in_doubt, night.rulings()) == (143, 1, [])


async def test_what_a_dead_run_left_is_cleared_up_first(night: Doubtful) -> None:
    await night.load(part(1), part(2))
    now = round(1000 * night.clock.now())
    [run_id] = await night.store.commit([StartRun(now, 1, "host")])
    assert isinstance(run_id, int)
    await night.store.commit([Claim(run_id, now, 2)])
    sent, _ = await night.store.left_claims()
    await night.store.commit([Intend(sent.claimed.generation, now)])
    assert (await looked_up(night)).in_doubt == 1
    assert await night.states() == {"in_doubt": 1, "pending": 1}
    assert len(night.notices("an earlier run died: 1 ranges put back, 1 in doubt")) == 1
    # It is too young to be looked for.
    assert night.reader.asked == []


FOUND = Reconciled()
UNREAD = Reconciled(problem=NO_SCOPE)


@pytest.mark.parametrize(
    ("halt", "found", "in_doubt", "end"),
    [
        (None, FOUND, 0, (0, "nothing is in doubt")),
        (None, FOUND, 1_500, (0, "1,500 in doubt")),
        (None, UNREAD, 2, (4, "2 in doubt: the token lacks the scope clips.read; tick it")),
        (
            interrupted("SIGINT", 2),
            UNREAD,
            2,
            (130, "interrupted by SIGINT; the next run goes on."),
        ),
        (Halt(4, "log in"), FOUND, 2, (4, "log in")),
        (failed_with(TableError("full")), FOUND, 2, (7, "full")),
        (unavailable(900), FOUND, 2, (5, unavailable(900).sentence)),
        (hold_off_too_long(90_000), FOUND, 2, (5, hold_off_too_long(90_000).sentence)),
        (BUDGET, FOUND, 2, (5, BUDGET.sentence)),
    ],
)
def test_how_a_search_ends(
    halt: Halt | None, found: Reconciled, in_doubt: int, end: tuple[int, str]
) -> None:
    told = end_of_search(halt, found, in_doubt)
    assert (told.exit_code, told.sentence, told.in_doubt) == (*end, in_doubt)


def test_what_a_search_came_to_in_one_sentence() -> None:
    found = Reconciled(problem=NO_SCOPE)
    found.rulings.update({Ruling.UNCLEAR: 1_500, Ruling.HAPPENED: 2})
    assert found.sentence() == (
        "evidence: 2 submitted after all, 1,500 still in doubt (`batchclip why` says why); "
        "the token lacks the scope clips.read; tick it"
    )
    assert found.moved
    found.rulings[Ruling.HAPPENED] = 0
    assert not found.moved


def test_notices_are_lines_and_other_events_are_not() -> None:
    stream = io.StringIO()
    notices = Notices(stream)
    for event in (Notice("one"), Draining("not this"), Notice("two")):
        notices.notice(event)
    assert stream.getvalue() == "one\ntwo\n"
