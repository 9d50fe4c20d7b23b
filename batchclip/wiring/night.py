"""A run put together: client, tokens, pacer, journal, progress."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TextIO

from batchclip.api.auth import Auth, FixedAuth, RotatingAuth
from batchclip.api.client import RestreamClient
from batchclip.api.credentials import Credentials
from batchclip.api.exchange import Exchange
from batchclip.api.secrets import Secrets
from batchclip.api.tokenfile import TokenFile
from batchclip.clock import MachineClock
from batchclip.errors import PersonNeeded
from batchclip.events import Observer
from batchclip.notation import moment_of
from batchclip.pace import Pace
from batchclip.pacer import Pacer
from batchclip.report.notices import Notices
from batchclip.report.progress import LineProgress
from batchclip.report.tally import Tally
from batchclip.runner.attempt import Attempts
from batchclip.runner.audit import Audit
from batchclip.runner.budget import Budget
from batchclip.runner.halts import End, Halts
from batchclip.runner.lookup import LookupEnd, look_up
from batchclip.runner.patience import Patience
from batchclip.runner.questions import Questions, keep_holding_off
from batchclip.runner.reconcile import Reconciler
from batchclip.runner.run import Run, RunLimits
from batchclip.runner.signals import handled
from batchclip.serverclock import ServerClock
from batchclip.settings import Settings, default_token_file
from batchclip.store.base import JobReader, Store
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
    settings: Settings, exchange: Exchange, clock: MachineClock, secrets: Secrets, halts: Halts
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


class Progress(Observer, Protocol):
    """Shows a run while it goes on."""

    def shown(self) -> AbstractAsyncContextManager[None]:
        """Show it meanwhile."""
        ...


def progress_for(stream: TextIO, clock: MachineClock) -> Progress:
    """A live display on a terminal, lines elsewhere."""
    tally = Tally(clock)
    if not stream.isatty():
        return LineProgress(tally, stream, clock)
    from batchclip.report.live import LiveProgress

    return LiveProgress(tally, stream)


@dataclass(frozen=True, slots=True)
class Parts:
    """What is there before a run is put together."""

    clock: MachineClock
    halts: Halts
    observer: Observer


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines to Restream: everything that is sent goes under one pacer and one token."""

    client: RestreamClient
    questions: Questions
    server_clock: ServerClock


def lines_for(
    settings: Settings, exchange: Exchange, journal: Journal | None, parts: Parts
) -> Lines:
    """Put them together over an open exchange. Raises PersonNeeded when there is no token."""
    secrets, clock, halts = Secrets(), parts.clock, parts.halts
    server_clock = ServerClock(clock)
    pacer = Pacer(Pace(settings.max_concurrency, settings.rate, settings.give_up_after), clock)
    ends_at = monotonic_deadline(settings, clock)
    patience = Patience(pacer, halts, clock, settings.give_up_after, ends_at)
    auth = auth_for(settings, exchange, clock, secrets, halts)
    questions = Questions(auth, journal, pacer, halts, patience, clock, run_id=0)
    return Lines(RestreamClient(exchange, clock, secrets, server_clock), questions, server_clock)


def reconciler_for(
    settings: Settings, table: Store, journal: Journal, lines: Lines, observer: Observer
) -> Reconciler:
    """A search for evidence over these lines."""
    settle_ms = round(1000 * settings.settle_seconds)
    return Reconciler(
        table, journal, lines.client, lines.questions, observer, lines.server_clock, settle_ms
    )


def attempts_for(
    settings: Settings, journal: Journal, lines: Lines, observer: Observer
) -> Attempts:
    """The attempts of a run over these lines."""
    questions = lines.questions
    return Attempts(
        client=lines.client,
        auth=questions.auth,
        journal=journal,
        pacer=questions.pacer,
        budget=Budget(settings.max_submissions),
        halts=questions.halts,
        observer=observer,
        clock=questions.clock,
        server_clock=lines.server_clock,
        max_attempts=settings.max_attempts,
    )


async def run(settings: Settings, table: Store, clock: MachineClock, messages: TextIO) -> End:
    """Send everything in this table that is due. The caller holds the run lock.

    Raises PersonNeeded when there is no token at all, TableError when it can't even begin.
    """
    progress = progress_for(messages, clock)
    parts = Parts(clock, Halts(), progress)
    limits = RunLimits(workers=settings.max_concurrency, max_failed=settings.max_failed)
    async with (
        Exchange(settings.api_url, settings.timeout) as exchange,
        Journal(table) as journal,
    ):
        lines = lines_for(settings, exchange, journal, parts)
        attempts = attempts_for(settings, journal, lines, progress)
        reconciler = reconciler_for(settings, table, journal, lines, progress)
        async with progress.shown(), handled(parts.halts, messages):
            return await Run(table, attempts, reconciler, limits).run()


async def reconcile(
    settings: Settings, table: Store, clock: MachineClock, messages: TextIO
) -> LookupEnd:
    """Look for evidence of every range in doubt. The caller holds the run lock.

    Raises PersonNeeded when there is no token at all, TableError when the table can't be read.
    """
    parts = Parts(clock, Halts(), Notices(messages))
    async with (
        Exchange(settings.api_url, settings.timeout) as exchange,
        Journal(table) as journal,
    ):
        lines = lines_for(settings, exchange, journal, parts)
        reconciler = reconciler_for(settings, table, journal, lines, parts.observer)
        async with handled(parts.halts, messages):
            return await look_up(table, reconciler)


@asynccontextmanager
async def audit(
    settings: Settings, table: JobReader, clock: MachineClock, messages: TextIO
) -> AsyncIterator[Audit]:
    """An audit of this table, ready to be read from. Raises PersonNeeded, TableError."""
    parts = Parts(clock, Halts(), Notices(messages))
    async with Exchange(settings.api_url, settings.timeout) as exchange:
        questions = (lines := lines_for(settings, exchange, None, parts)).questions
        parts.halts.on_stop(lambda _: questions.pacer.close())
        async with handled(parts.halts, messages):
            await keep_holding_off(table, questions, parts.observer)
            yield Audit(table, lines.client, questions)


def monotonic_deadline(settings: Settings, clock: MachineClock) -> float | None:
    """The deadline (--until) by the monotonic clock, None without one."""
    if settings.until is None:
        return None
    now = datetime.fromtimestamp(clock.now()).astimezone()
    return clock.monotonic() + moment_of(settings.until, now).timestamp() - clock.now()
