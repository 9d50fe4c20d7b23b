"""Writes as rows of the view `entries` (`sql/entries.sql`), which make one statement."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any

from batchclip.retry import BACK_OFF_MAX_SECONDS
from batchclip.store.base import Claim, Finish, Hold, Intend, PutBack
from batchclip.store.statements import KEPT_PREPARED
from batchclip.value import value

EVENLY = 8
"""More ends of attempts are filled up to a multiple of this with rows of nothing: each number of
rows is a statement of its own, to be prepared and kept."""

LONGEST_BACK_OFF_MS = round(1000 * BACK_OFF_MAX_SECONDS)

Values = tuple[object, ...]
Placed = tuple[int, Any]
"""A write, and its place in its group."""

INTENT = ("sent_at", "server_sent_at", "sent_uptime")
FINISH = (
    *("place", "generation", "run_id", "at", "job_id", "state", "uses_attempt"),
    *("project_id", "sent_at", "server_sent_at", "took_ms", "outcome", "http_status"),
)
SELDOM = ("sent_uptime", "due_at", "error_name", "error", "uptime", "boot", "held_until")
"""What few attempts have: a row that leaves them out has a third less to bind."""
COLUMNS = (*FINISH, *SELDOM, "latest_due", "wanted")
"""Those of the view, after the kind; the columns of each kind of row stand in this order, too."""


@value
class Rows:
    """Rows of one kind, and the columns that they fill."""

    kind: str
    columns: tuple[str, ...]
    values: Sequence[Values]


def finishes(placed: Sequence[Placed]) -> Rows:
    """The ends of attempts."""
    values = [finish_values(place, entry) for place, entry in placed]
    seldom = [seldom_values(entry) for _, entry in placed]
    columns: tuple[str, ...] = FINISH
    if any(each.count(None) < len(SELDOM) for each in seldom):
        columns += SELDOM
        values = [row + more for row, more in zip(values, seldom, strict=True)]
    nothing = (None,) * len(columns)
    fill = -len(values) % EVENLY if len(values) > EVENLY else 0
    return Rows("finish", columns, values + [nothing] * fill)


def finish_values(place: int, entry: Finish) -> Values:
    """What every end of an attempt has."""
    claimed, outcome = entry.claimed, entry.outcome
    return (
        place,
        claimed.generation,
        claimed.run_id,
        entry.at,
        claimed.job_id,
        entry.state,
        entry.uses_attempt,
        outcome.project_id,
        entry.sent_at,
        entry.server_sent_at,
        entry.took_ms,
        outcome.kind,
        outcome.http_status,
    )


def seldom_values(entry: Finish) -> Values:
    """What few ends of attempts have."""
    return (
        entry.sent_uptime,
        entry.due_at,
        entry.outcome.error_name,
        entry.outcome.error,
        entry.uptime,
        entry.boot,
        entry.held_until,
    )


def holds(placed: Sequence[Placed]) -> Rows:
    """Hold-offs without an attempt."""
    values = [(entry.run_id, entry.uptime, entry.boot, entry.held_until) for _, entry in placed]
    return Rows("hold", ("run_id", "uptime", "boot", "held_until"), values)


def put_backs(placed: Sequence[Placed]) -> Rows:
    """Claims that are given back."""
    values = [(entry.generation, entry.at) for _, entry in placed]
    return Rows("put_back", ("generation", "at"), values)


def intents(placed: Sequence[Placed]) -> Rows:
    """Intents of claims that were made before."""
    values = [
        (place, entry.generation, entry.sent_at, entry.server_sent_at, entry.uptime)
        for place, entry in placed
    ]
    return Rows("intend", ("place", "generation", *INTENT), values)


def claims(placed: Sequence[Placed]) -> Rows:
    """Claims. What is due later than any back-off is long has met a clock that was set back."""
    values = [claim_values(place, entry) for place, entry in placed]
    return Rows("claim", ("place", "run_id", "at", *INTENT, "latest_due", "wanted"), values)


def claim_values(place: int, entry: Claim) -> Values:
    """One claim."""
    intent = entry.intent
    sent = (intent.sent_at, intent.server_sent_at, intent.sent_uptime) if intent else (None,) * 3
    return (place, entry.run_id, entry.at, *sent, entry.at + LONGEST_BACK_OFF_MS, entry.limit)


SHAPES: dict[type, Callable[[Sequence[Placed]], Rows]] = {
    Finish: finishes,
    Hold: holds,
    PutBack: put_backs,
    Intend: intents,
    Claim: claims,
}
"""How each kind becomes rows."""


def rows_of(placed: Iterable[Placed]) -> list[Rows]:
    """The rows of entries that stand kind by kind."""
    kinds = groupby(placed, key=lambda each: type(each[1]))
    return [SHAPES[kind](list(those)) for kind, those in kinds]


def statement_for(many: Iterable[Rows]) -> str:
    """The statement that writes these rows."""
    return insert(tuple((rows.kind, rows.columns, len(rows.values)) for rows in many))


@lru_cache(maxsize=KEPT_PREPARED)
def insert(shapes: tuple[tuple[str, tuple[str, ...], int], ...]) -> str:
    """The statement for so many rows of each of these kinds, with parameters for these columns."""
    rows = [row for kind, columns, number in shapes for row in [template(kind, columns)] * number]
    return "INSERT INTO entries VALUES\n" + ",\n".join(rows)


def template(kind: str, columns: tuple[str, ...]) -> str:
    """A row with a parameter for each of these columns, and nothing in the others."""
    cells = ("?" if column in columns else "NULL" for column in COLUMNS)
    return f"('{kind}', {', '.join(cells)})"
