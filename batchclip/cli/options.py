"""Options that several commands share. Their meaning and defaults stand in settings.py."""

from pathlib import Path
from typing import Annotated

import typer

ManifestsOrJobFile = Annotated[
    list[str] | None,
    typer.Argument(
        help="Manifests (CSV, .gz, or - for standard input), or one job file (.toml).",
        show_default=False,
    ),
]
Db = Annotated[
    str | None,
    typer.Option(help="The job table: a path or sqlite:///path. [default: batchclip.db]"),
]
ApiUrl = Annotated[
    str | None,
    typer.Option(help="Restream's base address. [default: https://api.restream.io]"),
]
TokenFile = Annotated[Path | None, typer.Option(help="Where the rotating pair of tokens is kept.")]
SkipInvalid = Annotated[
    bool | None,
    typer.Option("--skip-invalid", help="Load the good rows of a manifest that has bad ones."),
]
Rejects = Annotated[
    Path | None, typer.Option(help="Write the bad rows with their reasons to this CSV file.")
]
MaxConcurrency = Annotated[
    int | None, typer.Option(help="Requests on the wire at once, at most. [default: 16]")
]
Rate = Annotated[str | None, typer.Option(help="Requests started, at most: 5/s, 30/m, 600/h.")]
Timeout = Annotated[
    float | None, typer.Option(help="Seconds for one request. [default: 30]", show_default=False)
]
MaxAttempts = Annotated[
    int | None, typer.Option(help="Attempts at one range in one run. [default: 6]")
]
Until = Annotated[str | None, typer.Option(help="Start nothing new after HH:MM or an ISO time.")]
MaxSubmissions = Annotated[
    int | None, typer.Option(help="Submissions in this run, at most.", show_default=False)
]
MaxFailed = Annotated[
    str | None,
    typer.Option(help="Refused or failed ranges that are put up with: 20, or 5%."),
]
SettleSeconds = Annotated[
    float | None,
    typer.Option(
        help="Seconds that a lost request may be on its way; then evidence is looked for. "
        "[default: 600]"
    ),
]
GiveUpAfter = Annotated[
    float | None, typer.Option(help="Seconds that the API may be down. [default: 900]")
]
