"""Writes that a person's word or evidence makes; a running run goes on meanwhile."""

from dataclasses import dataclass

from batchclip.evidence import Ruling
from batchclip.job import State
from batchclip.store.base import Write
from batchclip.store.selection import Selection


@dataclass(frozen=True, slots=True)
class Settle(Write[bool]):
    """Keep what was found out about a range in doubt and move it to `state`, if that is not None.

    Answers whether it counted: the range must still be in doubt because of this very generation.
    """

    job_id: int
    generation: int
    ruling: Ruling
    reason: str
    compared: str
    at: int
    state: State | None = None
    project_id: str | None = None
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Resolve(Write[bool]):
    """A person's word on a range in doubt because of this very generation. Answers whether it was.

    What a person has looked at must not settle a doubt that began since.
    """

    job_id: int
    generation: int
    state: State
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Cancel(Write[int]):
    """Take ranges out that are pending, failed or rejected. Answers how many.

    Of a selection's ranges in other states none is touched.
    """

    selection: Selection
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Pause(Write[bool]):
    """Halt the table's runs. False when they are halted already."""

    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Resume(Write[bool]):
    """Let the table's runs go on. False when they are not halted."""

    by: str
    at: int
