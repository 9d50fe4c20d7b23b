"""A power loss takes what was not synced; what Restream has seen must stand in what is left.

A night is recorded once for each seed. From the record, any moment's power loss can be built.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from batchclip.job import Range
from tests.support.powerloss import LOSSES, Platter
from tests.support.proof import seeds, size
from tests.support.recorded import Recorded, range_of, record
from tests.support.runs import Night
from tests.support.standin import StandIn
from tests.support.troubled import TroubledProgram

TABLE = "table.db"
RANGES = """
SELECT ranges.file_id, jobs.start_ms, jobs.end_ms
FROM jobs JOIN ranges USING (id) LEFT JOIN claims ON claims.job_id = jobs.id
"""
MAY_HAVE_LEFT = f"""{RANGES}
WHERE jobs.state NOT IN ('pending', 'submitting') OR claims.sent_at IS NOT NULL
"""


@pytest.fixture(scope="module", params=seeds(1, 6))
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    dice = random.Random(request.param)  # noqa: S311 -- a seed that repeats
    return record(tmp_path_factory.mktemp(f"night-{request.param}"), dice)


def wrecks(
    recorded: Recorded, folder: Path, *, losses: int, every: int, after_load: bool = True
) -> Iterator[tuple[int, Path]]:
    """Lose the power after every so many operations, in some of the ways that there are.

    Gives how long the record was then, and the folder with what is left.
    """
    dice = random.Random(len(recorded.happened))  # noqa: S311 -- a seed that repeats
    platter = Platter()
    for number, done in enumerate(recorded.happened):
        platter.happen(done)
        if number % every or (after_load and done.noted_at < recorded.loaded_at):
            continue
        for loss in dice.sample(LOSSES, losses):
            place = folder / f"{number}-{loss.__name__}"
            place.mkdir()
            platter.lose_power(place, loss, dice)
            yield done.noted_at, place


def look(folder: Path, statement: str) -> set[Range]:
    with closing(sqlite3.connect(folder / TABLE)) as database:
        rows = database.execute(statement)
        return {Range(UUID(file_id), start, end) for file_id, start, end in rows}


def test_an_intent_survives_whatever_the_disk_had_not_got_to(
    recorded: Recorded, tmp_path: Path
) -> None:
    for moment, folder in wrecks(recorded, tmp_path, losses=size(1, 5), every=size(3, 2)):
        assert recorded.seen(moment) <= look(folder, MAY_HAVE_LEFT), folder.name
        assert look(folder, RANGES) == recorded.loaded, folder.name


def test_the_record_is_one_in_which_a_power_loss_takes_something(recorded: Recorded) -> None:
    platter, at_stake = Platter(), 0
    for done in recorded.happened:
        platter.happen(done)
        at_stake += platter.unsynced > 0
    assert at_stake > len(recorded.happened) / 4
    into_table = [one for one in recorded.happened if (one.kind, one.file) == ("sync", TABLE)]
    # The log was copied into the table and begun anew while requests came in.
    first, last = min(recorded.arrived.values()), max(recorded.arrived.values())
    assert any(first < one.noted_at < last for one in into_table)


async def test_a_run_over_what_is_left_sends_nothing_again(
    recorded: Recorded, tmp_path: Path
) -> None:
    for moment, folder in wrecks(recorded, tmp_path, losses=1, every=size(23, 5), after_load=False):
        async with Night(folder / TABLE) as night:
            # A person who saw no `loaded` loads again.
            await night.load(*recorded.loaded)
            end = await night.run()
            states = await night.states()
        sent = [asked for _, asked in night.client.sent]
        assert end.exit_code in {0, 1}, folder.name
        assert len(set(sent)) == len(sent)
        assert recorded.seen(moment).isdisjoint(sent), folder.name
        assert states.keys() <= {"submitted", "in_doubt"}, folder.name
        assert sum(states.values()) == len(recorded.loaded), folder.name


def test_the_real_program_goes_on_after_a_power_loss(recorded: Recorded, tmp_path: Path) -> None:
    many = len(recorded.happened) // size(2, 10)
    for moment, folder in wrecks(recorded, tmp_path, losses=1, every=many):
        with StandIn() as standin:
            program = TroubledProgram(folder, standin.url)
            done = program.run("run")
        assert done.returncode in {0, 1}, done.stderr
        assert "Traceback" not in done.stderr
        sent = [range_of(create.asked) for create in standin.creates]
        assert recorded.seen(moment).isdisjoint(sent), folder.name
        assert len(program.report()) == len(recorded.loaded)
