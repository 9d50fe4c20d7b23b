"""A person's decisions put together with the table that keeps them."""

import getpass
import socket

from batchclip.clock import Clock
from batchclip.job import State
from batchclip.settings import Settings
from batchclip.store.base import Reopen, Result, Write
from batchclip.store.decisions import Cancel, Pause, Resolve, Resume
from batchclip.store.journal import Journal
from batchclip.store.selection import Selection
from batchclip.wiring.tables import existing_store, milliseconds


async def write(settings: Settings, clock: Clock, entry: Write[Result]) -> Result:
    """Write one decision durably. Raises TableError."""
    async with existing_store(settings, clock) as table, Journal(table) as journal:
        return await journal.write(entry)


async def retry(settings: Settings, states: tuple[State, ...], clock: Clock) -> int:
    """Put ranges in these states back to pending; return how many. Raises TableError."""
    return await write(settings, clock, Reopen(states, milliseconds(clock), "`batchclip retry`"))


async def resolve(
    settings: Settings, doubt: tuple[int, int], state: State, note: str, clock: Clock
) -> bool:
    """Take a person's word on a range in doubt; False when it is not in doubt any more.

    `doubt`: the job's number and the generation that was looked at.
    """
    reason = f"{person()} says so" + (f": {note}" if note else "")
    return await write(settings, clock, Resolve(*doubt, state, reason, milliseconds(clock)))


async def cancel(settings: Settings, selection: Selection, clock: Clock) -> int:
    """Take ranges out; return how many. Raises TableError."""
    reason = f"`batchclip cancel` by {person()}"
    return await write(settings, clock, Cancel(selection, reason, milliseconds(clock)))


async def pause(settings: Settings, clock: Clock) -> bool:
    """Halt the table's runs; False when they are halted already. Raises TableError."""
    return await write(settings, clock, Pause(person(), milliseconds(clock)))


async def resume(settings: Settings, clock: Clock) -> bool:
    """Let the table's runs go on; False when nothing halts them. Raises TableError."""
    return await write(settings, clock, Resume(person(), milliseconds(clock)))


def person() -> str:
    """Who decides, as far as this machine knows."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "somebody"
    return f"{name} on {socket.gethostname()}"
