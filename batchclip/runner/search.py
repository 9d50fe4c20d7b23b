"""Finding files' projects in Restream's list, no further back than needed."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from batchclip.api.reads import ListedProject, ProjectPage
from batchclip.errors import ApiUnavailable, PersonNeeded
from batchclip.evidence import Project
from batchclip.outcome import Kind, Outcome
from batchclip.runner.questions import Questions

MAX_PAGES = 100_000
"""Ten million projects; a list that goes on after that has no end."""

LOOKS = 4
"""How often the list is read at the most until two looks in a row show that nothing has moved."""

READ_SCOPE = "clips.read"
UNAVAILABLE = ApiUnavailable.exit_code


class Reader(Protocol):
    """Reads Restream's projects."""

    async def projects(self, cursor: str | None, token: str) -> ProjectPage | Outcome:
        """Read a page of the project list."""
        ...

    async def project(self, project_id: str, token: str) -> Project | Outcome:
        """Read one project's clips."""
        ...


@dataclass(frozen=True, slots=True)
class Unread:
    """Why something could not be read; `exit_code` is that of a command which needs it.

    `remedy` is what a person can do.
    """

    reason: str
    exit_code: int = 0
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """The reason and the remedy."""
        return f"{self.reason}; {self.remedy}" if self.remedy else self.reason


STOPPED = Unread("the search was stopped")
RESTLESS = Unread("the project list changes while it is read", UNAVAILABLE)
STRANGE = Unread(
    "the project list shows none of the table's projects, as another account's would",
    PersonNeeded.exit_code,
    "look whose token this is",
)


def unread(outcome: Outcome | None, what: str, scope: str = READ_SCOPE) -> Unread:
    """Say why `what` could not be read."""
    if outcome is None:
        return STOPPED
    if outcome.kind is Kind.SCOPE_MISSING:
        remedy = "tick it for the application on Restream's developer page and log in again"
        return Unread(f"the token lacks the scope {scope}", PersonNeeded.exit_code, remedy)
    if outcome.kind is Kind.FEATURE_INACTIVE:
        return Unread("clips are not active for this Restream account", PersonNeeded.exit_code)
    told = [f"HTTP {outcome.http_status}"] if outcome.http_status else []
    told += [outcome.error_name] if outcome.error_name else []
    reason = f"{what} could not be read ({', '.join(told) or outcome.kind.value})"
    return Unread(reason, UNAVAILABLE)


@dataclass(slots=True)
class Pages:
    """Goes through the project list. `problem` says, at the end, why it was not read whole.

    `count`: how many pages were read.
    """

    reader: Reader
    questions: Questions
    problem: Unread | None = None
    count: int = 0

    async def read(self) -> AsyncIterator[tuple[ListedProject, ...]]:
        """Give page after page, the newest project first."""
        cursor: str | None = None
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            page = await self._page(cursor)
            if not isinstance(page, ProjectPage):
                self.problem = unread(page, "the project list")
                return
            self.count += 1
            if not page.whole:
                self.problem = Unread("a part of the project list could not be read", UNAVAILABLE)
            yield page.projects
            if page.next_cursor is None:
                return
            if page.next_cursor in seen:
                break
            cursor = page.next_cursor
            seen.add(cursor)
        self.problem = Unread("the project list goes round in circles", UNAVAILABLE)

    async def _page(self, cursor: str | None) -> ProjectPage | Outcome | None:
        return await self.questions.ask(lambda token: self.reader.projects(cursor, token))


@dataclass(slots=True)
class Search:
    """What the list knows of the files that were looked for.

    `problem`: why a file that was not found may have a project all the same.
    """

    found: dict[UUID, list[ListedProject]] = field(default_factory=dict)
    problem: Unread | None = None
    familiar: bool = False
    shown: set[str] = field(default_factory=set)

    def add(
        self,
        wanted: Collection[UUID],
        known: Collection[str],
        projects: Collection[ListedProject],
    ) -> None:
        """Keep the projects of the wanted files, and whether any is one of the table's."""
        for project in projects:
            self.shown.add(project.project_id)
            self.familiar = self.familiar or project.project_id in known
            if project.file_id is not None and project.file_id in wanted:
                of_file = self.found.setdefault(project.file_id, [])
                # A list that grows while it is read shows a project twice.
                if project.project_id not in {one.project_id for one in of_file}:
                    of_file.append(project)


async def search(
    reader: Reader, questions: Questions, wanted: Collection[UUID], known: Collection[str]
) -> Search:
    """Read the list until every wanted file is found, or to its end.

    What is missing then is looked for again: a project that was deleted meanwhile may have moved
    another from the page that came next to the one that had just been read. A look that shows all
    that the one before it showed proves that nothing has moved. `known` are projects of the table:
    a list that shows none of them is another account's.
    """
    result = Search()
    for _ in range(LOOKS):
        before, result.shown = result.shown, set()
        pages = Pages(reader, questions)
        await look_through(pages, wanted, known, result)
        # Nothing can move within a single page.
        still = pages.count < 2 or (before and before <= result.shown)
        if pages.problem or len(result.found) == len(wanted) or still:
            break
    else:
        result.problem = RESTLESS
    if known and not result.familiar:
        result.problem = result.problem or STRANGE
    return result


async def look_through(
    pages: Pages, wanted: Collection[UUID], known: Collection[str], result: Search
) -> None:
    """Read pages until every wanted file is found, or to the last one."""
    if wanted:
        async for projects in pages.read():
            result.add(wanted, known, projects)
            if len(result.found) == len(wanted):
                break
    result.problem = pages.problem
