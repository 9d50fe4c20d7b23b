"""`batchclip audit`."""

import json as jsonlib
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from batchclip.cli.execute import execute, settings_of
from batchclip.cli.options import ApiUrl, Db, Rate, Timeout, TokenFile
from batchclip.cli.streams import results

if TYPE_CHECKING:
    from batchclip.runner.audit import Audit
    from batchclip.settings import Settings


def audit(
    db: Db = None,
    api_url: ApiUrl = None,
    token_file: TokenFile = None,
    rate: Rate = None,
    timeout: Timeout = None,
    json: Annotated[
        bool, typer.Option("--json", help="Write a JSON object a line, for a script.")
    ] = False,
) -> None:
    """Hold the table against what Restream has; change nothing.

    Example: `batchclip audit --db archive.db`

    Differences: projects of files that the table doesn't know or has sent nothing of, submitted
    ranges whose file has no project, files that were deleted from the video storage. It reads the
    project list (scope clips.read) and the list of storage files (storage.read).

    Exit codes: 0 no difference; 1 some; 4 a person must act; 5 the API was not to be had.
    """
    flags = dict(locals())
    as_json = flags.pop("json")
    execute(compare(settings_of(flags), as_json=as_json))


async def compare(settings: "Settings", *, as_json: bool) -> int:
    """Print every difference, and what could not be compared."""
    from batchclip.wiring import night, system_clock, tables

    clock = system_clock()
    night.check_token(settings)
    async with (
        tables.reader(settings, clock) as table,
        night.audit(settings, table, clock, sys.stderr) as open_audit,
    ):
        with results():
            count = await print_differences(open_audit, as_json=as_json)
    return say_compared(open_audit, count)


async def print_differences(audit: "Audit", *, as_json: bool) -> int:
    """Print a line for each; return how many."""
    from batchclip.report.differences import difference_fields, difference_text

    count = 0
    async for difference in audit.differences():
        count += 1
        as_fields = jsonlib.dumps(difference_fields(difference)) if as_json else ""
        typer.echo(as_fields or difference_text(difference))
    return count


def say_compared(audit: "Audit", count: int) -> int:
    """Say how complete the comparison was; return the exit code."""
    from batchclip.errors import ApiUnavailable

    halt = audit.questions.halts.halt
    if halt is not None:
        typer.echo(f"batchclip: {halt.sentence}", err=True)
        return ApiUnavailable.exit_code if halt.exit_code == 3 else halt.exit_code
    for problem in audit.problems:
        typer.echo(f"batchclip: not all is compared: {problem.sentence}", err=True)
    found = f"{count:,} differences" if count else "no differences"
    if audit.projects or not audit.problems:
        typer.echo(f"batchclip: {audit.projects:,} projects compared, {found}", err=True)
    worst = max((problem.exit_code for problem in audit.problems), default=0)
    return worst or int(count > 0)
