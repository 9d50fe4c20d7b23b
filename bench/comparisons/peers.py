"""The same ranges by what a user would pick instead of batchclip."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from statistics import median

from bench.contenders import CONTENDERS, Trial
from bench.figures import ratios, short
from bench.ground import Ground, copied
from bench.interleave import interleave, tell
from bench.plan import Plan
from bench.postgres import postgres
from bench.process import CannotRunError, Measured
from bench.results import Line

OURS = "batchclip"


@dataclass(frozen=True)
class Contest:
    """All sides: what each does when it is its turn, in ranges a second of the whole process."""

    ground: Ground
    plan: Plan
    database: str

    def ours(self) -> float:
        """Run a copy of the table."""
        ranges = self.plan.ranges
        table = copied(self.ground.table(ranges, ranges), self.ground.folder / "run.db")
        return ranges / self.ground.submit(table).wall_seconds

    def peer(self, name: str, contender: Callable[[Trial], Measured]) -> float:
        """Have a peer send as many ranges as it has time for."""
        trial = Trial(self.ground, getattr(self.plan, name), self.database)
        before = self.ground.server.answered
        took = contender(trial).wall_seconds
        self.ground.check_answered(name, self.ground.server.answered - before, trial.ranges)
        return trial.ranges / took


def compare(ground: Ground, plan: Plan) -> Iterator[Line]:
    """Our rate in terms of each peer's, of the same round."""
    with ExitStack() as stack:
        try:
            database = stack.enter_context(postgres())
        except CannotRunError as error:
            # Procrastinate alone needs it, and will say so.
            tell(f"  {error}")
            database = "host=/nowhere"
        contest = Contest(ground, plan, database)
        peers = {name: partial(contest.peer, name, way) for name, way in CONTENDERS.items()}
        refused = warmed_up(peers)
        yield from (Line(key=f"peers.{name}", not_run=why) for name, why in refused.items())
        able = {name: side for name, side in peers.items() if name not in refused}
        contest.ours()
        yield from lines_of(interleave({OURS: contest.ours, **able}, plan.pairs, warm_ups=0))


def warmed_up(peers: Mapping[str, Callable[[], float]]) -> dict[str, str]:
    """Let each have a go that doesn't count; return those that can't run, with the reason."""
    refused = {}
    for name, side in peers.items():
        tell(f"  warm-up: {name}")
        try:
            side()
        except CannotRunError as error:
            tell(f"  {name} could not be run: {error}")
            refused[name] = str(error)
    return refused


def lines_of(rates: dict[str, list[float]]) -> Iterator[Line]:
    """A line for each peer."""
    ours = rates.pop(OURS)
    for name, theirs in rates.items():
        beside = {"batchclip/s": short(median(ours)), f"{name}/s": short(median(theirs))}
        yield Line(key=f"peers.{name}", values=ratios(ours, theirs), beside=beside)
