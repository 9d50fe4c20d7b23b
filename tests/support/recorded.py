"""A night recorded write by write and sync by sync, and when each request arrived."""

import random
import signal
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from batchclip.job import Range
from tests.support.commands import going
from tests.support.grounds import Done, Trouble, noted
from tests.support.program import file_id
from tests.support.standin import Asked, Create, Reply, StandIn, created
from tests.support.troubled import TroubledProgram


@dataclass
class Recorded:
    """What the disk did, and how long the record was when the ranges were loaded, and arrived."""

    happened: list[Done]
    loaded: frozenset[Range]
    loaded_at: int
    arrived: dict[Range, int]

    def seen(self, moment: int) -> set[Range]:
        """What Restream had surely seen when the record was so long."""
        return {asked for asked, at in self.arrived.items() if at <= moment}


def record(folder: Path, dice: random.Random) -> Recorded:
    """Load, run, kill the run at some moment, and run to the end."""
    notes = folder / "notes"
    trouble = Trouble(notes=str(notes), checkpoint_pages=dice.choice([20, 50]))
    program = TroubledProgram(folder, trouble=trouble)
    files = range(dice.randint(6, 12))
    rows = [(file_id(file), 20 * part, 20 * part + 15) for file in files for part in range(3)]
    assert program.run("load", program.manifest(rows)).returncode == 0
    loaded_at = notes.stat().st_size
    arrived: dict[Range, int] = {}

    def answer(create: Create) -> Reply:
        arrived.setdefault(range_of(create.asked), notes.stat().st_size)
        return Reply(cut=True) if dice.random() < 0.1 else created(create)

    with StandIn(answer) as standin:
        program.url = standin.url
        with going(program, "run", "--max-concurrency", "4") as running:
            standin.wait_for(dice.randint(4, len(rows) // 2))
            running.send_signal(signal.SIGKILL)
        assert program.run("run", "--max-concurrency", "4").returncode in {0, 1}
    assert set(standin.counts.values()) == {1}
    loaded = frozenset(Range(UUID(file), 1000 * start, 1000 * end) for file, start, end in rows)
    return Recorded(list(noted(notes)), loaded, loaded_at, arrived)


def range_of(asked: Asked) -> Range:
    """What arrived, as the job table names it."""
    assert asked.start is not None
    assert asked.end is not None
    return Range(UUID(asked.file), round(1000 * asked.start), round(1000 * asked.end))
