"""Signals: the first one drains, a second one leaves at once."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

from batchclip.runner.halts import Halts, interrupted

NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Interruptions:
    """Counts the signals that came. `messages` is where a person reads."""

    def __init__(self, halts: Halts, messages: TextIO) -> None:
        self._halts = halts
        self._messages = messages
        self._came = False

    def on(self, number: signal.Signals) -> None:
        """Take a signal."""
        if self._came:
            self._leave_at_once(128 + number)
        self._came = True
        self._halts.stop(interrupted(number.name, number))

    def _leave_at_once(self, exit_code: int) -> None:
        """End the process now. The table is right without us: every intent is on disk."""
        if self._messages.isatty():
            self._messages.write("\x1b[?25h")  # the live display had hidden the cursor
        self._messages.write("\nleft at once; the next run settles what was on the wire\n")
        self._messages.flush()
        os._exit(exit_code)


@asynccontextmanager
async def handled(halts: Halts, messages: TextIO) -> AsyncIterator[None]:
    """Handle SIGINT and SIGTERM meanwhile."""
    loop = asyncio.get_running_loop()
    interruptions = Interruptions(halts, messages)
    for number in NUMBERS:
        loop.add_signal_handler(number, interruptions.on, number)
    try:
        yield
    finally:
        for number in NUMBERS:
            loop.remove_signal_handler(number)
