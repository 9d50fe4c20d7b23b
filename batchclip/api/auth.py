"""Access tokens: a fixed one, or a pair that one refresh at a time replaces for the whole pool."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from batchclip.api.credentials import Credentials
from batchclip.api.exchange import Exchange, Request
from batchclip.api.models import TokenAnswer
from batchclip.api.secrets import Secrets
from batchclip.api.tokenfile import TokenFile, TokenPair
from batchclip.clock import Clock, wait_for_event
from batchclip.errors import ApiUnavailable, PersonNeeded
from batchclip.holdoff import hold_off_seconds
from batchclip.lock import FileLock
from batchclip.outcome import Answer, Silence

REFRESH_AHEAD_SECONDS = 120.0
REFRESH_AHEAD_SHARE = 0.1
"""A token is replaced this long before its end, or at this share of its life if that is less."""

LOCK_PATIENCE_SECONDS = 120.0
LOCK_PAUSE_SECONDS = 0.05

REFUSED_SENTENCE = "Restream refuses the access token; put a new one into BATCHCLIP_ACCESS_TOKEN"


class Auth(Protocol):
    """Gives the token to send with."""

    renewable: bool
    """Whether a refused token can be replaced."""

    async def token(self) -> str:
        """Return a token that is not known to be dead, refreshed ahead of its end where needed.

        Raises PersonNeeded when there is none to be had, ApiUnavailable when not just now.
        """
        ...

    def ready(self) -> bool:
        """Whether `token` would give one at once."""
        ...

    def current(self, token: str) -> bool:
        """Whether nothing is known against this token at this moment, not even a refresh begun."""
        ...

    def refuse(self, token: str) -> bool:
        """Note that this token met a 401: `token` gives it to nobody any more.

        False when it was an older one already, so that its 401 says nothing of the newest.
        """
        ...


class FixedAuth:
    """A token that the operator gave and that nothing refreshes."""

    renewable = False

    def __init__(self, token: str, secrets: Secrets) -> None:
        # What reads a file into the environment often leaves its line break on.
        self._token = token.strip()
        self._refused = False
        secrets.add(self._token)

    async def token(self) -> str:
        """Return it. Raises PersonNeeded once it was refused."""
        if self._refused:
            raise PersonNeeded(REFUSED_SENTENCE)
        return self._token

    def ready(self) -> bool:
        """Whether it was not refused."""
        return not self._refused

    def current(self, token: str) -> bool:
        """Whether it was not refused."""
        return token == self._token and not self._refused

    def refuse(self, token: str) -> bool:
        """Give it to nobody any more: there is no other."""
        self._refused = token == self._token
        return self._refused


class RotatingAuth:
    """A pair in a token file that other processes may use, too.

    A refresh invalidates the previous pair at once (Restream's developer pages), so there is one at
    a time on this machine, and the new pair is on disk before anything uses it.
    """

    renewable = True

    def __init__(
        self,
        exchange: Exchange,
        file: TokenFile,
        credentials: Credentials,
        clock: Clock,
        secrets: Secrets,
        give_up: asyncio.Event | None = None,
    ) -> None:
        self._exchange = exchange
        self._file = file
        self._credentials = credentials
        self._clock = clock
        self._pair: TokenPair | None = None
        self._refused: str | None = None
        self._give_up = give_up or asyncio.Event()
        self._failed: PersonNeeded | ApiUnavailable | None = None
        self._failures = 0
        self._one_at_a_time = asyncio.Lock()
        self._secrets = secrets
        secrets.add(credentials.client_secret, credentials.basic)

    async def token(self) -> str:
        """Return a token that lives a while yet. Raises PersonNeeded or ApiUnavailable."""
        pair = self._pair
        if pair is not None and self.ready():
            return pair.access_token
        failures = self._failures
        async with self._one_at_a_time:
            if self._pair is None or not self._fresh(self._pair):
                await self._refresh_for_all(failures)
            return self._usable().access_token

    def ready(self) -> bool:
        """Whether there is a pair that lives a while yet."""
        pair = self._pair
        # A refresh that is under way has perhaps killed this pair already: wait for it.
        return pair is not None and self._fresh(pair) and not self._one_at_a_time.locked()

    async def _refresh_for_all(self, failures: int) -> None:
        """Refresh. One that failed meanwhile speaks for all who waited, and what only a person can
        mend for everybody."""
        told = self._failures != failures or isinstance(self._failed, PersonNeeded)
        if told and self._failed is not None:
            raise self._failed
        try:
            await self._refresh()
        except (PersonNeeded, ApiUnavailable) as error:
            self._failed = error
            self._failures += 1
            raise

    def current(self, token: str) -> bool:
        """Whether it is the newest, was not refused, and no refresh is killing it just now."""
        newest = self._pair is not None and self._pair.access_token == token
        return newest and token != self._refused and not self._one_at_a_time.locked()

    def refuse(self, token: str) -> bool:
        """Have the next call of `token` refresh, unless this token is an older one by now."""
        newest = self._pair is not None and self._pair.access_token == token
        if newest:
            self._refused = token
        return newest

    def _usable(self) -> TokenPair:
        if self._pair is None:
            raise PersonNeeded("there is no access token")
        return self._pair

    def _fresh(self, pair: TokenPair) -> bool:
        if pair.access_token == self._refused:
            return False
        if pair.expires_at is None:
            return True
        ahead = min(REFRESH_AHEAD_SECONDS, REFRESH_AHEAD_SHARE * (pair.expires_at - pair.issued_at))
        return pair.expires_at - self._clock.now() > ahead

    async def _refresh(self) -> None:
        """Take the pair that is on disk when it will do, else have it replaced."""
        async with self._alone_on_this_machine():
            known = await asyncio.to_thread(self._file.read)
            if known is not None and self._superseded(known):
                known = None
            if known is not None and self._fresh(known):
                self._adopt(known)
                return
            # A pair goes on descending from its log-in when that has left the environment.
            seed = self._credentials.seed_digest or (known.seed if known else None)
            self._adopt(await self._rotate(self._refresh_token_of(known), seed))

    @asynccontextmanager
    async def _alone_on_this_machine(self) -> AsyncIterator[None]:
        lock = FileLock(Path(f"{self._file.path}.lock"))
        try:
            await self._reserve(lock)
            yield
        finally:
            lock.release()

    async def _reserve(self, lock: FileLock) -> None:
        """Take the lock first: the spare file may be another process's new pair by now."""
        try:
            await asyncio.to_thread(self._file.make_folder)
            await self._acquire(lock)
            await asyncio.to_thread(self._file.reserve)
        except OSError as error:
            raise self._unwritable(error) from None

    async def _acquire(self, lock: FileLock) -> None:
        """Wait for the lock, but neither for ever nor past a stop: a blocking flock would."""
        ends_at = self._clock.monotonic() + LOCK_PATIENCE_SECONDS
        while not lock.try_acquire():
            if await wait_for_event(self._clock, self._give_up, LOCK_PAUSE_SECONDS):
                raise ApiUnavailable("stopped while another process had the token file's lock")
            if self._clock.monotonic() >= ends_at:
                raise PersonNeeded(
                    f"another process has held {self._file.path}.lock for "
                    f"{LOCK_PATIENCE_SECONDS:.0f} s; find it (fuser {self._file.path}.lock), end "
                    "it, and run again"
                )

    def _superseded(self, known: TokenPair) -> bool:
        digest = self._credentials.seed_digest
        return digest is not None and known.seed is not None and known.seed != digest

    def _refresh_token_of(self, known: TokenPair | None) -> str:
        refresh_token = known.refresh_token if known else self._credentials.seed
        if not refresh_token:
            raise PersonNeeded(
                f"there is no token: {self._file.path} does not exist; "
                "set BATCHCLIP_REFRESH_TOKEN to seed it"
            )
        self._secrets.add(refresh_token)
        return refresh_token

    async def _rotate(self, refresh_token: str, seed: str | None) -> TokenPair:
        """Send the refresh, and have the new pair on disk before anybody sees it."""
        sent_at = self._clock.now()
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        basic = self._credentials.basic
        request = Request("POST", "/oauth/token", form=form, authorization=basic)
        tokens = self._read(await self._exchange.send(request))
        pair = TokenPair(
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            issued_at=sent_at,
            expires_at=sent_at + tokens.expires_in if tokens.expires_in else None,
            seed=seed,
        )
        try:
            await asyncio.to_thread(self._file.replace, pair)
        except OSError as error:
            raise self._unwritable(error) from None
        return pair

    def _read(self, answer: Answer | Silence) -> TokenAnswer:
        """Raise ApiUnavailable when surely nothing happened or a later try may tell, else say
        plainly that a person is needed."""
        if isinstance(answer, Silence):
            if not answer.left:
                raise ApiUnavailable(f"the token cannot be refreshed just now: {answer.error}")
            # Not the error's text: it may quote an answer that holds tokens.
            raise self._lost(answer.error_name)
        if answer.status == 429 or answer.status >= 500:
            raise ApiUnavailable(
                f"the token cannot be refreshed just now: HTTP {answer.status}",
                answer.status,
                hold_off_seconds(answer.headers, self._clock.now()),
            )
        if not 200 <= answer.status < 300:
            raise PersonNeeded(
                f"Restream refuses to refresh the token (HTTP {answer.status}); log in to Restream "
                "again, set BATCHCLIP_REFRESH_TOKEN to the new refresh token, and run again"
            )
        try:
            tokens = TokenAnswer.model_validate_json(answer.body)
        except ValidationError:
            raise self._lost("it cannot be read") from None
        if not tokens.access_token.isprintable():
            # No header can hold it, so that every request with it would seem to never leave.
            raise self._lost("its token holds a line break or the like")
        return tokens

    def _lost(self, why: str) -> PersonNeeded:
        return PersonNeeded(
            f"the answer to a token refresh was lost ({why}), and the old pair is probably dead; "
            f"it is still in {self._file.path}. Run again; if Restream refuses it, log in again "
            "and set BATCHCLIP_REFRESH_TOKEN to the new refresh token"
        )

    def _unwritable(self, error: OSError) -> PersonNeeded:
        return PersonNeeded(
            f"the token file {self._file.path} cannot be written: {error.strerror}; make room or "
            "change its permissions, or say with BATCHCLIP_TOKEN_FILE where else it may be"
        )

    def _adopt(self, pair: TokenPair) -> None:
        self._secrets.add(pair.access_token, pair.refresh_token)
        self._pair = pair
