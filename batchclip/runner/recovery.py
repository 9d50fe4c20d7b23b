"""What a run that died has left behind: put back what surely never left, doubt what may have."""

import asyncio
from dataclasses import dataclass

from batchclip.clock import MachineClock
from batchclip.job import State
from batchclip.outcome import Kind, Outcome
from batchclip.store.base import Finish, LeftClaim, PutBack
from batchclip.store.journal import Journal

DIED = Outcome(
    Kind.UNKNOWN,
    error_name="ProcessDied",
    error="the process ended before the answer was on the record",
)


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many ranges a dead run had claimed, by what became of them."""

    put_back: int = 0
    in_doubt: int = 0

    def sentence(self) -> str:
        """What an operator should know of it; empty when there was nothing."""
        if not self.put_back and not self.in_doubt:
            return ""
        return (
            f"an earlier run died: {self.put_back} ranges put back, {self.in_doubt} in doubt "
            "(they may have been sent, and are not sent again)"
        )


@dataclass(frozen=True, slots=True)
class Found:
    """When a claim was found left behind: ms since 1970, and the machine's uptime in ms."""

    at: int
    uptime: int | None = None
    boot: str | None = None


def recovery_of(left: LeftClaim, found: Found) -> Finish | PutBack:
    """Decide about one claim.

    Without an intent the request never left. With one it may have: a whole video is simply sent
    again, because a second try of it is answered 409; anything else is in doubt.
    """
    claimed = left.claimed
    if left.sent_at is None:
        return PutBack(claimed.generation, found.at)
    state = State.PENDING if claimed.range.harmless_to_repeat else State.IN_DOUBT
    return Finish(
        claimed,
        state,
        DIED,
        left.sent_at,
        None,
        found.at,
        uses_attempt=False,
        server_sent_at=left.server_sent_at,
        uptime=found.uptime,
        boot=found.boot,
        sent_uptime=left.sent_uptime,
    )


async def recover(left_claims: list[LeftClaim], journal: Journal, clock: MachineClock) -> Recovered:
    """Settle every claim of a dead run, in one group. Raises TableError."""
    uptime = round(1000 * clock.uptime())
    found = Found(round(1000 * clock.now()), uptime, clock.boot())
    entries = [recovery_of(left, found) for left in left_claims]
    await asyncio.gather(*(journal.write(entry) for entry in entries))
    in_doubt = sum(isinstance(one, Finish) and one.state is State.IN_DOUBT for one in entries)
    return Recovered(len(entries) - in_doubt, in_doubt)
