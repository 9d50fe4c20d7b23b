"""`batchclip pause` and `batchclip resume`."""

from typing import TYPE_CHECKING

from batchclip.cli.execute import execute, settings_of
from batchclip.cli.options import Db
from batchclip.cli.streams import tell

if TYPE_CHECKING:
    from batchclip.settings import Settings


def pause(db: Db = None) -> None:
    """Halt the run that is going on, until `batchclip resume`.

    Example: `batchclip pause --db archive.db`

    What is on the wire, or just connecting, goes on, and its answer is recorded. So does what was
    prepared less than a second before: at most half of --max-concurrency. Nothing else leaves. A
    run that is started meanwhile ends at once, with 3.
    """
    execute(halt(settings_of({"db": db})))


def resume(db: Db = None) -> None:
    """Let a paused run go on, and later ones start.

    Example: `batchclip resume --db archive.db`
    """
    execute(go_on(settings_of({"db": db})))


async def halt(settings: "Settings") -> int:
    """Pause, and say what that means at the moment."""
    from batchclip.wiring import decisions, system_clock, tables

    paused = await decisions.pause(settings, system_clock())
    if not paused:
        tell("paused already; `batchclip resume` lets the runs of this table go on")
    elif tables.running(settings):
        tell(
            "paused: what is on the wire or prepared for it is recorded, nothing else leaves until "
            "`batchclip resume`"
        )
    else:
        tell("paused: no run is going on, and none will send anything until `batchclip resume`")
    return 0


async def go_on(settings: "Settings") -> int:
    """Resume, and say what that means at the moment."""
    from batchclip.wiring import decisions, system_clock, tables

    resumed = await decisions.resume(settings, system_clock())
    if not resumed:
        tell("nothing is paused")
    elif tables.running(settings):
        tell("resumed: the run goes on")
    else:
        tell("resumed: no run is going on; start one with `batchclip run`")
    return 0
