"""The composition root: the only place that names concrete classes and puts them together."""

import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from pydantic import SecretStr

from batchclip.api.auth import Auth, Credentials, FixedAuth, RotatingAuth
from batchclip.api.client import RestreamClient
from batchclip.api.exchange import Exchange
from batchclip.api.secrets import Secrets
from batchclip.api.tokenfile import TokenFile
from batchclip.clock import Clock
from batchclip.errors import PersonNeeded, UsageError
from batchclip.ingest import Ingest, Intake, Nowhere, Stages
from batchclip.job import Mode, Range, State
from batchclip.notation import moment_of
from batchclip.pacer import Pace, Pacer
from batchclip.report.progress import LineProgress, LiveProgress
from batchclip.report.rejects import RejectsWriter
from batchclip.report.tally import Tally
from batchclip.runner.alone import only_run, run_lock
from batchclip.runner.attempt import Attempts
from batchclip.runner.budget import Budget
from batchclip.runner.halts import End, Halts
from batchclip.runner.run import Run, RunLimits
from batchclip.runner.signals import handled
from batchclip.settings import Settings, default_token_file
from batchclip.simulator import Books, Simulator, SimulatorSettings
from batchclip.store.base import JobReader, Loaded, Reopen, Store
from batchclip.store.connection import check_exists, check_place, sqlite_path
from batchclip.store.journal import Journal
from batchclip.store.reading import SqliteReader
from batchclip.store.sqlite import SqliteStore

NO_CREDENTIALS = (
    "there is no token: set BATCHCLIP_ACCESS_TOKEN, or BATCHCLIP_CLIENT_ID, "
    "BATCHCLIP_CLIENT_SECRET and, the first time, BATCHCLIP_REFRESH_TOKEN"
)


def milliseconds(clock: Clock) -> int:
    """Milliseconds since 1970."""
    return round(1000 * clock.now())


@asynccontextmanager
async def reader(settings: Settings, clock: Clock) -> AsyncIterator[JobReader]:
    """The job table to read from. Raises TableError when there is none or it can't be read."""
    opened = await SqliteReader.open(sqlite_path(settings.db), milliseconds(clock))
    try:
        yield opened
    finally:
        await opened.close()


