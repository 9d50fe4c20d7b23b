"""The table held against what Restream has: every kind of difference, and nothing claimed on half
a list."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from batchclip.api.reads import ListedProject, ProjectPage
from batchclip.difference import KINDS, Difference
from batchclip.outcome import Kind, Outcome
from batchclip.report.differences import difference_fields, difference_text
from batchclip.runner.audit import Audit
from batchclip.runner.halts import interrupted
from batchclip.runner.search import Unread
from tests.support.inquiry import Inquiry
from tests.support.runs import CREATED, REFUSED, SCOPELESS, Night, ScriptedReader, part

BROKEN_PAGE = Outcome(Kind.UNKNOWN, http_status=500)
EVERY_FILE = frozenset(UUID(int=number) for number in range(1, 20))


@dataclass
class Shelf(ScriptedReader):
    """Restream's lists by script."""

    stored: frozenset[UUID] | Outcome = field(default=EVERY_FILE)

    async def files(self, token: str) -> frozenset[UUID] | Outcome:
        assert token
        return self.stored


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    """Files 1 and 2 are submitted, one of them twice; 3 was refused, 4 isn't sent yet."""
    async with Night(tmp_path / "table.db") as opened:
        await opened.load(part(1, 0, 15), part(1, 20, 35), part(2), part(3))
        opened.client.script = lambda asked, _: REFUSED if asked == part(3) else CREATED
        await opened.run()
        await opened.load(part(4))
        yield opened


def listed(number: int, *, of_video: bool = True, title: str = "") -> ListedProject:
    return ListedProject(f"project-{number}", UUID(int=number), of_video, None, title)


def lists(*projects: ListedProject) -> Shelf:
    return Shelf(lambda _: ProjectPage(projects, None, True))


async def compared(night: Night, shelf: Shelf) -> tuple[list[Difference], Audit]:
    await night.clock.advance(1.0)
    inquiry = Inquiry(clock=night.clock)
    audit = Audit(night.store, shelf, inquiry.questions)

    async def all_of_them() -> list[Difference]:
        return [difference async for difference in audit.differences()]

    return await inquiry.passing(all_of_them()), audit


async def test_no_difference(night: Night) -> None:
    differences, audit = await compared(night, lists(listed(1), listed(2)))
    assert (differences, audit.problems, audit.projects) == ([], [], 2)


async def test_a_project_that_the_table_does_not_know(night: Night) -> None:
    shelf = lists(listed(1), listed(2), listed(9, title="By hand"))
    differences, _ = await compared(night, shelf)
    assert differences == [
        Difference("unknown_project", UUID(int=9), 0, "project-9", title="By hand")
    ]


async def test_submitted_ranges_without_a_project(night: Night) -> None:
    differences, _ = await compared(night, lists(listed(2)))
    assert differences == [Difference("no_project", UUID(int=1), 2)]


async def test_files_that_were_deleted(night: Night) -> None:
    shelf = lists(listed(1), listed(2))
    shelf.stored = EVERY_FILE - {UUID(int=1), UUID(int=4)}
    differences, _ = await compared(night, shelf)
    assert differences == [
        Difference("deleted_file", UUID(int=1), 2),
        Difference("deleted_file", UUID(int=4), 1),
    ]


async def test_a_project_of_a_file_of_which_nothing_was_sent_tells_of_an_older_table(
    night: Night,
) -> None:
    differences, _ = await compared(night, lists(*(listed(number) for number in (1, 2, 3, 4))))
    assert differences == [Difference("unsent", UUID(int=4), 1, "project-4")]


async def test_projects_of_other_things_are_none_of_ours(night: Night) -> None:
    event = ListedProject("event", None, False, None)
    differences, audit = await compared(
        night, lists(listed(1), listed(2), listed(9, of_video=False), event)
    )
    assert (differences, audit.projects) == ([], 4)


HALVES: dict[str, tuple[dict[str | None, ProjectPage | Outcome], str]] = {
    "a broken page": (
        {None: ProjectPage((listed(9),), "b", True), "b": BROKEN_PAGE},
        "the project list could not be read (HTTP 500)",
    ),
    "an entry that can't be read": (
        {None: ProjectPage((listed(9),), None, False)},
        "a part of the project list could not be read",
    ),
    "a circle": (
        {None: ProjectPage((listed(9),), "b", True), "b": ProjectPage((), "b", True)},
        "the project list goes round in circles",
    ),
}


@pytest.mark.parametrize("name", HALVES)
async def test_half_a_list_never_claims_that_a_project_is_missing(night: Night, name: str) -> None:
    pages, reason = HALVES[name]
    differences, audit = await compared(night, Shelf(pages.__getitem__))
    assert [difference.kind for difference in differences] == ["unknown_project"]
    assert audit.problems == [Unread(reason, 5)]


async def test_without_a_scope_the_rest_is_compared_all_the_same(night: Night) -> None:
    shelf = lists(listed(2), listed(9))
    shelf.stored = SCOPELESS
    differences, audit = await compared(night, shelf)
    assert [difference.kind for difference in differences] == ["no_project", "unknown_project"]
    [problem] = audit.problems
    assert (problem.exit_code, problem.reason) == (4, "the token lacks the scope storage.read")

    shelf = Shelf(lambda _: SCOPELESS, stored=EVERY_FILE - {UUID(int=2)})
    differences, audit = await compared(night, shelf)
    assert differences == [Difference("deleted_file", UUID(int=2), 1)]
    [problem] = audit.problems
    assert (problem.exit_code, problem.reason) == (4, "the token lacks the scope clips.read")


async def test_a_stop_claims_nothing(night: Night) -> None:
    inquiry = Inquiry()
    inquiry.halts.stop(interrupted("SIGTERM", 15))
    audit = Audit(night.store, lists(), inquiry.questions)
    assert [difference async for difference in audit.differences()] == []


async def test_the_table_is_left_as_it_is(night: Night) -> None:
    before = night.look("SELECT * FROM jobs"), night.look("SELECT * FROM history")
    await compared(night, lists(listed(9)))
    assert (night.look("SELECT * FROM jobs"), night.look("SELECT * FROM history")) == before


# How it is told.


@pytest.mark.parametrize(
    ("difference", "details"),
    [
        (Difference("no_project", UUID(int=1), 1_500), " (1,500 ranges)"),
        (Difference("deleted_file", UUID(int=1), 0), ""),
        (
            Difference("unknown_project", UUID(int=1), 0, "project-9", "By hand"),
            " (project project-9, 'By hand')",
        ),
    ],
)
def test_a_difference_for_people(difference: Difference, details: str) -> None:
    words = f"{UUID(int=1)}: {KINDS[difference.kind]}{details}"
    assert difference_text(difference) == words


def test_a_difference_as_json() -> None:
    difference = Difference("unknown_project", UUID(int=1), 0, "project-9")
    assert difference_fields(difference) == {
        "kind": "unknown_project",
        "file_id": str(UUID(int=1)),
        "ranges": 0,
        "project_id": "project-9",
        "title": None,
    }
