"""The rotating pair of tokens on disk: private, and replaced whole or not at all."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from batchclip.errors import PersonNeeded

RESERVED_BYTES = 8192
"""Space taken before a refresh is sent, so that its answer still finds room on a full disk."""


class TokenPair(BaseModel):
    """An access token and the refresh token that replaces it. Times are seconds since 1970.

    `seed` is a digest of the refresh token in the environment from which this pair descends: when
    a person puts a new one there, the file's pair is no longer meant.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access_token: str
    refresh_token: str
    issued_at: float = 0.0
    expires_at: float | None = None
    seed: str | None = None

    def __repr__(self) -> str:
        """Show no secret."""
        return "TokenPair(***)"

    __str__ = __repr__


class TokenFile:
    """A file of mode 0600 in a folder of mode 0700."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._spare = path.with_name(path.name + ".new")

    def read(self) -> TokenPair | None:
        """Return the pair, None without a file. Raises PersonNeeded when it can't be used."""
        try:
            mode = self.path.stat().st_mode
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable(f"cannot be read ({type(error).__name__})") from None
        if mode & 0o077:
            raise PersonNeeded(
                f"the token file {self.path} can be read by others; "
                f"run: chmod 600 {self.path}, and revoke the token if somebody may have read it"
            )
        try:
            return TokenPair.model_validate_json(text)
        except ValidationError:
            raise self._unusable("holds no pair of tokens") from None

    def _unusable(self, problem: str) -> PersonNeeded:
        return PersonNeeded(
            f"the token file {self.path} {problem}; remove it and set BATCHCLIP_REFRESH_TOKEN to a "
            "new refresh token"
        )

    def make_folder(self) -> None:
        """Make the folder when there is none. Raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def reserve(self) -> None:
        """Make a spare file with room for a new pair; only under the lock. Raises OSError."""
        self._write(b" " * RESERVED_BYTES)

    def replace(self, pair: TokenPair) -> None:
        """Put a new pair in the old one's place; it is on disk on return. Raises OSError."""
        content = pair.model_dump_json().encode()
        self._write(content.ljust(RESERVED_BYTES))
        self._spare.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _write(self, content: bytes) -> None:
        """Write over the spare file without giving its room away."""
        descriptor = os.open(self._spare, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as spare:
            os.fchmod(descriptor, 0o600)
            spare.write(content)
            spare.flush()
            spare.truncate()
            os.fsync(descriptor)
