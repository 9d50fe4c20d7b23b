"""The commands under their one name."""

from typing import Annotated

import typer

from batchclip import __version__
from batchclip.cli import (
    audit,
    cancel,
    load,
    pause,
    reconcile,
    rehearse,
    report,
    resolve,
    retry,
    run,
    simulator,
    status,
    streams,
    why,
)

app = typer.Typer(
    name="batchclip",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # With rich, help takes twice as long, and a wrong option fills a cron mail with frames.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (
    load.load,
    run.run,
    status.status,
    report.report,
    why.why,
    retry.retry,
    reconcile.reconcile,
    resolve.resolve,
    cancel.cancel,
    pause.pause,
    pause.resume,
    audit.audit,
    rehearse.rehearse,
    simulator.simulator,
):
    app.command()(command)


def show_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        typer.echo(f"batchclip {__version__}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=show_version, is_eager=True, help="Show the version and leave."
        ),
    ] = False,
) -> None:
    """Clip jobs for Restream: nothing is lost, nothing that could cost twice goes out twice.

    A CSV manifest of file ids and time ranges goes into a job table; a run sends a create request
    for each range that is due and records its outcome. A run that failed is simply started again.

    Example: `batchclip run tonight.csv`

    Every option is also a setting `BATCHCLIP_<NAME>` in the environment and a key in a job file
    (`jobs/*.toml`). Secrets stand in the environment alone: `BATCHCLIP_ACCESS_TOKEN`, or
    `BATCHCLIP_CLIENT_ID`, `BATCHCLIP_CLIENT_SECRET` and `BATCHCLIP_REFRESH_TOKEN`.
    """


def main() -> None:
    """Run the command line."""
    streams.prepare()
    app()
