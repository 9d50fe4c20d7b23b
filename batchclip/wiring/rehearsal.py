"""A rehearsal put together: the same run, but against the simulator and its books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from pydantic import SecretStr

from batchclip.clock import MachineClock
from batchclip.job import Mode, Range, State
from batchclip.runner.halts import End
from batchclip.settings import Settings
from batchclip.simulator import Books, Simulator, SimulatorSettings
from batchclip.store.base import Store
from batchclip.wiring.night import run
from batchclip.wiring.tables import LoadResult, load, store


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How a rehearsal went. `books` is the simulator's own summary of what really happened."""

    loaded: LoadResult
    end: End | None
    counts: Mapping[State, int]
    books: dict[str, object]
    lost: int


async def rehearse(
    settings: Settings,
    manifests: Sequence[str],
    world: SimulatorSettings,
    clock: MachineClock,
    messages: TextIO,
) -> Rehearsal:
    """Run manifests against the simulator, in a table of their own that is removed at the end.

    No secret of the settings is used. Raises TableError when there is no room for the table.
    """
    with TemporaryDirectory(prefix="batchclip-rehearsal-") as folder:
        async with Simulator(world, clock) as simulator:
            pretended = settings.model_copy(
                update={
                    "db": str(Path(folder) / "rehearsal.db"),
                    "api_url": simulator.url,
                    "access_token": SecretStr("rehearsal-token"),
                }
            )
            async with store(pretended, clock) as table:
                loaded = await load(pretended, manifests, clock, table, messages)
                end = await run(pretended, table, clock, messages) if loaded.loaded else None
                lost = await lost_ranges(table, simulator.books)
                counts = await table.counts()
        return Rehearsal(loaded, end, counts, simulator.books.summary(), lost)


async def lost_ranges(table: Store, books: Books) -> int:
    """Count the ranges about which table and books disagree.

    Submitted without an effect is lost work; an effect that the table takes for not sent would be
    paid for again. A whole video is exempt from the second: to send it again is harmless.
    """
    took_effect = {effect[1:6] for effect in books.effects()}
    lost = 0
    async for report in table.ranges((State.SUBMITTED, *WOULD_BE_SENT_AGAIN)):
        happened = identity_in_books(report.range) in took_effect
        if report.state is State.SUBMITTED:
            lost += not happened
        else:
            lost += happened and not report.range.harmless_to_repeat
    return lost


WOULD_BE_SENT_AGAIN = (State.PENDING, State.FAILED, State.REJECTED)


def identity_in_books(asked: Range) -> tuple[str, float | None, float | None, bool, bool]:
    """A range as the simulator's books name an effect: file, start, end, single, force."""
    start = None if asked.start_ms is None else asked.start_ms / 1000
    end = None if asked.end_ms is None else asked.end_ms / 1000
    return str(asked.file_id), start, end, asked.mode is Mode.SINGLE, asked.forced
