"""One group of writes, done kind by kind in an order that is safe."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from batchclip.store import settling, writes
from batchclip.store.base import (
    Claim,
    EndRun,
    Finish,
    Hold,
    Intend,
    PutBack,
    Reopen,
    StartRun,
    Write,
)
from batchclip.store.decisions import Cancel, Pause, Resolve, Resume, Settle
from batchclip.store.transaction import transaction

Writer = Callable[[sqlite3.Connection, Sequence[Any]], list[object]]

WRITERS: dict[type[Write[Any]], Writer] = {
    StartRun: writes.start_runs,
    EndRun: writes.end_runs,
    Pause: settling.pause,
    Resume: settling.resume,
    Reopen: writes.reopen,
    Finish: writes.finish,
    Hold: writes.hold,
    PutBack: writes.put_back,
    Settle: settling.settle,
    Resolve: settling.resolve,
    Cancel: settling.cancel,
    Intend: writes.intend,
    # Last, so that it finds the files that this group has freed.
    Claim: writes.claim,
}
"""The order of work within one group."""


def write_group(database: sqlite3.Connection, entries: Sequence[Write[object]]) -> list[object]:
    """Write all of these durably, or none; answer in the order in which they came."""
    with transaction(database):
        return write_all(database, entries)


def write_all(database: sqlite3.Connection, entries: Sequence[Write[object]]) -> list[object]:
    """Do the writes kind by kind; answer in the order in which they came."""
    answers: dict[int, object] = {}
    for kind, writer in WRITERS.items():
        places = [place for place, entry in enumerate(entries) if type(entry) is kind]
        if places:
            done = writer(database, [entries[place] for place in places])
            answers.update(zip(places, done, strict=True))
    return [answers[place] for place in range(len(entries))]
