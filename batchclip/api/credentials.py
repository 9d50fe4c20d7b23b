"""Who refreshes: the OAuth application, and the token that it began with."""

import base64
import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """The OAuth application, and the refresh token that seeds the file. `repr` shows none."""

    client_id: str
    client_secret: str
    seed: str | None = None

    def __repr__(self) -> str:
        """Show no secret."""
        return "Credentials(***)"

    @property
    def basic(self) -> str:
        """The value of a Basic `Authorization` header."""
        pair = f"{self.client_id}:{self.client_secret}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    @property
    def seed_digest(self) -> str | None:
        """SHA-256 of the seed."""
        return hashlib.sha256(self.seed.encode()).hexdigest() if self.seed else None
