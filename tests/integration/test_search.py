"""Finding files' projects in a list: no further back than needed, and never believed by halves."""

from collections.abc import Callable, Collection
from itertools import pairwise
from uuid import UUID

import pytest

from batchclip.api.reads import ListedProject, ProjectPage
from batchclip.outcome import Kind, Outcome
from batchclip.runner import search as module
from batchclip.runner.halts import interrupted
from batchclip.runner.questions import TRIES
from batchclip.runner.search import STOPPED, STRANGE, Search, Unread, search, unread
from tests.support.inquiry import Inquiry
from tests.support.runs import BROKEN, LOST, SCOPELESS, ScriptedReader

BROKEN_PAGE = Outcome(Kind.UNKNOWN, http_status=500, error_name="InternalServerError")
Pages = Callable[[str | None], ProjectPage | Outcome]


def listed(number: int, name: str = "") -> ListedProject:
    return ListedProject(name or f"project-{number}", UUID(int=number), True, None)


def page(*numbers: int, cursor: str | None = None, whole: bool = True) -> ProjectPage:
    return ProjectPage(tuple(listed(number) for number in numbers), cursor, whole)


def chain(*pages: tuple[int, ...]) -> dict[str | None, ProjectPage | Outcome]:
    """Pages that lead from one to the next."""
    names = [None, *(f"after-{number}" for number in range(1, len(pages)))]
    ends = [*pairwise(names), (names[-1], None)]
    return {
        name: page(*numbers, cursor=after)
        for numbers, (name, after) in zip(pages, ends, strict=True)
    }


class Looking:
    """One who looks for files in a scripted list."""

    def __init__(self, pages: Pages | dict[str | None, ProjectPage | Outcome]) -> None:
        self.inquiry = Inquiry()
        self.reader = ScriptedReader(pages if callable(pages) else pages.__getitem__)

    async def find(self, *numbers: int, known: Collection[str] = ()) -> Search:
        wanted = frozenset(UUID(int=number) for number in numbers)
        work = search(self.reader, self.inquiry.questions, wanted, known)
        return await self.inquiry.passing(work)


def found(result: Search) -> dict[int, list[str]]:
    return {
        file_id.int: [one.project_id for one in projects]
        for file_id, projects in result.found.items()
    }


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ((), []),
        ((1,), [None]),
        ((1, 2), [None]),
        ((3,), [None, "after-1"]),
        ((1, 5), [None, "after-1", "after-2"]),
    ],
)
async def test_the_list_is_read_no_further_back_than_needed(
    wanted: tuple[int, ...], asked: list[str | None]
) -> None:
    looking = Looking(chain((1, 2), (3, 4), (5, 6)))
    result = await looking.find(*wanted)
    assert found(result) == {number: [f"project-{number}"] for number in wanted}
    assert (looking.reader.asked, result.problem) == (asked, None)


async def test_what_is_missing_in_a_single_page_is_missing() -> None:
    looking = Looking(chain((1, 2)))
    result = await looking.find(1, 9)
    assert (found(result), result.problem, looking.reader.asked) == (
        {1: ["project-1"]},
        None,
        [None],
    )


async def test_what_is_missing_in_several_pages_is_looked_for_once_more() -> None:
    looking = Looking(chain((1, 2), (3, 4)))
    result = await looking.find(1, 9)
    assert (found(result), result.problem) == ({1: ["project-1"]}, None)
    assert looking.reader.asked == [None, "after-1"] * 2


async def test_a_project_that_moves_to_the_page_just_read_is_found_all_the_same() -> None:
    projects = [1, 2, 3, 4]

    def pages(cursor: str | None) -> ProjectPage:
        start = int(cursor or 0)
        answer = page(*projects[start : start + 2])
        more = start + 2 < len(projects)
        if cursor is None and 1 in projects:
            # Somebody deletes the newest, and the third comes where the second was.
            projects.remove(1)
        return ProjectPage(answer.projects, str(start + 2) if more else None, True)

    result = await Looking(pages).find(3)
    assert (found(result), result.problem) == ({3: ["project-3"]}, None)


async def test_a_list_of_another_account_proves_nothing() -> None:
    strangers = chain((1, 2), (3, 4))
    result = await Looking(strangers).find(9, known={"project-7", "project-8"})
    assert result.problem == STRANGE
    assert (await Looking(strangers).find(9, known={"project-7", "project-3"})).problem is None
    assert (await Looking(strangers).find(9)).problem is None


