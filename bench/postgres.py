"""A PostgreSQL that is thrown away: a folder of its own, no port, a socket that only it holds."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.process import CannotRunError, environment

VERSIONS = Path("/usr/lib/postgresql")
ADMINISTRATOR = "bench"


@contextmanager
def postgres() -> Iterator[str]:
    """A running server; gives what to connect with. Raises CannotRunError."""
    programs = newest()
    account = server_account()
    with tempfile.TemporaryDirectory(prefix="bench-postgres-") as name:
        folder = Path(name)
        shutil.chown(folder, user=account)
        server = Server(programs, folder, account)
        server.make()
        try:
            server.control("start", "--options", server.options, "--wait")
            yield f"host={folder} user={ADMINISTRATOR} dbname=postgres"
        finally:
            server.control("stop", "--mode", "immediate")


def newest() -> Path:
    """The folder with the programs of the newest version. Raises CannotRunError without one."""
    found = sorted(VERSIONS.glob("*/bin"), key=lambda path: float(path.parent.name))
    if not found:
        raise CannotRunError("PostgreSQL is missing; `make bench` installs it")
    return found[-1]


def server_account() -> str:
    """Who the server runs as: it refuses to be root."""
    return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


class Server:
    """The programs that make, start and stop a server, run as its own account."""

    def __init__(self, programs: Path, folder: Path, account: str) -> None:
        self._programs = programs
        self._folder = folder
        self._account = account

    @property
    def options(self) -> str:
        """No network, and the socket in its own folder."""
        return f"-c listen_addresses='' -c unix_socket_directories={self._folder}"

    def make(self) -> None:
        """Make its files. Whoever may enter its folder is let in."""
        self._run("initdb", "--pgdata", self._data, "--username", ADMINISTRATOR, "--auth", "trust")

    def control(self, *words: str) -> None:
        """Start or stop it."""
        log = self._folder / "log"
        self._run("pg_ctl", "--pgdata", self._data, "--log", log, *words)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, name: str, *words: str | Path) -> None:
        done = subprocess.run(
            self._as_account([self._programs / name, *words]),
            env=environment(self._folder),
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotRunError(f"PostgreSQL's {name} failed: {done.stderr.strip()}")

    def _as_account(self, words: Sequence[str | Path]) -> list[str | Path]:
        if os.geteuid():
            return list(words)
        return ["runuser", "-u", self._account, "--", *words]
