"""The rotating pair of tokens on disk: private, and replaced whole or not at all."""

import errno
import grp
import os
import pwd
import stat
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from batchclip.errors import PersonNeeded

RESERVED_BYTES = 8192
"""Space taken before a refresh is sent, so that its answer still finds room on a full disk."""

LONGEST_BYTES = 1 << 20
"""No pair is longer: what is, is another file."""

# Nothing that was put in the file's place is followed or waited for.
_AS_IT_STANDS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TO_WRITE = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


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
            self._check_folders()
            about, text = self._look()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable(why_unreadable(error)) from None
        self._check_private(about)
        try:
            return TokenPair.model_validate_json(text)
        except ValidationError:
            raise self._unusable("holds no pair of tokens") from None

    def _look(self) -> tuple[os.stat_result, str]:
        """The file and what it holds. Raises OSError."""
        descriptor = os.open(self.path, _AS_IT_STANDS)
        try:
            # What is read must be what is looked at, whatever takes its place meanwhile.
            content = os.read(descriptor, LONGEST_BYTES)
            return os.fstat(descriptor), content.decode("utf-8")
        finally:
            os.close(descriptor)

    def _check_private(self, about: os.stat_result) -> None:
        """Raise PersonNeeded for a file that others made, can read or can write."""
        if not stat.S_ISREG(about.st_mode):
            raise self._unusable("is no ordinary file")
        if about.st_uid not in trusted_owners():
            raise self._unusable("belongs to another user")
        if about.st_mode & 0o077:
            raise PersonNeeded(
                f"the token file {self.path} can be read by others; "
                f"run: chmod 600 {self.path}, and revoke the token if somebody may have read it"
            )

    def _check_folders(self) -> None:
        """Raise PersonNeeded where others could put a file of theirs in this one's place.

        As sshd's StrictModes has it: who can write in a folder above can exchange what is below.
        """
        folder = Path(os.path.realpath(self.path.parent, strict=True))
        for place in (folder, *folder.parents):
            about = place.stat()
            if about.st_uid not in trusted_owners():
                remedy = "belongs to another user; say with BATCHCLIP_TOKEN_FILE where it is safe"
            elif writable_by_others(about):
                remedy = f"can be written by others; run: chmod go-w {place}"
            else:
                continue
            raise PersonNeeded(
                f"others could exchange the token file {self.path}: the folder {place} {remedy}"
            )

    def _unusable(self, problem: str) -> PersonNeeded:
        return PersonNeeded(
            f"the token file {self.path} {problem}; remove it and set BATCHCLIP_REFRESH_TOKEN to a "
            "new refresh token"
        )

    def make_folder(self) -> None:
        """Make the folder when there is none. Raises OSError, or PersonNeeded where others can
        write in it: no file may be made or emptied there."""
        places = (self.path.parent, *self.path.parent.parents)
        for missing in reversed([place for place in places if not place.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        self._check_folders()

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
        descriptor = os.open(self._spare, _TO_WRITE, 0o600)
        with os.fdopen(descriptor, "wb") as spare:
            os.fchmod(descriptor, 0o600)
            spare.write(content)
            spare.flush()
            spare.truncate()
            os.fsync(descriptor)


def trusted_owners() -> set[int]:
    """This user, and root, whom nothing could be hidden from.

    Whoever owns `/` counts as root: in a container with users of its own, root has another number.
    """
    return {os.geteuid(), 0, Path("/").stat().st_uid}


def writable_by_others(folder: os.stat_result) -> bool:
    """Whether others can exchange what is in a folder.

    In a sticky one, such as /tmp, they can't exchange what is another's.
    """
    if folder.st_mode & stat.S_ISVTX:
        return False
    by_group = folder.st_mode & stat.S_IWGRP and not is_own_group(folder.st_gid)
    return bool(folder.st_mode & stat.S_IWOTH or by_group)


def is_own_group(group_id: int) -> bool:
    """Whether a group is this user's alone.

    Many systems make such a group for each user, and let it write in what the user makes. Root's
    has often been given to others.
    """
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(group_id)
    except KeyError:
        return False
    own = (group.gr_gid, group.gr_name) == (user.pw_gid, user.pw_name)
    return own and user.pw_uid != 0 and set(group.gr_mem) <= {user.pw_name}


def why_unreadable(error: OSError | UnicodeDecodeError) -> str:
    """What is wrong with a token file that cannot be read."""
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "is a symbolic link, which a refresh would replace"
    return f"cannot be read ({type(error).__name__})"
