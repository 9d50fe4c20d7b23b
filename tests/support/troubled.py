"""The real `batchclip` as a real process on a machine with something wrong with it.

`python -m tests.support.troubled run ...` is `batchclip run ...` with the trouble that stands in
its environment.
"""

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import aiosqlite

from batchclip import cli
from batchclip.clock import SystemClock
from batchclip.store import connection
from tests.support.disk import laid_under
from tests.support.grounds import SETTING, Ground, Trouble
from tests.support.isolated import ROOT, as_a_mere_user
from tests.support.program import Program


@dataclass
class TroubledProgram(Program):
    """A program whose processes are started on the trouble of the moment."""

    trouble: Trouble = field(default_factory=Trouble)
    as_root: bool = True
    """False: the permissions of files hold, also for root."""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"PYTHONPATH": str(ROOT)} | self.trouble.as_setting

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.support.troubled", *arguments]
        return subprocess.Popen(
            command if self.as_root else as_a_mere_user(command),
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, given: str | None = None) -> "subprocess.CompletedProcess[str]":
        assert given is None, "nothing is given to a process in trouble"
        with self.start(*arguments) as process:
            try:
                output, messages = process.communicate(timeout=120)
            finally:
                process.kill()
        return subprocess.CompletedProcess(arguments, process.returncode, output, messages)


def set_clock_wrong(file: str) -> None:
    """Have the clock go wrong by the seconds that stand in this file at the moment."""

    def now(self: SystemClock) -> float:
        return time.time() + float(Path(file).read_text(encoding="ascii"))

    SystemClock.now = now  # type: ignore[method-assign]


def break_syncs(trouble: Trouble) -> None:
    """Break what the token file rests on: the sync of a file, or that of its folder."""
    fsync, files = os.fsync, 0

    def broken(descriptor: int) -> None:
        nonlocal files
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            if trouble.dies_after_renaming:
                os.kill(os.getpid(), signal.SIGKILL)
        else:
            files += 1
            if 0 < trouble.token_full_from <= files:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    os.fsync = broken  # type: ignore[assignment]


def checkpoint_often(pages: int) -> None:
    """Have the log copied into the table again and again, as a long night does."""
    use_wal = connection.use_wal

    async def use_wal_often(database: aiosqlite.Connection) -> None:
        await use_wal(database)
        await database.execute_fetchall(f"PRAGMA wal_autocheckpoint = {pages}")

    connection.use_wal = use_wal_often


def main() -> None:
    """Be `batchclip`, in trouble."""
    trouble = Trouble(**json.loads(os.environ.pop(SETTING)))
    if trouble.clock:
        set_clock_wrong(trouble.clock)
    if trouble.checkpoint_pages:
        checkpoint_often(trouble.checkpoint_pages)
    break_syncs(trouble)
    with laid_under(Ground(trouble)):
        cli.main()


if __name__ == "__main__":
    main()
