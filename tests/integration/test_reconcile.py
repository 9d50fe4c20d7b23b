"""A search for evidence within a run: all of it real but the network and the clock."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from batchclip.job import Range
from batchclip.store.base import Claim, Intend, StartRun
from batchclip.store.decisions import Pause
from tests.support.doubtful import HOUR, Doubtful
from tests.support.runs import CREATED, LOST, part, whole


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Doubtful]:
    opened = Doubtful(tmp_path / "table.db")
    async with opened:
        yield opened


async def test_what_happened_is_submitted_with_its_project_and_not_sent_again(
    night: Doubtful,
) -> None:
    await night.lose(part(1))
    night.lists(night.entry(1))
    night.show(project_1=(night.clip(0, 10, name="clip-7"),))
    assert (await night.run()).exit_code == 0
    assert (await night.states(), night.client.sent) == ({"submitted": 1}, [])
    assert night.look("SELECT project_id FROM jobs") == [("project-1",)]
    reason = "1 clip made of it after it was sent"
    assert night.rulings() == [("happened", reason)]
    assert night.history() == [("in_doubt", "submitted", f"evidence: {reason}")]
    [(compared, run_id)] = night.look("SELECT compared, run_id FROM evidence, history")
    assert ([one["clip_id"] for one in json.loads(compared)["clips"]], run_id) == (["clip-7"], 2)
    assert night.notices("evidence: ") == ["evidence: 1 submitted after all"]


async def test_what_never_happened_is_sent_again_in_the_same_run(night: Doubtful) -> None:
    await night.lose(part(1))
    night.lists()
    assert (await night.run()).exit_code == 0
    assert [asked for _, asked in night.client.sent] == [part(1)]
    assert await night.states() == {"submitted": 1}
    reason = "its file has no project at all"
    assert night.history() == [("in_doubt", "pending", f"evidence: {reason}")]
    assert night.notices("evidence: ") == ["evidence: 1 never happened, pending again"]


async def test_what_is_unclear_stays_in_doubt_and_says_why(night: Doubtful) -> None:
    await night.lose(part(1))
    night.lists(night.entry(1))
    night.show(project_1=(night.clip(0, 600),))
    assert (await night.run()).exit_code == 1
    assert (await night.states(), night.client.sent) == ({"in_doubt": 1}, [])
    [(ruling, reason)] = night.rulings()
    assert (ruling, "the span or the time doesn't fit" in reason) == ("unclear", True)
    assert night.history() == []
    assert len(night.notices("1 still in doubt (`batchclip why` says why)")) == 1


async def test_what_it_held_back_goes_out_once_it_is_settled(night: Doubtful) -> None:
    await night.load(part(1, 0, 20), part(1, 10, 40))
    night.told()
    night.client.script = lambda asked, _: LOST if asked == part(1, 0, 20) else CREATED
    await night.run()
    assert await night.states() == {"in_doubt": 1, "pending": 1}
    await night.clock.advance(HOUR)
    night.lists(night.entry(1))
    night.show(project_1=(night.clip(0, 15),))
    assert (await night.run()).exit_code == 0
    assert await night.states() == {"submitted": 2}
    assert [asked for _, asked in night.client.sent] == [part(1, 0, 20), part(1, 10, 40)]


@pytest.mark.parametrize(("takes", "state"), [(20.0, "submitted"), (5.0, "in_doubt")])
async def test_what_is_too_young_at_the_start_is_looked_for_at_the_end(
    night: Doubtful, takes: float, state: str
) -> None:
    await night.lose(part(1))
    night.lists()
    await night.load(part(2))
    night.client.takes = takes
    await night.run(settle=HOUR + 10.0)
    assert await night.states() == (
        {"submitted": 2} if state == "submitted" else {"submitted": 1, "in_doubt": 1}
    )
    # Its own request goes out once the other's has ended.
    sent = [asked for _, asked in night.client.sent]
    assert sent == ([part(2), part(1)] if state == "submitted" else [part(2)])


async def test_what_is_too_young_is_not_looked_for_at_all(night: Doubtful) -> None:
    await night.lose(part(1))
    await night.run(settle=HOUR + 10.0)
    assert (night.reader.asked, night.rulings()) == ([], [])
    assert await night.doubts() == 1


async def test_a_pause_looks_for_nothing(night: Doubtful) -> None:
    await night.lose(part(1))
    night.lists()
    await night.store.commit([Pause("anna", 0)])
    await night.run()
    assert (night.reader.asked, await night.doubts()) == ([], 1)
    assert not night.notices("looking for evidence")


async def test_the_details_of_a_file_are_fetched_once_for_all_of_its_ranges(
    night: Doubtful,
) -> None:
    ranges = [part(1, 0, 15), part(1, 20, 35), part(1, 40, 55)]
    await night.lose(*ranges)
    night.lists(night.entry(1))
    night.show(project_1=(night.clip(0, 10), night.clip(21, 30, name="d")))
    await night.run()
    assert night.reader.asked == [None, "project-1"]
    assert sorted(ruling for ruling, _ in night.rulings()) == ["happened", "happened", "unclear"]


async def test_a_file_whose_project_another_range_has_told_is_not_looked_for(
    night: Doubtful,
) -> None:
    await night.lose(part(1, 0, 15), part(1, 20, 35), sent=(part(1, 0, 15),))
    night.show(project=(night.clip(0, 15),))
    assert (await night.run()).exit_code == 0
    assert night.reader.asked == ["project"]
    assert night.rulings() == [
        ("never_happened", "its file's project has no clip that could be of it")
    ]


async def test_nothing_unclear_is_looked_at_twice_in_one_run(night: Doubtful) -> None:
    await night.lose(part(1), part(2))
    night.lists(night.entry(1))
    night.show(project_1=(night.clip(0, 600),))
    await night.run()
    assert sorted(ruling for ruling, _ in night.rulings()) == ["never_happened", "unclear"]
    assert night.reader.asked == [None, "project-1"]


async def test_a_new_run_looks_again(night: Doubtful) -> None:
    await night.lose(part(1))
    night.lists(night.entry(1))
    night.show(project_1=(night.clip(0, 600),))
    await night.run()
    night.show(project_1=(night.clip(0, 10),))
    assert (await night.run()).exit_code == 0


@pytest.mark.parametrize(
    ("asked", "clip", "state"),
    [
        (whole(1, force=True), (100, 130), "submitted"),
        (Range(part(1).file_id, 0, 15_000), (100, 130), "in_doubt"),
    ],
)
async def test_a_project_of_its_own_that_has_nothing_else_is_not_sent_again(
    night: Doubtful, asked: Range, clip: tuple[float, float], state: str
) -> None:
    await night.lose(asked)
    night.lists(night.entry(1))
    night.show(project_1=(night.clip(*clip),))
    await night.run()
    assert (await night.states(), night.client.sent) == ({state: 1}, [])


async def test_a_range_whose_process_died_is_looked_for(night: Doubtful) -> None:
    await night.load(part(1))
    now = round(1000 * night.clock.now())
    [run_id] = await night.store.commit([StartRun(now, 1, "host")])
    assert isinstance(run_id, int)
    await night.store.commit([Claim(run_id, now, 1)])
    [left] = await night.store.left_claims()
    await night.store.commit([Intend(left.claimed.generation, now, now)])
    night.lists()
    await night.run()
    assert (await night.doubts(), night.reader.asked) == (1, [])
    await night.clock.advance(HOUR)
    night.told()
    assert (await night.run()).exit_code == 0
    assert [asked for _, asked in night.client.sent] == [part(1)]
