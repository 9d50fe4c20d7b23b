"""The composition root: the only place that names concrete classes and puts them together.

A command imports the one of its modules that it needs, so that those that only read start at once.
"""

from batchclip.clock import MachineClock, SystemClock

__all__ = ["system_clock"]


def system_clock() -> MachineClock:
    """The machine's own clock."""
    return SystemClock()
