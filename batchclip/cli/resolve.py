"""`batchclip resolve`."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from batchclip.cli.execute import execute, settings_of
from batchclip.cli.options import Db
from batchclip.cli.selectors import read_job
from batchclip.cli.streams import tell
from batchclip.errors import UsageError
from batchclip.job import State

if TYPE_CHECKING:
    from batchclip.settings import Settings
    from batchclip.store.reports import Life


class Word(StrEnum):
    """What a person can say of a range in doubt."""

    SUBMITTED = "submitted"
    PENDING = "pending"


def resolve(
    job: Annotated[
        str, typer.Argument(help="A job's number (`why` and `report` show it), or MANIFEST:LINE.")
    ],
    word: Annotated[
        Word,
        typer.Option(
            "--as",
            help="submitted: it happened. pending: it did not, so send it again.",
            show_default=False,
        ),
    ],
    note: Annotated[str, typer.Option(help="Why, kept in its history.")] = "",
    attempt: Annotated[
        int | None,
        typer.Option(help="Only if this attempt, as `why` names it, is the one in doubt still."),
    ] = None,
    db: Db = None,
) -> None:
    """Say what became of a range in doubt that has no evidence.

    Example: `batchclip resolve 17 --as submitted --note "its clip is in the library"`

    Look first at `batchclip why` and into Restream. `--as pending` sends the range again: when its
    first request did arrive, it is clipped, and billed, twice.
    """
    execute(say(settings_of({"db": db}), job, State(word.value), note, attempt))


async def say(settings: "Settings", job: str, state: State, note: str, attempt: int | None) -> int:
    """Take the word for it."""
    from batchclip.envelope import plain
    from batchclip.report.life import asked_for
    from batchclip.report.ranges import utc
    from batchclip.wiring import decisions, system_clock, tables

    clock = system_clock()
    wanted = read_job(job)
    async with tables.reader(settings, clock) as table:
        lives = [life async for life in table.lives(wanted)]
    life = the_one_in_doubt(job, lives)
    doubt = (life.report.job_id, life.attempts[-1].generation)
    if attempt not in {None, doubt[1]}:
        raise UsageError(f"{job}: was sent again since attempt {attempt}; see `batchclip why`")
    if not await decisions.resolve(settings, doubt, state, plain(note), clock):
        raise UsageError(f"{job}: is not in doubt any more; see `batchclip why`")
    about = f"{asked_for(life.report.range)}, sent at {utc(life.attempts[-1].sent_at)}"
    tell(f"job {doubt[0]} is {state.value}, on your word: {about}")
    return 0


def the_one_in_doubt(job: str, lives: list["Life"]) -> "Life":
    """The range that is meant. Raises UsageError when it is none or not clear."""
    if not lives:
        raise UsageError(f"{job}: there is no such range in the table")
    doubts = [life for life in lives if life.report.state is State.IN_DOUBT]
    if len(doubts) > 1:
        numbers = ", ".join(str(life.report.job_id) for life in doubts)
        raise UsageError(f"{job}: several of its ranges are in doubt; say which job: {numbers}")
    if not doubts:
        raise UsageError(f"{job}: is {stands(lives)}; only a range in doubt can be resolved")
    return doubts[0]


def stands(lives: list["Life"]) -> str:
    """Where ranges stand, and what helps when a dead run has left one behind."""
    states = sorted({life.report.state.value for life in lives})
    told = ", ".join(states)
    if State.SUBMITTING.value in states:
        told += " (a run is sending it; if that run has died, `batchclip reconcile` takes it up)"
    return told
