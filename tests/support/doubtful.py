"""Nights after which ranges are in doubt, and what Restream may have made of them."""

from email.utils import formatdate
from typing import Any
from uuid import UUID

from batchclip.api.reads import ListedProject, ProjectPage
from batchclip.clips import Clip
from batchclip.events import Notice
from batchclip.evidence import Project
from batchclip.job import Range
from tests.support.fakeclock import FakeClock
from tests.support.runs import CREATED, LOST, Night

HOUR = 3600.0


class Doubtful(Night):
    """A table whose ranges were sent, and whose projects show what a test says."""

    def true_time(self) -> float:
        """Restream's time: this machine's as it was before anybody set it."""
        return FakeClock().now() - FakeClock().monotonic() + self.clock.monotonic()

    def told(self) -> None:
        """An answer tells Restream's time."""
        self.server_clock.notice(formatdate(self.true_time(), usegmt=True))

    async def lose(self, *asked: Range, sent: tuple[Range, ...] = (), after: float = HOUR) -> None:
        """Send all of these, lose the answers to all but those in `sent`, and let time pass."""
        self.told()
        await self.load(*asked)
        self.client.script = lambda one, _: CREATED if one in sent else LOST
        await self.run()
        assert await self.doubts() == len(asked) - len(sent)
        self.client.script = lambda *_: CREATED
        self.client.sent.clear()
        await self.clock.advance(after)

    async def doubts(self) -> int:
        """How many are in doubt."""
        return (await self.states()).get("in_doubt", 0)

    def clip(self, start: float, end: float, ago: float = HOUR - 60.0, name: str = "c") -> Clip:
        """A clip in seconds, made so long ago."""
        made = round(1000 * (self.true_time() - ago))
        return Clip(name, round(1000 * start), round(1000 * end), made)

    def lists(self, *entries: ListedProject, more: str | None = None, whole: bool = True) -> None:
        """Have the list show these projects, and the one that every create is told of."""
        told = ListedProject(str(CREATED.project_id), UUID(int=4711), True, None)
        page = ProjectPage((*entries, told), more, whole)
        self.reader.pages = lambda _: page

    def entry(self, number: int, **changes: Any) -> ListedProject:
        """A file's project in the list, made when the file was sent."""
        created = round(1000 * (self.true_time() - HOUR))
        fields = {"of_video": True, "created_at": created} | changes
        return ListedProject(f"project-{number}", UUID(int=number), **fields)

    def show(self, **clips: tuple[Clip, ...]) -> None:
        """Have the projects `project_1`, `project_2`... show these clips, all ready."""
        self.reader.details = lambda name: Project(name, False, clips[name.replace("-", "_")])

    def notices(self, words: str) -> list[str]:
        """What the operator was told with these words."""
        notices = [event for event in self.listener.events if isinstance(event, Notice)]
        return [notice.sentence for notice in notices if words in notice.sentence]

    def rulings(self) -> list[tuple[str, str]]:
        """The rulings on record and their reasons, in the order in which they were found."""
        return self.look("SELECT ruling, reason FROM evidence ORDER BY id")

    def history(self) -> list[tuple[str, str, str]]:
        """The changes of state that no attempt explains."""
        return self.look("SELECT from_state, to_state, reason FROM history ORDER BY id")
