"""`batchclip retry`."""

from typing import TYPE_CHECKING, Annotated

import typer

from batchclip.cli.execute import execute, settings_of
from batchclip.cli.options import Db
from batchclip.cli.streams import tell
from batchclip.errors import UsageError
from batchclip.job import RETRYABLE, State

if TYPE_CHECKING:
    from batchclip.settings import Settings


def retry(
    state: Annotated[
        list[State],
        typer.Option(help="failed, rejected or cancelled; may be given again.", metavar="S"),
    ],
    db: Db = None,
) -> None:
    """Put ranges back to pending, for the next run to try again.

    Example: `batchclip retry --state rejected`
    """
    execute(put_back(settings_of({"db": db}), tuple(dict.fromkeys(state))))


async def put_back(settings: "Settings", states: tuple[State, ...]) -> int:
    """Put them back and say how many."""
    from batchclip.wiring import decisions, system_clock

    wrong = [state.value for state in states if state not in RETRYABLE]
    if wrong:
        raise UsageError(
            f"--state {wrong[0]}: only failed, rejected and cancelled ranges can be retried"
        )
    count = await decisions.retry(settings, states, system_clock())
    tell(f"{count:,} ranges are pending again")
    return 0
