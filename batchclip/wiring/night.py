"""A run put together: client, tokens, pacer, journal, progress."""

from datetime import datetime
from typing import TextIO

from batchclip.api.auth import Auth, Credentials, FixedAuth, RotatingAuth
from batchclip.api.client import RestreamClient
from batchclip.api.exchange import Exchange
from batchclip.api.secrets import Secrets
from batchclip.api.tokenfile import TokenFile
from batchclip.clock import Clock
from batchclip.errors import PersonNeeded
from batchclip.notation import moment_of
from batchclip.pacer import Pace, Pacer
from batchclip.report.progress import LineProgress, LiveProgress
from batchclip.report.tally import Tally
from batchclip.runner.attempt import Attempts
from batchclip.runner.budget import Budget
from batchclip.runner.halts import End, Halts
from batchclip.runner.run import Run, RunLimits
from batchclip.runner.signals import handled
from batchclip.settings import Settings, default_token_file
from batchclip.store.base import Store
from batchclip.store.journal import Journal

NO_CREDENTIALS = (
    "there is no token: set BATCHCLIP_ACCESS_TOKEN, or BATCHCLIP_CLIENT_ID, "
    "BATCHCLIP_CLIENT_SECRET and, the first time, BATCHCLIP_REFRESH_TOKEN"
)


def check_token(settings: Settings) -> None:
    """Raise PersonNeeded when the settings give no way to a token."""
    if settings.access_token is None and None in (settings.client_id, settings.client_secret):
        raise PersonNeeded(NO_CREDENTIALS)


def auth_for(
    settings: Settings, exchange: Exchange, clock: Clock, secrets: Secrets, halts: Halts
) -> Auth:
    """The way to a token that the settings give. Raises PersonNeeded when they give none."""
    if settings.access_token is not None:
        token = settings.access_token.get_secret_value().strip()
        if not token.isprintable():
            raise PersonNeeded("BATCHCLIP_ACCESS_TOKEN holds a line break or the like; set it anew")
        return FixedAuth(token, secrets)
    if settings.client_id is None or settings.client_secret is None:
        raise PersonNeeded(NO_CREDENTIALS)
    seed = settings.refresh_token
    # What reads a file into the environment often leaves its line break on.
    credentials = Credentials(
        settings.client_id.get_secret_value().strip(),
        settings.client_secret.get_secret_value().strip(),
        seed.get_secret_value().strip() if seed else None,
    )
    file = TokenFile(settings.token_file or default_token_file())
    return RotatingAuth(exchange, file, credentials, clock, secrets, halts.stopped)


def progress_for(stream: TextIO, clock: Clock) -> LiveProgress | LineProgress:
    """A live display on a terminal, lines elsewhere."""
    tally = Tally(clock)
    if stream.isatty():
        return LiveProgress(tally, stream)
    return LineProgress(tally, stream, clock)


async def run(settings: Settings, table: Store, clock: Clock, messages: TextIO) -> End:
    """Send everything in this table that is due. The caller holds the run lock.

    Raises PersonNeeded when there is no token at all, TableError when it can't even begin.
    """
    progress = progress_for(messages, clock)
    secrets = Secrets()
    async with (
        Exchange(settings.api_url, settings.timeout) as exchange,
        Journal(table) as journal,
    ):
        halts = Halts()
        attempts = Attempts(
            client=RestreamClient(exchange, clock, secrets),
            auth=auth_for(settings, exchange, clock, secrets, halts),
            journal=journal,
            pacer=Pacer(
                Pace(settings.max_concurrency, settings.rate, settings.give_up_after), clock
            ),
            budget=Budget(settings.max_submissions),
            halts=halts,
            observer=progress,
            clock=clock,
            max_attempts=settings.max_attempts,
        )
        async with progress.shown(), handled(halts, messages):
            return await Run(table, attempts, run_limits(settings, clock)).run()


def run_limits(settings: Settings, clock: Clock) -> RunLimits:
    """The settings' limits as a run wants them."""
    deadline = None
    if settings.until is not None:
        now = datetime.fromtimestamp(clock.now()).astimezone()
        deadline = moment_of(settings.until, now).timestamp()
    return RunLimits(
        workers=settings.max_concurrency,
        give_up_after=settings.give_up_after,
        deadline=deadline,
        max_failed=settings.max_failed,
    )
