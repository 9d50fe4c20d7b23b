"""What can't be read, or can be read in two ways, settles nothing and is sent no second time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batchclip.api.reads import ProjectPage
from batchclip.evidence import Project
from batchclip.outcome import Kind, Outcome
from tests.support.doubtful import Doubtful
from tests.support.runs import SCOPELESS, part

GONE = Outcome(Kind.REFUSED, http_status=404, error_name="ProjectNotFound")
BROKEN_PAGE = Outcome(Kind.UNKNOWN, http_status=500, error_name="InternalServerError")


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Doubtful]:
    opened = Doubtful(tmp_path / "table.db")
    async with opened:
        yield opened


async def stays(night: Doubtful, words: str) -> None:
    """It is still in doubt, was not sent, and this is why."""
    assert await night.doubts() == 1
    assert part(1) not in [asked for _, asked in night.client.sent]
    [(ruling, reason)] = night.rulings()
    assert (ruling, words in reason) == ("unclear", True), reason


HALVES: dict[str, tuple[ProjectPage | Outcome, str]] = {
    "a broken second page": (BROKEN_PAGE, "could not be read (HTTP 500, InternalServerError)"),
    "a repeated cursor": (ProjectPage((), "b", True), "goes round in circles"),
    "more, without a cursor": (ProjectPage((), None, False), "a part of the project list"),
}


@pytest.mark.parametrize("name", HALVES)
async def test_half_a_list_proves_nothing(night: Doubtful, name: str) -> None:
    second, words = HALVES[name]
    await night.lose(part(1))
    first = ProjectPage((), "b", True)
    night.reader.pages = lambda at: first if at is None else second
    assert (await night.run()).exit_code == 1
    await stays(night, words)


async def test_a_list_with_an_entry_that_cannot_be_read_proves_nothing(night: Doubtful) -> None:
    await night.lose(part(1))
    night.lists(whole=False)
    await night.run()
    await stays(night, "a part of the project list could not be read")


async def test_a_project_that_is_gone_proves_nothing(night: Doubtful) -> None:
    await night.lose(part(1))
    night.lists(night.entry(1))
    night.reader.details = lambda _: GONE
    await night.run()
    await stays(night, "its file's project is not there any more")


async def test_a_file_with_two_projects_proves_nothing(night: Doubtful) -> None:
    await night.lose(part(1))
    other = night.entry(1)
    night.lists(other, night.entry(2), type(other)("twin", other.file_id, True, None))
    await night.run()
    await stays(night, "its file has several projects, or one of another kind")
    assert night.reader.asked == [None]


async def test_a_project_of_another_kind_proves_nothing(night: Doubtful) -> None:
    await night.lose(part(1))
    night.lists(night.entry(1, of_video=False))
    await night.run()
    await stays(night, "its file has several projects, or one of another kind")


@pytest.mark.parametrize("name", ["..", "a/b", "a?b", ""])
async def test_a_project_whose_id_leads_elsewhere_is_never_asked_for(
    night: Doubtful, name: str
) -> None:
    await night.lose(part(1))
    entry = night.entry(1)
    night.lists(type(entry)(name, entry.file_id, True, None))
    await night.run()
    await stays(night, "has an id that can't be asked for")
    assert night.reader.asked == [None]


async def test_while_clips_are_being_made_it_waits(night: Doubtful) -> None:
    await night.lose(part(1))
    night.lists(night.entry(1))
    night.reader.details = lambda name: Project(name, True, ())
    await night.run()
    assert night.rulings() == [("too_early", "clips of its file are still being made")]
    assert await night.doubts() == 1


async def test_without_the_scope_it_stays_in_doubt_and_the_operator_is_told(
    night: Doubtful,
) -> None:
    await night.lose(part(1))
    night.reader.pages = lambda _: SCOPELESS
    assert (await night.run()).exit_code == 1
    await stays(night, "the token lacks the scope clips.read")
    [sentence] = night.notices("clips.read")
    assert "tick it for the application" in sentence
