"""The tokens of an account: a fixed one, or pairs, of which each kills the one before at once."""

import time
from typing import Any

from tests.proof.worlds.truth import Refresh, Truth
from tests.support.program import TOKEN

NEARLY_OVER = 0.85
"""From this share of its life on, a token may be replaced ahead of its end."""


class Grants:
    """`life`: how long a token lives in seconds, None for the fixed one."""

    def __init__(self, life: float | None, truth: Truth, *, jumps: bool) -> None:
        self._life = life
        self._truth = truth
        self._jumps = jumps
        self._count = 0
        self._issued_at = 0.0
        self._doubted = True
        self.access = TOKEN

    @property
    def refresh_token(self) -> str:
        """The only one that is good for a refresh."""
        return f"the-refresh-token-number-{self._count:04}"

    def good(self, token: str) -> bool:
        """Whether a call with this token is let in."""
        good = token == self.access and (self._life is None or self._age < self._life)
        if token == self.access and not good:
            self._doubted = True
        return good

    def doubt(self, token: str) -> None:
        """A call with this token is answered 401."""
        self._doubted = self._doubted or token == self.access

    def log_in(self) -> str:
        """What a person does in the browser: a new pair, of which batchclip sees the one half."""
        self._replace()
        self._doubted = True
        return self.refresh_token

    def refresh(self, presented: str) -> dict[str, Any] | None:
        """Replace the pair, None when that refresh token is dead."""
        if presented != self.refresh_token:
            return None
        # On a clock that jumps, a token's end may come at any time.
        early = self._life is not None and self._age < NEARLY_OVER * self._life
        needless = not self._doubted and early and not self._jumps
        self._truth.refreshes.append(Refresh(time.monotonic(), self.access, needless))
        self._replace()
        self._doubted = False
        return self._answer()

    @property
    def _age(self) -> float:
        return time.monotonic() - self._issued_at

    def _replace(self) -> None:
        self._count += 1
        self._issued_at = time.monotonic()
        self.access = f"the-access-token-number-{self._count:04}"

    def _answer(self) -> dict[str, Any]:
        return {
            "access_token": self.access,
            "accessToken": self.access,
            "refresh_token": self.refresh_token,
            "refreshToken": self.refresh_token,
            "expires_in": self._life,
            "token_type": "Bearer",
            "scope": "clips.read clips.write storage.read",
        }
