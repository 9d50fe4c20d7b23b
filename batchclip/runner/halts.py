"""Why a run stops before its work is done, and the exit code and sentence that go with it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from batchclip.errors import BatchclipError, TableError
from batchclip.job import UNSETTLED, State
from batchclip.retry import Stop


@dataclass(frozen=True, slots=True)
class Halt:
    """A reason to send nothing new. `only_with_work_left`: it doesn't matter when all is done."""

    exit_code: int
    sentence: str
    only_with_work_left: bool = False


A_MONTH_SECONDS = 31 * 86_400

BY_STOP = {
    Stop.USAGE_LIMIT: Halt(
        3,
        "Restream's usage limit is reached; the rest stays pending. Run again when the plan's "
        "allowance is renewed or raised.",
    ),
    Stop.TOKEN: Halt(
        4,
        "Restream refuses the access token; put a new one into BATCHCLIP_ACCESS_TOKEN and run "
        "again.",
    ),
    Stop.SCOPE: Halt(
        4,
        "the token lacks a scope; tick clips.write for the application on Restream's developer "
        "page, log in again and run again.",
    ),
    Stop.FEATURE: Halt(
        4, "clips are not active for this Restream account; change its plan and run again."
    ),
}

TOKEN_OF_PAIR = Halt(
    4,
    "Restream refuses the access token, and the one that it gave in its place; log in again, set "
    "BATCHCLIP_REFRESH_TOKEN to the new refresh token and run again.",
)


def halt_of(stop: Stop, *, renewable: bool) -> Halt:
    """The halt for an answer that stops a run. `renewable`: tokens are refreshed, not fixed."""
    return TOKEN_OF_PAIR if stop is Stop.TOKEN and renewable else BY_STOP[stop]


DEADLINE = Halt(
    3, "the deadline (--until) has come; the next run goes on.", only_with_work_left=True
)
BUDGET = Halt(3, "--max-submissions is reached; the next run goes on.", only_with_work_left=True)
FAILURES = Halt(
    3,
    "more ranges were refused or failed than --max-failed allows; look at "
    "`batchclip report --state rejected --state failed` before running again.",
    only_with_work_left=True,
)


def paused(by: str) -> Halt:
    """A person has halted the table's runs."""
    return Halt(
        3,
        f"paused by {by}; `batchclip resume` lets the runs of this table go on.",
        only_with_work_left=True,
    )


def hold_off_too_long(seconds: float) -> Halt:
    """Restream asked for more patience than there is time."""
    asked = f"{seconds:.0f} s" if seconds < A_MONTH_SECONDS else "more than a month"
    return Halt(
        3,
        f"Restream asks to wait {asked}, longer than this run may; run again later.",
        only_with_work_left=True,
    )


def unavailable(give_up_after: float) -> Halt:
    """The API has been down for too long."""
    return Halt(
        5,
        f"the API has answered nothing useful for {give_up_after:.0f} s (--give-up-after); "
        "run again when it is back.",
    )


def interrupted(name: str, number: int) -> Halt:
    """A signal came."""
    return Halt(128 + number, f"interrupted by {name}; the next run goes on.")


def failed_with(error: BatchclipError) -> Halt:
    """Something that an operator must read."""
    return Halt(error.exit_code, str(error))


class Halts:
    """Keeps the reason to stop, and tells everybody at once."""

    def __init__(self) -> None:
        self.halt: Halt | None = None
        self.stopped = asyncio.Event()
        self._listeners: list[Callable[[Halt], None]] = []

    def on_stop(self, listener: Callable[[Halt], None]) -> None:
        """Call this, once, when the run is to stop."""
        self._listeners.append(listener)

    def stop(self, halt: Halt) -> None:
        """Stop the run for this reason, unless it stops already.

        That the table fails is said in any case: the outcomes of that moment are not on record.
        """
        if self.halt is not None:
            if halt.exit_code == TableError.exit_code:
                self.halt = halt
            return
        self.halt = halt
        self.stopped.set()
        for listener in self._listeners:
            listener(halt)


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended."""

    exit_code: int
    sentence: str


def end_of_run(halt: Halt | None, counts: Mapping[State, int]) -> End:
    """Say how a run ended from why it stopped, if it did, and where the table's ranges stand."""
    left = counts[State.PENDING] + counts[State.SUBMITTING]
    if halt is not None and (left or not halt.only_with_work_left):
        return End(halt.exit_code, halt.sentence)
    if left or any(counts[state] for state in UNSETTLED):
        return End(1, "finished, but not all is well: " + unsettled_sentence(counts))
    return End(0, "finished: every range is submitted, already done or cancelled.")


def unsettled_sentence(counts: Mapping[State, int]) -> str:
    """What is left for a person to look at."""
    parts = [
        f"{counts[state]} {state.value.replace('_', ' ')}"
        for state in (State.REJECTED, State.FAILED, State.IN_DOUBT)
        if counts[state]
    ]
    waiting = counts[State.PENDING]
    if waiting and counts[State.IN_DOUBT]:
        parts.append(f"{waiting} pending until what they overlap is no longer in doubt")
    elif waiting:
        parts.append(f"{waiting} pending, which the next run takes up")
    return ", ".join(parts) + "; see `batchclip report`."
