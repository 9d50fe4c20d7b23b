"""`batchclip load`."""

import sys
from typing import TYPE_CHECKING

import typer

from batchclip.cli.execute import check_own_file, execute, settings_of, split_job_file
from batchclip.cli.options import Db, ManifestsOrJobFile, Rejects, SkipInvalid
from batchclip.cli.streams import tell

if TYPE_CHECKING:
    from batchclip.settings import Settings
    from batchclip.wiring.tables import LoadResult


def load(
    manifests: ManifestsOrJobFile = None,
    db: Db = None,
    skip_invalid: SkipInvalid = None,
    rejects: Rejects = None,
) -> None:
    """Check manifests and add their new ranges to the job table.

    Example: `batchclip load tonight.csv --db archive.db`

    Nothing that is there is changed. All errors are printed, each as FILE:LINE: COLUMN: what is
    wrong, and nothing is loaded while there is one, unless --skip-invalid is given.
    """
    names, job_file = split_job_file(manifests)
    settings = settings_of({"db": db, "skip_invalid": skip_invalid, "rejects": rejects}, job_file)
    execute(load_all(settings, (*settings.manifests, *names)))


async def load_all(settings: "Settings", manifests: tuple[str, ...]) -> int:
    """Load, say what was done, and return the exit code."""
    from batchclip.errors import UsageError
    from batchclip.wiring import system_clock, tables

    if not manifests:
        raise UsageError("which manifest? Example: batchclip load tonight.csv")
    check_own_file("--rejects", settings.rejects, settings.db, manifests)
    clock = system_clock()
    async with tables.read_first(settings, manifests, sys.stderr) as first:
        if first is not None and not first.loadable:
            return say_loaded(tables.LoadResult(first.intake, None))
        async with tables.store(settings, clock) as table:
            result = await tables.load(settings, manifests, clock, table, sys.stderr, first)
    return say_loaded(result)


def say_loaded(result: "LoadResult") -> int:
    """Print what a load came to; return its exit code."""
    intake, loaded = result.intake, result.loaded
    if intake.force_ignored:
        typer.echo(
            f"note: force is ignored on {intake.force_ignored:,} rows with a range; "
            "Restream reprocesses whole videos only",
            err=True,
        )
    if loaded is None:
        typer.echo(
            f"nothing was loaded: {intake.errors:,} error{'s' * (intake.errors != 1)}", err=True
        )
        return 2
    if intake.refused:
        typer.echo(f"skipped {intake.refused:,} rows with errors", err=True)
    tell(
        f"loaded {loaded.added:,} new ranges; {loaded.known:,} were known; "
        f"{loaded.retitled:,} titles taken over"
    )
    return 0
