"""The store's contract: what can be written, what can be read, whatever the database is.

Times are milliseconds since 1970 (UTC).
"""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from batchclip.evidence import Doubt
from batchclip.job import Range, State
from batchclip.outcome import Outcome
from batchclip.store.reports import FileReport, Life, PauseReport, RangeReport, RunReport
from batchclip.store.selection import Selection, Wanted
from batchclip.value import value

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Write(Generic[Result_co]):
    """Something for the journal to write; its type parameter is what the write answers."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """When a request was meant to be sent, in ms: by this machine's clock, by Restream's where that
    is known, and by the machine's uptime."""

    sent_at: int
    server_sent_at: int | None = None
    sent_uptime: int | None = None


@value
class Claimed:
    """A range that this run alone may send, under a generation that never comes again.

    `tries` are the attempts already used up in this run. `intent`: set with the claim.
    """

    generation: int
    run_id: int
    job_id: int
    source_id: int
    range: Range
    tries: int = 0
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """What a claim got. With fewer than asked for, `next_due` is when a range that waits is due.

    `paused`: there would have been something, but a person has halted the table's runs.
    """

    claimed: tuple[Claimed, ...]
    next_due: int | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class StartRun(Write[int]):
    """Note that a run begins, and make what was backed off due. Answers the run's id.

    `uptime` (ms) and `boot` are this machine's at the moment `at`, so that a later run can tell how
    long ago that was though the wall clock was set.
    """

    at: int
    pid: int
    host: str
    uptime: int | None = None
    boot: str | None = None


@dataclass(frozen=True, slots=True)
class EndRun(Write[None]):
    """Note how a run ended."""

    run_id: int
    at: int
    exit_code: int
    because: str


@dataclass(frozen=True, slots=True)
class Claim(Write[Claims]):
    """Take up to `limit` ranges that are due, in the order of work, one a file at the most.

    Passed over: a file that has a claim, and what overlaps a range in doubt. With an `intent` every
    claim begins with it set: its request may leave once this is on disk, and if the process dies
    it is taken to have left.
    """

    run_id: int
    at: int
    limit: int
    intent: Intent | None = None


@dataclass(frozen=True, slots=True)
class Intend(Write[bool]):
    """Set a claim's intent. True when the claim is still ours: only then may the request leave.

    False, too, while a person has halted the table's runs. `server_sent_at` is the same moment by
    Restream's clock, where that is known, `uptime` (ms) by the machine's uptime.
    """

    generation: int
    sent_at: int
    server_sent_at: int | None = None
    uptime: int | None = None


@dataclass(frozen=True, slots=True)
class PutBack(Write[None]):
    """Give a claim back whose request surely never left; no attempt is recorded."""

    generation: int
    at: int


@value
class Finish(Write[bool]):
    """Record an attempt, move its range to `state` and end its claim, all in one.

    Answers whether it counted: True when the claim was still of this generation, or when the range
    is in doubt because of this very generation (a late answer settles it). Any other is a no-op.
    `held_until` is until when the answer asked everybody to hold off. Of a doubt, `uptime` (ms) and
    `boot` tell later how long ago it began, though the wall clock was set; `sent_uptime` how long
    ago its request was sent.
    """

    claimed: Claimed
    state: State
    outcome: Outcome
    sent_at: int
    took_ms: int | None
    at: int
    uses_attempt: bool = True
    due_at: int | None = None
    held_until: int | None = None
    server_sent_at: int | None = None
    uptime: int | None = None
    boot: str | None = None
    sent_uptime: int | None = None


@dataclass(frozen=True, slots=True)
class Hold(Write[None]):
    """Note with a run until when Restream asks everybody to hold off, though nothing was sent.

    `uptime` (ms) and `boot`: that moment by the machine's uptime. Whoever asks after the run has
    ended may have another wall clock than it began with.
    """

    run_id: int
    held_until: int
    uptime: int | None = None
    boot: str | None = None


@dataclass(frozen=True, slots=True)
class Reopen(Write[int]):
    """Put every range in one of these states back to pending. Answers how many."""

    states: tuple[State, ...]
    at: int
    reason: str
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class LeftClaim:
    """A claim that a run left behind when it died; `sent_at` is its intent."""

    claimed: Claimed
    sent_at: int | None
    server_sent_at: int | None = None
    sent_uptime: int | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did: ranges added, ranges that were known, titles taken over."""

    added: int
    known: int
    retitled: int


StagedRow = tuple[int, bytes, int | None, int | None, bool, bool, str | None, int]
"""A checked row of a manifest on its way into the table, as the table stores it.

Its line, the 16 bytes of its file's id, start and end in milliseconds (None for the whole video),
whether it is one single clip, force, title, priority.
"""


class JobReader(Protocol):
    """Reads the job table, also while a run writes to it. Raises TableError when it cannot."""

    async def counts(self) -> Mapping[State, int]:
        """Return the number of ranges in every state, the empty ones too."""
        ...

    def ranges(self, states: Collection[State] = ()) -> AsyncGenerator[RangeReport]:
        """Go through the ranges in the order they were loaded; all when `states` is empty."""
        ...

    async def last_run(self) -> RunReport | None:
        """Return the newest run."""
        ...

    async def open_pause(self) -> PauseReport | None:
        """Return the pause that a person has begun and not ended."""
        ...

    async def held_for(self, at: int, uptime: int, boot: str | None) -> int:
        """Return for how long (ms) recent runs were asked to hold off from now on; 0 or less: not.

        Of a run that began since this machine's start that is exact, whatever was done to the wall
        clock since. Of any other it is never more than from that run's beginning to the hold-off's
        end.
        """
        ...

    async def counts_of(self, selection: Selection) -> Mapping[State, int]:
        """Return how many ranges of a selection are in every state, the empty ones too."""
        ...

    def lives(self, wanted: Wanted) -> AsyncGenerator[Life]:
        """Go through the ranges that are wanted, each with all that ever happened to it."""
        ...

    def files(self, before: int) -> AsyncGenerator[FileReport]:
        """Go through the files of the table, in the order they were loaded.

        Ranges that were clipped only after `before` don't count as clipped.
        """
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...


class Staging(Protocol):
    """Rows of manifests, kept out of the job table until all of them are known to be good."""

    async def add(self, manifest: str, rows: Sequence[StagedRow]) -> None:
        """Keep these rows of a manifest. Raises TableError when the disk is full."""
        ...

    async def merge(self, at: int) -> Loaded:
        """Add the ranges that are new to the job table, in one transaction; then close.

        `at`: milliseconds since 1970. Raises TableError when the table cannot be written; then
        nothing of it happened.
        """
        ...

    async def close(self) -> None:
        """Forget the rows. Closing again is nothing."""
        ...


class Store(JobReader, Protocol):
    """Writes the job table, on behalf of one journal or one loader."""

    async def commit(self, writes: Sequence[Write[object]]) -> list[object]:
        """Write all of these durably, or none: one transaction. Answers in the same order.

        Raises TableError when the table cannot be written; then nothing of it happened.
        """
        ...

    async def left_claims(self) -> list[LeftClaim]:
        """Return the claims of runs that have died. Only for the one run that holds the table."""
        ...

    async def doubts(self) -> list[Doubt]:
        """Return the ranges in doubt with what the table knows of their files."""
        ...

    async def newest_projects(self) -> frozenset[str]:
        """Return the projects that the table's latest ranges told of, some hundreds at the most."""
        ...

    async def stage(self) -> Staging:
        """Begin a load."""
        ...
