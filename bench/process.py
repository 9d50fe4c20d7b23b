"""Whole processes, measured: seconds on the wall, seconds of CPU, peak memory."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
ROOT = Path(__file__).parents[1]
INHERITED = ("PATH", "LANG")
PATIENCE_SECONDS = 2 * 3600
"""After this time a process is taken to hang."""


class CannotRunError(Exception):
    """A comparison cannot be made; the message says why."""


@dataclass(frozen=True)
class Measured:
    """What one process took, children that it waited for included.

    `began` is the monotonic clock's seconds when it was started; `output` what it wrote to stdout.
    """

    began: float
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    exit_code: int
    output: str = ""


@dataclass(frozen=True)
class Command:
    """A command with its surroundings; nothing of this machine's environment comes with it.

    `given` is a file for its standard input, `quiet` throws its output away unread.
    """

    words: Sequence[str | Path]
    environment: Mapping[str, str]
    folder: Path
    given: Path | None = None
    quiet: bool = False


def environment(home: Path, **own: str) -> dict[str, str]:
    """What a process gets to see: paths and language, a home of its own, and no proxy."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {"HOME": str(home)} | own


def measure(command: Command, expected: int = 0) -> Measured:
    """Run a command to its end. Raises CannotRunError when it ends with another code."""
    output, errors = command.folder / "output.txt", command.folder / "errors.txt"
    report = command.folder / "launched.json"
    report.unlink(missing_ok=True)
    with (
        Path(os.devnull if command.quiet else output).open("wb") as out,
        errors.open("wb") as err,
        Path(command.given or os.devnull).open("rb") as given,
    ):
        launched(command, report, (given.fileno(), out.fileno(), err.fileno()))
    figures = json.loads(report.read_text())
    said = "" if command.quiet else output.read_text(errors="replace")
    measured = Measured(**figures, output=said)
    check_ended(command, measured, expected, errors)
    return measured


def launched(command: Command, report: Path, streams: tuple[int, int, int]) -> None:
    """Run the launcher in a session of its own, so that all that it started can be ended."""
    given, out, err = streams
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", LAUNCHER, report, *command.words],
        env=dict(command.environment),
        cwd=command.folder,
        stdin=given,
        stdout=out,
        stderr=err,
        start_new_session=True,
    )
    try:
        process.wait(PATIENCE_SECONDS)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def check_ended(command: Command, measured: Measured, expected: int, errors: Path) -> None:
    """Raise CannotRunError, with the last line of what it said, unless it ended as expected."""
    if measured.exit_code == expected:
        return
    lines = errors.read_text(errors="replace").strip().splitlines()
    name = Path(command.words[0]).name
    raise CannotRunError(
        f"{name} ended with {measured.exit_code}: {lines[-1] if lines else 'it said nothing'}"
    )
