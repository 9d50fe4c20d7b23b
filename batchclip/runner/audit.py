"""`batchclip audit`: the job table held against what Restream has. Nothing is changed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from batchclip.api.reads import ListedProject
from batchclip.difference import Difference
from batchclip.outcome import Outcome
from batchclip.runner.questions import Questions
from batchclip.runner.search import Pages, Reader, Unread, unread
from batchclip.store.base import JobReader

STORAGE_SCOPE = "storage.read"


class Shelf(Reader, Protocol):
    """Reads Restream's projects and the files in its video storage."""

    async def files(self, token: str) -> frozenset[UUID] | Outcome:
        """Read the ids of all files in video storage."""
        ...


@dataclass(slots=True)
class Audit:
    """Compares. After `differences`, `problems` say what could not be compared."""

    table: JobReader
    shelf: Shelf
    questions: Questions
    problems: list[Unread] = field(default_factory=list)
    projects: int = 0

    async def differences(self) -> AsyncIterator[Difference]:
        """Give every difference. Raises TableError when the table can't be read."""
        # What a run clips from now on may be missing from the list.
        began = round(1000 * self.questions.clock.now())
        listed, whole = await self._listed()
        stored = await self.questions.ask(self.shelf.files)
        if not isinstance(stored, frozenset):
            self.problems.append(unread(stored, "the list of storage files", STORAGE_SCOPE))
            stored = None
        async for file in self.table.files(began):
            known = listed.pop(file.file_id, None)
            # Of a list that was not read whole nothing can be said to be missing.
            if known is None and file.clipped and whole:
                yield Difference("no_project", file.file_id, file.clipped)
            if known is not None and not file.sent:
                project_id, title = known.project_id, known.title
                yield Difference("unsent", file.file_id, file.ranges, project_id, title)
            if stored is not None and file.file_id not in stored:
                yield Difference("deleted_file", file.file_id, file.ranges)
        for file_id, project in listed.items():
            title, project_id = project.title, project.project_id
            yield Difference("unknown_project", file_id, 0, project_id, title)

    async def _listed(self) -> tuple[dict[UUID, ListedProject], bool]:
        """The projects of video files, by file, and whether the list was read whole."""
        listed: dict[UUID, ListedProject] = {}
        pages = Pages(self.shelf, self.questions)
        async for projects in pages.read():
            self.projects += len(projects)
            for project in projects:
                if project.of_video and project.file_id is not None:
                    listed[project.file_id] = project
        if pages.problem is not None:
            self.problems.append(pages.problem)
        return listed, pages.problem is None
