"""`batchclip cancel`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from batchclip.cli.execute import execute, settings_of
from batchclip.cli.options import Db
from batchclip.cli.selectors import read_file_id
from batchclip.cli.streams import tell
from batchclip.errors import UsageError
from batchclip.job import CANCELLABLE, State
from batchclip.store.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchclip.settings import Settings
    from batchclip.store.base import JobReader

NOT_DONE = tuple(state for state in State if state not in {State.SUBMITTED, State.ALREADY_DONE})


def cancel(
    state: Annotated[
        list[State] | None,
        typer.Option(
            help="pending, failed or rejected; may be given again.",
            metavar="S",
            show_default=False,
        ),
    ] = None,
    file: Annotated[
        str | None, typer.Option(metavar="FILE_ID", help="Ranges of this file.")
    ] = None,
    manifest: Annotated[
        str | None, typer.Option(metavar="NAME", help="Ranges that came from this manifest.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask first.")] = False,
    db: Db = None,
) -> None:
    """Take ranges out, so that no run sends them.

    Example: `batchclip cancel --manifest tonight.csv --state pending`

    `batchclip retry --state cancelled` undoes it. Several options narrow it down together. A range
    in doubt is not cancelled: it may have been sent already, and `batchclip resolve` says what
    became of it.
    """
    settings = settings_of({"db": db})
    execute(take_out(settings, tuple(dict.fromkeys(state or ())), file, manifest, yes=yes))


async def take_out(
    settings: "Settings",
    states: tuple[State, ...],
    file: str | None,
    manifest: str | None,
    *,
    yes: bool,
) -> int:
    """Count, ask, and cancel."""
    from batchclip.wiring import decisions, system_clock, tables

    selection = selection_of(states, file, manifest)
    clock = system_clock()
    async with tables.reader(settings, clock) as table:
        known = await known_of(table, selection)
    if not any(known.values()) and (file or manifest):
        raise UsageError("the table has no range of that file or manifest")
    counts = {state: known[state] if state in states or not states else 0 for state in State}
    count = sum(counts[state] for state in selection.states)
    say_what_stays(counts, selection)
    if not count:
        tell("nothing is cancelled: no such range is pending, failed or rejected")
        return 0
    if not yes and not confirmed(count):
        tell("nothing is cancelled")
        return 0
    tell(f"{await decisions.cancel(settings, selection, clock):,} ranges are cancelled")
    return 0


async def known_of(table: "JobReader", selection: Selection) -> "Mapping[State, int]":
    """Count the ranges of that file or manifest by state.

    Those that Restream has done are counted only when there are no others, because that may take
    long, and they only tell that the name is no mistake.
    """
    file_id, manifest = selection.file_id, selection.manifest
    counts = await table.counts_of(Selection(NOT_DONE, file_id, manifest))
    if any(counts.values()):
        return counts
    return await table.counts_of(Selection(tuple(State), file_id, manifest))


def selection_of(states: tuple[State, ...], file: str | None, manifest: str | None) -> Selection:
    """Read what is to be cancelled. Raises UsageError."""
    wrong = [state.value for state in states if state not in CANCELLABLE]
    if wrong:
        hint = "; see `batchclip resolve`" if State.IN_DOUBT.value in wrong else ""
        raise UsageError(
            f"--state {wrong[0]}: only pending, failed and rejected ranges can be cancelled{hint}"
        )
    if not states and file is None and manifest is None:
        raise UsageError("say what to cancel: --state, --file or --manifest")
    file_id = None if file is None else read_file_id(file)
    chosen = states or tuple(state for state in State if state in CANCELLABLE)
    return Selection(chosen, file_id, manifest)


def say_what_stays(counts: "Mapping[State, int]", selection: Selection) -> None:
    """Say which of the ranges that are meant can't be cancelled."""
    for state in (State.SUBMITTING, State.IN_DOUBT):
        if counts[state] and state not in selection.states:
            words = state.value.replace("_", " ")
            typer.echo(f"batchclip: {counts[state]:,} {words}, which stay as they are", err=True)


def confirmed(count: int) -> bool:
    """Ask. Raises UsageError where nobody can answer."""
    if not sys.stdin.isatty():
        raise UsageError(
            f"{count:,} ranges would be cancelled; say --yes where nobody can be asked"
        )
    return typer.confirm(f"Cancel {count:,} ranges?", err=True)
