"""What is written for each request: all of a group goes into SQLite as one statement.

At each step of a statement sqlite3 gives up the interpreter's lock and has to wait for it again, a
busy event loop's length. So a group is one INSERT into the view `entries`, a row for each write.
The triggers in `sql/entries_*.sql` do what each kind of write means, and tell what it comes to.
"""

import json
import sqlite3
from collections.abc import Sequence
from itertools import chain

from batchclip.store.base import Claim, Claims, Finish, Intend
from batchclip.store.entryrows import Placed, rows_of, statement_for
from batchclip.store.fronts import prepare_fronts
from batchclip.store.rows import claimed_of
from batchclip.store.statements import sql

OBJECTS = (
    *("entries", "entries_finish", "entries_hold", "entries_put_back", "entries_intend"),
    *("claims_read", "claims_end", "doubts_end", "woken", "entries_claim"),
)

AT_ONCE = 128
"""Entries of one statement at the most. Longer ones win no time any more, and many are kept
prepared: their memory would grow with the requests on the wire."""


class Entries:
    """Writes entries over one connection. SQLite tells through its functions what they came to."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._answers: dict[int, object] = {}
        self._asked: dict[int, Claim] = {}
        self._failure: Exception | None = None
        database.create_function("refused", 1, self._refused)
        database.create_function("claimed", 4, self._claimed)
        prepare_fronts(database)
        for name in OBJECTS:
            database.execute(sql(name))

    def write(self, database: sqlite3.Connection, placed: Sequence[Placed]) -> dict[int, object]:
        """Write at most AT_ONCE of them in one statement; return their answers by their places.

        Raises ValueError when a claimed row is none that batchclip has written.
        """
        rows = rows_of(placed)
        self._answers = {
            place: isinstance(entry, Finish | Intend) or None for place, entry in placed
        }
        self._asked = {place: entry for place, entry in placed if isinstance(entry, Claim)}
        self._failure = None
        values = chain.from_iterable(chain.from_iterable(each.values for each in rows))
        try:
            database.execute(statement_for(rows), list(values))
        except sqlite3.OperationalError:
            # What a function raises, sqlite3 keeps to itself.
            if self._failure is not None:
                raise self._failure from None
            raise
        return self._answers

    def _refused(self, place: int) -> None:
        self._answers[place] = False

    def _claimed(self, place: int, paused: int, next_due: int | None, rows: str | None) -> None:
        asked = self._asked[place]
        try:
            # The newest comes first.
            taken = [claimed_of(row, asked.intent) for row in json.loads(f"[{rows or ''}]")[::-1]]
        except Exception as error:
            self._failure = error
            raise
        wanting = len(taken) < asked.limit
        self._answers[place] = Claims(tuple(taken), next_due if wanting else None, bool(paused))
