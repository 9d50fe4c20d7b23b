"""A simulator put together, to stand by itself."""

from batchclip.simulator import Simulator, SimulatorSettings
from batchclip.wiring import system_clock


def simulator(world: SimulatorSettings) -> Simulator:
    """A simulator of this world, on the machine's own clock."""
    return Simulator(world, system_clock())
