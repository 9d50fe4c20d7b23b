"""Which tokens are good: issued, rotated, expired and revoked."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batchclip.simulator import refusals
from batchclip.simulator.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchclip.clock import Clock
    from batchclip.simulator.settings import SimulatorSettings

_REFRESH_LIFETIME_SECONDS = 31_536_000


class Tokens:
    """The account's tokens. When the simulator issues them, one pair is good at a time."""

    def __init__(self, settings: SimulatorSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._issues = settings.client_id is not None
        none_named = frozenset[str]() if self._issues else None
        self._good = none_named if settings.access_tokens is None else settings.access_tokens
        self._dead: set[str] = set()
        self._refresh = settings.refresh_token
        self._codes: dict[str, str] = {}
        self._scopes = {_plain(scope) for scope in settings.scopes.split()}
        self._start_lifetimes()

    def _start_lifetimes(self) -> None:
        now = self._clock.monotonic()
        self._expires_at = now + self._settings.token_lifetime_seconds
        self._refresh_expires_at = now + _REFRESH_LIFETIME_SECONDS

    def check(self, token: str | None, scope: str) -> str:
        """Return the token. Raises Refusal unless it is good and has the scope."""
        if token is None:
            raise refusals.invalid_token("access token is missing")
        expired = self._issues and self._clock.monotonic() >= self._expires_at
        unknown = self._good is not None and token not in self._good
        if expired or unknown or token in self._dead:
            raise refusals.invalid_token("access token is invalid")
        if scope not in self._scopes:
            raise refusals.insufficient_scope()
        return token

    def expire(self, token: str) -> None:
        """Make an access token bad, as if its lifetime were over."""
        self._dead.add(token)

    def new_code(self, client_id: str | None, redirect_uri: str | None) -> str:
        """Return a code for one exchange. Raises Refusal for a wrong client or no address."""
        if not self._issues or client_id != self._settings.client_id or not redirect_uri:
            raise Refusal(400, "invalid_request", "Unknown client_id, or no redirect_uri")
        code = secrets.token_hex(20)
        self._codes[code] = redirect_uri
        return code

    def grant(self, authorization: str | None, form: Mapping[str, Any]) -> dict[str, Any]:
        """Return the token answer to a form, and make the previous pair bad at once.

        Raises Refusal for a wrong client or a dead refresh token or code, and changes nothing.
        """
        if not self._is_client(authorization):
            raise Refusal(401, "invalid_client", "Invalid client: client is invalid")
        kind = form.get("grant_type")
        if kind not in {"refresh_token", "authorization_code"}:
            raise Refusal(400, "unsupported_grant_type", "Unsupported grant type")
        good = self._good_refresh(form) if kind == "refresh_token" else self._good_code(form)
        if not good:
            raise Refusal(400, "invalid_grant", f"Invalid grant: {kind} is invalid")
        return self._new_pair()

    def revoke(self, authorization: str | None, token: str | None) -> None:
        """Make both tokens of the pair bad, when the client and one token of the pair are right."""
        if self._is_client(authorization) and token and self._is_of_the_pair(token):
            self._good, self._refresh = frozenset(), None

    def _is_of_the_pair(self, token: str) -> bool:
        return token == self._refresh or token in (self._good or ())

    def _is_client(self, authorization: str | None) -> bool:
        pair = f"{self._settings.client_id}:{self._settings.client_secret}"
        return self._issues and _basic(authorization) == pair

    def _good_refresh(self, form: Mapping[str, Any]) -> bool:
        in_time = self._clock.monotonic() < self._refresh_expires_at
        return in_time and self._refresh is not None and form.get("refresh_token") == self._refresh

    def _good_code(self, form: Mapping[str, Any]) -> bool:
        redirect_uri = self._codes.pop(str(form.get("code")), None)
        return redirect_uri is not None and redirect_uri == form.get("redirect_uri")

    def _new_pair(self) -> dict[str, Any]:
        access, self._refresh = secrets.token_hex(20), secrets.token_hex(20)
        self._good = frozenset({access})
        self._dead.clear()
        self._start_lifetimes()
        return self._pair(access, self._refresh)

    def _pair(self, access: str, refresh: str) -> dict[str, Any]:
        """Return the fields of Restream's page Refreshing Tokens, in both its spellings."""
        lifetime = self._settings.token_lifetime_seconds
        expires = self._clock.now() + lifetime
        refresh_expires = self._clock.now() + _REFRESH_LIFETIME_SECONDS
        return {
            "access_token": access,
            "expires": int(expires),
            "expires_in": lifetime,
            "refresh_token": refresh,
            "scope": self._settings.scopes,
            "token_type": "Bearer",
            "accessToken": access,
            "accessTokenExpiresIn": lifetime,
            "accessTokenExpiresAt": iso_time(expires),
            "accessTokenExpiresEpoch": int(expires),
            "refreshToken": refresh,
            "refreshTokenExpiresIn": _REFRESH_LIFETIME_SECONDS,
            "refreshTokenExpiresAt": iso_time(refresh_expires),
            "refreshTokenExpiresEpoch": int(refresh_expires),
            "scopes": self._settings.scopes.split(),
            "tokenType": "Bearer",
        }


def bearer(authorization: str | None) -> str | None:
    """Return the token of an Authorization header, or None when it holds none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def iso_time(seconds: float) -> str:
    """Return a wall time as Restream writes it, such as 2026-01-28T15:50:30.420Z."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _basic(authorization: str | None) -> str | None:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _plain(scope: str) -> str:
    """Return a scope in the shorter of the two spellings that Restream uses."""
    return scope.replace(".default.", ".")