async def test_a_project_that_is_shown_twice_is_one() -> None:
    result = await Looking(chain((1, 2), (2, 3))).find(2, 9)
    assert found(result) == {2: ["project-2"]}


async def test_two_projects_of_one_file_are_both_told() -> None:
    both = ProjectPage((listed(1, "new"), listed(1, "old")), None, True)
    assert found(await Looking({None: both}).find(1)) == {1: ["new", "old"]}


REMEDY = "tick it for the application on Restream's developer page and log in again"
HALVES: dict[str, tuple[dict[str | None, ProjectPage | Outcome], str]] = {
    "a second page that is broken": (
        {None: page(1, cursor="b"), "b": BROKEN_PAGE},
        "the project list could not be read (HTTP 500, InternalServerError)",
    ),
    "a cursor that is repeated": (
        {None: page(1, cursor="b"), "b": page(2, cursor="b")},
        "the project list goes round in circles",
    ),
    "cursors that go in a circle": (
        {None: page(1, cursor="b"), "b": page(2, cursor="c"), "c": page(3, cursor="b")},
        "the project list goes round in circles",
    ),
    "more, and no cursor": (
        {None: page(1, whole=False)},
        "a part of the project list could not be read",
    ),
    "an entry that can't be read": (
        {None: page(1, cursor="b", whole=False), "b": page(2)},
        "a part of the project list could not be read",
    ),
}


@pytest.mark.parametrize("name", HALVES)
async def test_a_list_that_is_not_read_whole_is_no_proof_that_anything_is_missing(
    name: str,
) -> None:
    pages, reason = HALVES[name]
    looking = Looking(pages)
    result = await looking.find(1, 9)
    assert (found(result), result.problem) == ({1: ["project-1"]}, Unread(reason, 5))
    # Nor is it read for ever.
    assert len(looking.reader.asked) <= len(pages) + TRIES[Kind.UNKNOWN]


async def test_a_broken_page_is_asked_for_again() -> None:
    answers: list[ProjectPage | Outcome] = [page(1, cursor="b"), BROKEN_PAGE, BROKEN, page(9)]
    looking = Looking(lambda _: answers.pop(0))
    assert found(await looking.find(9)) == {9: ["project-9"]}
    assert looking.reader.asked == [None, "b", "b", "b"]


async def test_a_second_look_that_fails_proves_nothing() -> None:
    answers: list[ProjectPage | Outcome] = [page(1, cursor="b"), page(2), page(1, cursor="b")]
    answers += [BROKEN_PAGE] * 3
    result = await Looking(lambda _: answers.pop(0)).find(9)
    assert result.problem is not None
    assert result.problem.exit_code == 5


async def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PAGES", 7)
    looking = Looking(lambda cursor: page(1, cursor=str(int(cursor or 0) + 1)))
    result = await looking.find(9)
    assert result.problem == Unread("the project list goes round in circles", 5)
    assert len(looking.reader.asked) == 7


@pytest.mark.parametrize("stop_at", [1, 2])
async def test_a_stop_ends_the_search_and_proves_nothing(stop_at: int) -> None:
    looking = Looking(lambda _: page())

    def pages(cursor: str | None) -> ProjectPage:
        if len(looking.reader.asked) == stop_at:
            looking.inquiry.halts.stop(interrupted("SIGTERM", 15))
        return page(1, cursor=str(int(cursor or 0) + 1))

    looking.reader.pages = pages
    result = await looking.find(9)
    assert (result.problem, len(looking.reader.asked)) == (STOPPED, stop_at)


@pytest.mark.parametrize(
    ("outcome", "code", "sentence"),
    [
        (
            SCOPELESS,
            4,
            f"the token lacks the scope clips.read; {REMEDY}",
        ),
        (
            Outcome(Kind.FEATURE_INACTIVE, 402),
            4,
            "clips are not active for this Restream account",
        ),
        (BROKEN_PAGE, 5, "it could not be read (HTTP 500, InternalServerError)"),
        (LOST, 5, "it could not be read (ServerDisconnectedError)"),
        (Outcome(Kind.REFUSED), 5, "it could not be read (refused)"),
        (None, 0, "the search was stopped"),
    ],
)
def test_why_something_could_not_be_read(outcome: Outcome | None, code: int, sentence: str) -> None:
    told = unread(outcome, "it")
    assert (told.exit_code, told.sentence) == (code, sentence)
    assert (
        unread(SCOPELESS, "it", "storage.read").reason == "the token lacks the scope storage.read"
    )
