"""`batchclip why`."""

import json as jsonlib
from typing import TYPE_CHECKING, Annotated

import typer

from batchclip.cli.execute import execute, settings_of
from batchclip.cli.options import Db
from batchclip.cli.selectors import read_range
from batchclip.cli.streams import results
from batchclip.errors import UsageError

if TYPE_CHECKING:
    from batchclip.settings import Settings


def why(
    wanted: Annotated[
        str, typer.Argument(metavar="MANIFEST:LINE|FILE_ID", help="A range, or a file's ranges.")
    ],
    start: Annotated[
        str | None, typer.Argument(help="Its start, as a manifest writes it.", show_default=False)
    ] = None,
    db: Db = None,
    json: Annotated[bool, typer.Option("--json", help="Write JSON for a script.")] = False,
) -> None:
    """Tell one range's whole life: attempts, evidence, decisions.

    Example: `batchclip why tonight.csv:12`
    """
    execute(tell_life(settings_of({"db": db}), wanted, start, as_json=json))


async def tell_life(settings: "Settings", wanted: str, start: str | None, *, as_json: bool) -> int:
    """Print the life of every range that is meant."""
    from batchclip.report.life import life_fields, life_text
    from batchclip.wiring import system_clock, tables

    selected = read_range(wanted, start)
    async with tables.reader(settings, system_clock()) as table:
        pause = await table.open_pause()
        lives = [life async for life in table.lives(selected)]
    if not lives:
        raise UsageError(f"{wanted}{f' {start}' if start else ''}: no such range in the table")
    with results():
        if as_json:
            typer.echo(jsonlib.dumps([life_fields(life, pause) for life in lives], indent=1))
        else:
            typer.echo("\n\n".join(life_text(life, pause) for life in lives))
    return 0
