"""`batchclip simulator`."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batchclip.cli.execute import execute
from batchclip.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchclip.simulator import SimulatorSettings

Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        help="A fault and how often, such as slow_down=0.05; may be given again.",
        metavar="KIND=SHARE",
        show_default=False,
    ),
]
Script = Annotated[
    Path | None, typer.Option(help="A TOML file that says which request meets which fault.")
]
Seed = Annotated[int, typer.Option(help="Repeats the same faults.")]
Latency = Annotated[float, typer.Option(help="Seconds that an answer takes.")]
Oauth = Annotated[
    bool,
    typer.Option(
        "--oauth",
        help="Take only tokens that it issued, to BATCHCLIP_CLIENT_ID, BATCHCLIP_CLIENT_SECRET "
        "and BATCHCLIP_REFRESH_TOKEN of its environment.",
    ),
]
UsageLimit = Annotated[
    int | None, typer.Option(help="Creates until the usage limit is reached.", show_default=False)
]


def simulator(
    port: Annotated[
        int, typer.Option(help="The port on 127.0.0.1; 0 takes any.", max=65535, min=0)
    ] = 8787,
    fault: Faults = None,
    script: Script = None,
    seed: Seed = 0,
    latency: Latency = 0.0,
    usage_limit: UsageLimit = None,
    oauth: Oauth = False,
) -> None:
    """Stand in for Restream's API on this machine.

    Example: `batchclip simulator --port 8787 --fault reset_after=0.01 --fault slow_down=0.05`

    It goes on until it is interrupted. Any access token is good, unless --oauth is given. What
    really happened stands in its books: GET /simulator/books.
    """
    execute(serve(lambda: world_of(fault, script, seed, latency, usage_limit, port), oauth=oauth))


async def serve(world: "Callable[[], SimulatorSettings]", *, oauth: bool) -> int:
    """Serve until SIGINT or SIGTERM."""
    from batchclip.wiring import pretence

    settings = with_oauth(world()) if oauth else world()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        async with pretence.simulator(settings) as running:
            typer.echo(running.url)
            await stopped.wait()
    except OSError as error:
        raise UsageError(f"--port {settings.port}: {error.strerror}") from None
    return 0


def with_oauth(world: "SimulatorSettings") -> "SimulatorSettings":
    """The same world with one OAuth application. Raises UsageError when it isn't whole."""
    client_id, client_secret, refresh_token = (
        os.environ.get(f"BATCHCLIP_{name}", "")
        for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")
    )
    if not (client_id and client_secret and refresh_token):
        raise UsageError("--oauth: set BATCHCLIP_CLIENT_ID, _CLIENT_SECRET and _REFRESH_TOKEN")
    return replace(
        world, client_id=client_id, client_secret=client_secret, refresh_token=refresh_token
    )


def world_of(
    fault: list[str] | None,
    script: Path | None,
    seed: int,
    latency: float,
    usage_limit: int | None,
    port: int = 0,
) -> "SimulatorSettings":
    """The simulated world that the options describe. Raises UsageError."""
    from batchclip.simulator import SimulatorSettings, load_script

    if latency < 0:
        raise UsageError(f"--latency {latency}: expected 0 or more seconds")
    return SimulatorSettings(
        port=port,
        seed=seed,
        latency_seconds=latency,
        usage_limit=usage_limit,
        fault_rates=dict(read_fault(text) for text in fault or ()),
        script=load_script(script) if script else (),
    )


def read_fault(text: str) -> tuple[str, float]:
    """Read `kind=share`. Raises UsageError."""
    from batchclip.simulator import FAULT_KINDS

    kind, _, share = text.partition("=")
    if kind not in FAULT_KINDS:
        raise UsageError(f"--fault {text}: expected one of {', '.join(sorted(FAULT_KINDS))}")
    try:
        probability = float(share)
    except ValueError:
        probability = -1.0
    if not 0 <= probability <= 1:
        raise UsageError(f"--fault {text}: expected a share from 0 to 1, such as {kind}=0.05")
    return kind, probability
