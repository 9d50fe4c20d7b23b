"""One group of writes, done kind by kind in an order that is safe."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from itertools import groupby, islice
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
from batchclip.store.entries import AT_ONCE, Entries
from batchclip.store.entryrows import SHAPES, Placed
from batchclip.store.transaction import transaction

Writer = Callable[[sqlite3.Connection, Any], object]

WRITERS: dict[type[Write[Any]], Writer] = {
    StartRun: writes.start_run,
    EndRun: writes.end_run,
    Pause: settling.pause,
    Resume: settling.resume,
    Reopen: writes.reopen,
    Settle: settling.settle,
    Resolve: settling.resolve,
    Cancel: settling.cancel,
}
"""How each kind is written that is no entry."""

ORDER: tuple[type[Write[Any]], ...] = (
    *(StartRun, EndRun, Pause, Resume, Reopen),
    *(Finish, Hold, PutBack),
    *(Settle, Resolve, Cancel),
    # Last, so that they meet a pause, and find the files that this group has freed.
    *(Intend, Claim),
)
"""The order of work within one group."""


class GroupWriter:
    """Writes groups over one connection."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._entries = Entries(database)

    def write(self, database: sqlite3.Connection, group: Sequence[Write[object]]) -> list[object]:
        """Write all of these durably, or none; answer in the order in which they came."""
        placed = sorted(enumerate(group), key=lambda each: ORDER.index(type(each[1])))
        # Entries alone are one statement, which is a transaction by itself: two fewer to wait for.
        alone = len(placed) <= AT_ONCE and all(map(is_entry, placed))
        with nullcontext() if alone else transaction(database):
            answers = self._write_in_order(database, placed)
        return [answers[place] for place in range(len(placed))]

    def _write_in_order(
        self, database: sqlite3.Connection, placed: Iterable[Placed]
    ) -> dict[int, object]:
        answers: dict[int, object] = {}
        for entries, those in groupby(placed, is_entry):
            if entries:
                while some := list(islice(those, AT_ONCE)):
                    answers |= self._entries.write(database, some)
            else:
                answers |= {place: WRITERS[type(each)](database, each) for place, each in those}
        return answers


def is_entry(placed: Placed) -> bool:
    """Whether this is written for a request, together with others of its like."""
    return type(placed[1]) in SHAPES