@asynccontextmanager
async def store(settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    """The job table to write to. Raises TableError when it can't be opened or made."""
    opened = await SqliteStore.open(sqlite_path(settings.db), milliseconds(clock))
    try:
        yield opened
    finally:
        await opened.close()


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load came to; `loaded` is None when errors forbade it."""

    intake: Intake
    loaded: Loaded | None


async def load(
    settings: Settings, manifests: Sequence[str], clock: Clock, into: Stages, errors: TextIO
) -> LoadResult:
    """Check manifests and load their new ranges. Raises TableError, or UsageError for rejects."""
    with rejects_file(settings.rejects) as rejects:
        ingest = Ingest(into, RejectsWriter(errors, rejects), sys.stdin.buffer)
        loaded = await ingest.load(
            manifests, lambda: milliseconds(clock), skip_invalid=settings.skip_invalid
        )
    return LoadResult(ingest.intake, loaded)


async def check_first(
    settings: Settings, manifests: Sequence[str], clock: Clock, errors: TextIO
) -> LoadResult | None:
    """Check manifests that would make a new table, so that bad ones leave nothing behind.

    None when they can be loaded, or when only loading tells: a table is there, or one of them can
    be read but once, as standard input and a pipe can. Raises as `load` does.
    """
    if sqlite_path(settings.db).exists() or any(read_once(name) for name in manifests):
        return None
    quiet = Ingest(Nowhere(), RejectsWriter(StringIO()))
    if await quiet.load(manifests, lambda: 0, skip_invalid=settings.skip_invalid):
        return None
    return await load(settings, manifests, clock, Nowhere(), errors)


def read_once(manifest: str) -> bool:
    """Whether reading this takes it away: standard input, a pipe, `<(command)`."""
    path = Path(manifest)
    return manifest == "-" or (path.exists() and not path.is_file() and not path.is_dir())


@contextmanager
def rejects_file(path: Path | None) -> Iterator[TextIO | None]:
    """Open the file of rejected rows, if one is asked for. Raises UsageError when it can't be
    written; nothing is loaded then."""
    if path is None:
        yield None
        return
    try:
        with path.open("w", encoding="utf-8", newline="") as opened:
            yield opened
    except OSError as error:
        raise UsageError(f"--rejects: {path}: {error.strerror}") from None


@asynccontextmanager
async def table_for_run(
    settings: Settings, clock: Clock, *, may_be_new: bool
) -> AsyncIterator[Store]:
    """The job table, held by this run alone. Raises TableBusy or TableError.

    Without a manifest a missing table is a mistyped path, and a night without a clip.
    """
    path = sqlite_path(settings.db)
    check_place(path)
    if not may_be_new:
        check_exists(path)
    async with only_run(path, clock), store(settings, clock) as table:
        yield table


def running(settings: Settings) -> bool:
    """Whether a living run holds the table."""
    return run_lock(sqlite_path(settings.db)).held()


async def retry(settings: Settings, states: tuple[State, ...], clock: Clock) -> int:
    """Put ranges in these states back to pending; return how many. Raises TableError."""
    check_exists(sqlite_path(settings.db))
    async with store(settings, clock) as table, Journal(table) as journal:
        return await journal.write(Reopen(states, milliseconds(clock), "`batchclip retry`"))


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


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How a rehearsal went. `books` is the simulator's own summary of what really happened."""

    loaded: LoadResult
    end: End | None
    counts: Mapping[State, int]
    books: dict[str, object]
    lost: int


async def rehearse(
    settings: Settings,
    manifests: Sequence[str],
    world: SimulatorSettings,
    clock: Clock,
    messages: TextIO,
) -> Rehearsal:
    """Run manifests against the simulator, in a table of their own that is removed at the end.

    No secret of the settings is used. Raises TableError when there is no room for the table.
    """
    with TemporaryDirectory(prefix="batchclip-rehearsal-") as folder:
        async with Simulator(world, clock) as simulator:
            pretended = settings.model_copy(
                update={
                    "db": str(Path(folder) / "rehearsal.db"),
                    "api_url": simulator.url,
                    "access_token": SecretStr("rehearsal-token"),
                }
            )
            async with store(pretended, clock) as table:
                loaded = await load(pretended, manifests, clock, table, messages)
                end = await run(pretended, table, clock, messages) if loaded.loaded else None
                lost = await lost_ranges(table, simulator.books)
                counts = await table.counts()
        return Rehearsal(loaded, end, counts, simulator.books.summary(), lost)


async def lost_ranges(table: Store, books: Books) -> int:
    """Count the ranges about which table and books disagree.

    Submitted without an effect is lost work; an effect that the table takes for not sent would be
    paid for again. A whole video is exempt from the second: to send it again is harmless.
    """
    took_effect = {effect[1:6] for effect in books.effects()}
    lost = 0
    async for report in table.ranges((State.SUBMITTED, *WOULD_BE_SENT_AGAIN)):
        happened = identity_in_books(report.range) in took_effect
        if report.state is State.SUBMITTED:
            lost += not happened
        else:
            lost += happened and not report.range.harmless_to_repeat
    return lost


WOULD_BE_SENT_AGAIN = (State.PENDING, State.FAILED, State.REJECTED)


def identity_in_books(asked: Range) -> tuple[str, float | None, float | None, bool, bool]:
    """A range as the simulator's books name an effect: file, start, end, single, force."""
    start = None if asked.start_ms is None else asked.start_ms / 1000
    end = None if asked.end_ms is None else asked.end_ms / 1000
    return str(asked.file_id), start, end, asked.mode is Mode.SINGLE, asked.forced
