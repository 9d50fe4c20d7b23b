"""The composition root: the only place that names concrete classes and puts them together."""

from batchclip.clock import MachineClock, SystemClock
from batchclip.simulator import Simulator, SimulatorSettings
from batchclip.wiring.decisions import cancel, pause, resolve, resume, retry
from batchclip.wiring.night import audit, check_token, reconcile, run
from batchclip.wiring.rehearsal import Rehearsal, rehearse
from batchclip.wiring.tables import (
    LoadResult,
    check_first,
    load,
    reader,
    running,
    store,
    table_for_run,
)

__all__ = [
    "LoadResult",
    "Rehearsal",
    "audit",
    "cancel",
    "check_first",
    "check_token",
    "load",
    "pause",
    "reader",
    "reconcile",
    "rehearse",
    "resolve",
    "resume",
    "retry",
    "run",
    "running",
    "simulator",
    "store",
    "system_clock",
    "table_for_run",
]


def system_clock() -> MachineClock:
    """The machine's own clock."""
    return SystemClock()


def simulator(world: SimulatorSettings) -> Simulator:
    """A simulator of this world, on the machine's own clock."""
    return Simulator(world, system_clock())
