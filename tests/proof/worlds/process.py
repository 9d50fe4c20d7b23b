"""One `batchclip` process in a world: killed, ended or waited for, with all that it says."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.isolated import ROOT
from tests.support.program import Program

ENTRY = "tests.proof.worlds.other_clock"


class Machine:
    """A folder with a job table, and a clock that may be wrong."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.program = Program(folder, settings=settings | {"PYTHONPATH": str(ROOT)})
        self.program.settings["BATCHCLIP_TOKEN_FILE"] = str(folder / "config" / "tokens.json")
        self._clock = folder / "clock"
        self.ahead = 0.0
        self.set_clock(0.0)

    def set_clock(self, ahead: float) -> None:
        """Have the wall clock be ahead by so many seconds, from now on."""
        spare = self._clock.with_name("clock.new")
        spare.write_text(str(ahead))
        spare.replace(self._clock)
        self.ahead = ahead

    @property
    def table(self) -> Path:
        return self.program.folder / "table.db"

    def start(self, arrived: threading.Condition, *arguments: str) -> "Process":
        """Start a command."""
        started = subprocess.Popen(
            [sys.executable, "-m", ENTRY, str(self._clock), *arguments],
            env=self.program.environment,
            cwd=self.program.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return Process(started, arrived)


class Process:
    """A started command. `arrived` is told, too, when it has ended."""

    def __init__(self, started: "subprocess.Popen[str]", arrived: threading.Condition) -> None:
        self._started = started
        self._arrived = arrived
        self.started_at = time.monotonic()
        self.ended_at: float | None = None
        self.stdout = ""
        self.stderr: list[tuple[float, str]] = []
        self._readers = [threading.Thread(target=self._read_stdout)]
        self._readers.append(threading.Thread(target=self._read_stderr))
        for reader in self._readers:
            reader.start()

    def until(self, happened: Callable[[], bool], seconds: float) -> bool:
        """Wait until this has happened or the process has ended; False when neither came."""
        with self._arrived:
            return self._arrived.wait_for(lambda: happened() or self.ended_at is not None, seconds)

    def send(self, number: int) -> None:
        """Send a signal."""
        self._started.send_signal(number)

    def end(self) -> int:
        """Wait for the end, however long; return the exit code."""
        code = self._started.wait()
        for reader in self._readers:
            reader.join()
        return code

    def said(self, words: str) -> float | None:
        """When it first said this on stderr."""
        return next((at for at, line in self.stderr if words in line), None)

    def _read_stdout(self) -> None:
        assert self._started.stdout is not None
        with self._started.stdout as stdout:
            self.stdout = stdout.read()

    def _read_stderr(self) -> None:
        assert self._started.stderr is not None
        with self._started.stderr as stderr:
            for line in stderr:
                self.stderr.append((time.monotonic(), line))
        with self._arrived:
            self.ended_at = time.monotonic()
            self._arrived.notify_all()
