"""`batchclip rehearse`."""

import sys
from typing import TYPE_CHECKING

from batchclip.cli.execute import check_own_file, execute, settings_of, split_job_file
from batchclip.cli.load import say_loaded
from batchclip.cli.options import (
    ManifestsOrJobFile,
    MaxAttempts,
    MaxConcurrency,
    MaxFailed,
    MaxSubmissions,
    Rate,
    SkipInvalid,
    Timeout,
    Until,
)
from batchclip.cli.simulator import Faults, Latency, Script, Seed, UsageLimit, world_of
from batchclip.cli.streams import tell
from batchclip.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchclip.settings import Settings
    from batchclip.simulator import SimulatorSettings
    from batchclip.wiring.rehearsal import Rehearsal

INTERRUPTED = {130, 143}


def rehearse(
    manifests: ManifestsOrJobFile = None,
    fault: Faults = None,
    script: Script = None,
    seed: Seed = 0,
    latency: Latency = 0.0,
    usage_limit: UsageLimit = None,
    skip_invalid: SkipInvalid = None,
    max_concurrency: MaxConcurrency = None,
    rate: Rate = None,
    timeout: Timeout = None,
    max_attempts: MaxAttempts = None,
    until: Until = None,
    max_submissions: MaxSubmissions = None,
    max_failed: MaxFailed = None,
) -> None:
    """Run a manifest against the simulator, in a table of its own.

    Example: `batchclip rehearse tonight.csv --fault reset_after=0.02 --seed 7`

    Sends nothing to Restream, uses no token, and leaves the job table alone. Exit code 0 when
    nothing was sent twice and nothing lost, however the run itself would have ended; 2 when the
    manifest has errors; 130 and 143 when it was interrupted.
    """
    given = dict(locals())
    names, job_file = split_job_file(given["manifests"])
    world = {"fault", "script", "seed", "latency", "usage_limit", "manifests"}
    flags = {name: value for name, value in given.items() if name not in world}
    settings = settings_of(flags, job_file)
    execute(
        rehearse_all(
            settings,
            (*settings.manifests, *names),
            lambda: world_of(fault, script, seed, latency, usage_limit),
        )
    )


async def rehearse_all(
    settings: "Settings", manifests: tuple[str, ...], world: "Callable[[], SimulatorSettings]"
) -> int:
    """Rehearse, say how it went, and return the exit code."""
    from batchclip.wiring import rehearsal, system_clock

    if not manifests:
        raise UsageError("which manifest? Example: batchclip rehearse tonight.csv")
    check_own_file("--rejects", settings.rejects, settings.db, manifests)
    done = await rehearsal.rehearse(settings, manifests, world(), system_clock(), sys.stderr)
    code = say_loaded(done.loaded)
    return code or say_rehearsed(done)


def say_rehearsed(done: "Rehearsal") -> int:
    """Print the simulator's books and how the run would have ended."""
    if done.end is not None:
        tell(f"the run would end with {done.end.exit_code}: {done.end.sentence}")
    for state, count in done.counts.items():
        if count:
            tell(f"{count:,} {state.value.replace('_', ' ')}")
    twice = done.books["sent_twice"]
    tell(
        f"{done.books['requests']:,} requests, {done.books['effects']:,} took effect; "
        f"sent twice: {twice}, lost: {done.lost}"
    )
    if twice or done.lost:
        return 1
    # `rehearse tonight.csv && run tonight.csv` must not go on when a person said stop.
    return done.end.exit_code if done.end is not None and done.end.exit_code in INTERRUPTED else 0
