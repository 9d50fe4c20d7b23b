"""`batchclip reconcile`."""

import sys
from typing import TYPE_CHECKING

from batchclip.cli.execute import execute, settings_of
from batchclip.cli.options import (
    ApiUrl,
    Db,
    MaxConcurrency,
    Rate,
    SettleSeconds,
    Timeout,
    TokenFile,
)
from batchclip.cli.streams import tell

if TYPE_CHECKING:
    from batchclip.settings import Settings


def reconcile(
    db: Db = None,
    api_url: ApiUrl = None,
    token_file: TokenFile = None,
    max_concurrency: MaxConcurrency = None,
    rate: Rate = None,
    timeout: Timeout = None,
    settle_seconds: SettleSeconds = None,
) -> None:
    """Look for evidence of ranges in doubt, and settle them by it.

    Example: `batchclip reconcile --db archive.db`

    Every run does the same at its start. Nothing is clipped by it: it reads the projects of the
    files in question, for which the token needs the scope clips.read. What evidence doesn't
    settle stays in doubt: `batchclip why` says why, `batchclip resolve` takes a person's word.

    Exit codes: 0 the search was made, whatever it found; 4 a person must act, as for a missing
    scope; 5 the projects could not be read; 6 a run is going on; 7 the table can't be written.
    """
    execute(look(settings_of(dict(locals()))))


async def look(settings: "Settings") -> int:
    """Search, say what was found, and what is left."""
    from batchclip.wiring import night, system_clock, tables

    clock = system_clock()
    night.check_token(settings)
    async with tables.table_for_run(settings, clock, may_be_new=False) as table:
        end = await night.reconcile(settings, table, clock, sys.stderr)
    tell(end.sentence)
    return end.exit_code
