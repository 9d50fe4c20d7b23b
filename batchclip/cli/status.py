"""`batchclip status`."""

import json as jsonlib
from typing import TYPE_CHECKING, Annotated

import typer

from batchclip.cli.execute import execute, settings_of
from batchclip.cli.options import Db
from batchclip.cli.streams import results

if TYPE_CHECKING:
    from batchclip.settings import Settings


def status(
    db: Db = None,
    json: Annotated[bool, typer.Option("--json", help="Write JSON for a script.")] = False,
) -> None:
    """Show counts by state, the running run, and what needs a person.

    Example: `batchclip status --db archive.db --json`
    """
    execute(show(settings_of({"db": db}), as_json=json))


async def show(settings: "Settings", *, as_json: bool) -> int:
    """Print the status."""
    from batchclip.report.status import status_fields, status_text
    from batchclip.wiring import system_clock, tables

    async with tables.reader(settings, system_clock()) as table:
        fields = status_fields(
            await table.counts(),
            await table.last_run(),
            running=tables.running(settings),
            pause=await table.open_pause(),
        )
    with results():
        typer.echo(jsonlib.dumps(fields) if as_json else status_text(fields))
    return 0
