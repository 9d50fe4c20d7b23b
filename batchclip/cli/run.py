"""`batchclip run`."""

import sys
from typing import TYPE_CHECKING

import typer

from batchclip.cli.execute import check_own_file, execute, settings_of, split_job_file
from batchclip.cli.load import say_loaded
from batchclip.cli.options import (
    ApiUrl,
    Db,
    GiveUpAfter,
    ManifestsOrJobFile,
    MaxAttempts,
    MaxConcurrency,
    MaxFailed,
    MaxSubmissions,
    Rate,
    Rejects,
    SettleSeconds,
    SkipInvalid,
    Timeout,
    TokenFile,
    Until,
)
from batchclip.cli.streams import tell

if TYPE_CHECKING:
    from batchclip.runner.halts import End
    from batchclip.settings import Settings
    from batchclip.store.base import Store


def run(
    manifests: ManifestsOrJobFile = None,
    db: Db = None,
    api_url: ApiUrl = None,
    token_file: TokenFile = None,
    skip_invalid: SkipInvalid = None,
    rejects: Rejects = None,
    max_concurrency: MaxConcurrency = None,
    rate: Rate = None,
    timeout: Timeout = None,
    max_attempts: MaxAttempts = None,
    until: Until = None,
    max_submissions: MaxSubmissions = None,
    max_failed: MaxFailed = None,
    settle_seconds: SettleSeconds = None,
    give_up_after: GiveUpAfter = None,
) -> None:
    """Load what is named, then submit everything that is due.

    Example: `batchclip run tonight.csv --db archive.db --until 06:00`

    A run that failed or was killed is simply started again: it goes on where it was, and sends
    nothing twice that could cost twice.

    Exit codes: 0 all submitted, already done or cancelled; 1 some rejected, failed or in doubt;
    2 wrong usage or manifest; 3 stopped on purpose with work left; 4 a person must act; 5 the API
    was down for too long; 6 another run holds this table; 7 the table can't be written or read;
    130 and 143 interrupted.
    """
    flags = dict(locals())
    names, job_file = split_job_file(flags.pop("manifests"))
    settings = settings_of(flags, job_file)
    execute(run_all(settings, (*settings.manifests, *names)))


async def run_all(settings: "Settings", manifests: tuple[str, ...]) -> int:
    """Load and run; return the exit code."""
    from batchclip.wiring import night, system_clock, tables

    check_own_file("--rejects", settings.rejects, settings.db, manifests)
    clock = system_clock()
    night.check_token(settings)
    async with tables.read_first(settings, manifests, sys.stderr) as first:
        if first is not None and not first.loadable:
            return say_loaded(tables.LoadResult(first.intake, None))
        may_be_new = bool(manifests)
        async with tables.table_for_run(settings, clock, may_be_new=may_be_new) as table:
            if manifests:
                result = await tables.load(settings, manifests, clock, table, sys.stderr, first)
                code = say_loaded(result)
                if code:
                    return code
            end = await night.run(settings, table, clock, sys.stderr)
            await say_ended(end, table)
            return end.exit_code


async def say_ended(end: "End", table: "Store") -> None:
    """Print the counts to stdout and the sentence to stderr."""
    from batchclip.errors import TableError

    try:
        counts = await table.counts()
    except TableError:
        counts = {}
    for state, count in counts.items():
        if count:
            tell(f"{count:,} {state.value.replace('_', ' ')}")
    typer.echo(f"batchclip: {end.sentence}", err=True)
