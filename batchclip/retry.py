"""An outcome turned into a decision. Pure: the caller brings the facts and draws the jitter."""

from dataclasses import dataclass
from enum import StrEnum

from batchclip.job import State
from batchclip.outcome import Kind, Outcome
from batchclip.value import value

BACK_OFF_FIRST_SECONDS = 1.0
BACK_OFF_MAX_SECONDS = 300.0


class Stop(StrEnum):
    """An answer that stops the whole run, because every other range would get the same."""

    USAGE_LIMIT = "usage_limit"
    TOKEN = "token"  # noqa: S105 -- the word, not a secret
    SCOPE = "scope"
    FEATURE = "feature"


@value
class Circumstances:
    """What a decision depends on beside the outcome.

    `harmless`: a second request can't bill twice. `tries`: attempts used up in this run before
    this one. `token_spent`: no newer token can be had for this range. `probing`: the API is
    known to be down, so that a failure tells nothing new of the range.
    """

    harmless: bool
    tries: int
    max_attempts: int
    token_spent: bool = False
    probing: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the range goes. `back_off`: the longest wait in seconds; jitter draws below it."""

    state: State
    uses_attempt: bool = True
    back_off: float = 0.0
    stop: Stop | None = None


SETTLED = {
    Kind.CREATED: Decision(State.SUBMITTED),
    Kind.ALREADY_DONE: Decision(State.ALREADY_DONE),
    Kind.REFUSED: Decision(State.REJECTED),
    Kind.SLOW_DOWN: Decision(State.PENDING, uses_attempt=False),
    Kind.USAGE_LIMIT: Decision(State.PENDING, uses_attempt=False, stop=Stop.USAGE_LIMIT),
    Kind.SCOPE_MISSING: Decision(State.PENDING, uses_attempt=False, stop=Stop.SCOPE),
    Kind.FEATURE_INACTIVE: Decision(State.PENDING, uses_attempt=False, stop=Stop.FEATURE),
}
"""Endings that decide by themselves."""


def decide(outcome: Outcome, circumstances: Circumstances) -> Decision:
    """Say what becomes of a range after an attempt: the table of ARCHITECTURE.md, cell by cell."""
    if outcome.kind in SETTLED:
        return SETTLED[outcome.kind]
    if outcome.kind is Kind.UNAUTHORIZED:
        stop = Stop.TOKEN if circumstances.token_spent else None
        return Decision(State.PENDING, uses_attempt=False, stop=stop)
    if outcome.kind is Kind.UNKNOWN and not circumstances.harmless:
        return Decision(State.IN_DOUBT)
    return try_again(circumstances)


def try_again(circumstances: Circumstances) -> Decision:
    """Nothing happened, or nothing that a second request could make worse."""
    if circumstances.probing:
        return Decision(State.PENDING, uses_attempt=False)
    tries = circumstances.tries + 1
    if tries >= circumstances.max_attempts:
        return Decision(State.FAILED)
    return Decision(State.PENDING, back_off=back_off(tries))


def back_off(tries: int) -> float:
    """The longest wait before the next try, in seconds: doubles from 1 s up to 5 minutes."""
    return min(BACK_OFF_MAX_SECONDS, BACK_OFF_FIRST_SECONDS * 2.0 ** min(tries - 1, 16))
