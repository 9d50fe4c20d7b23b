"""`batchclip report`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from batchclip.cli.execute import check_own_file, execute, settings_of
from batchclip.cli.options import Db
from batchclip.cli.streams import results
from batchclip.errors import UsageError
from batchclip.job import State

if TYPE_CHECKING:
    from batchclip.settings import Settings


class Format(StrEnum):
    """How a report is written."""

    CSV = "csv"
    JSON = "json"


def report(
    db: Db = None,
    format_: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.CSV,
    state: Annotated[
        list[State] | None,
        typer.Option(help="Only ranges in this state; may be given again.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write to this file, replaced whole.")
    ] = None,
) -> None:
    """Write every range and its outcome.

    Example: `batchclip report --format csv --state rejected --state in_doubt -o look.csv`
    """
    execute(write(settings_of({"db": db}), format_, tuple(state or ()), output))


async def write(
    settings: "Settings", format_: Format, states: tuple[State, ...], output: Path | None
) -> int:
    """Write the report."""
    from batchclip.report.ranges import WRITERS
    from batchclip.wiring import reports, system_clock

    check_own_file("-o", output, settings.db)
    async with reports.every_range(settings, states, system_clock()) as rows:
        with written_whole(output) as out:
            await WRITERS[format_.value](rows, out)
    return 0


@contextmanager
def written_whole(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that takes its name only once it is complete."""
    if output is None:
        with results():
            yield sys.stdout
        return
    # A pipe, or /dev/null, is written to and keeps its place.
    special = output.exists() and not output.is_file()
    unfinished = output if special else output.with_name(output.name + ".part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as out:
            yield out
        unfinished.replace(output)
    except OSError as error:
        raise UsageError(f"-o {output}: cannot be written: {error.strerror}") from None
    finally:
        if not special:
            unfinished.unlink(missing_ok=True)
