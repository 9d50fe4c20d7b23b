"""What a test wants to know of a real process beyond its output: its memory, its arguments."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.program import Program
from tests.support.standin import Asked


@dataclass(frozen=True)
class Measured:
    """How a process ended and what it took."""

    returncode: int
    stderr: str
    peak_mebibytes: float
    cpu_seconds: float


def measured(program: Program, *arguments: str) -> Measured:
    """Run a command and measure that one process."""
    said = program.folder / "said.txt"
    with said.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "batchclip", *arguments],
            env=program.environment,
            cwd=program.folder,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    text = said.read_text()
    said.unlink()
    cpu = used.ru_utime + used.ru_stime
    return Measured(process.returncode, text, used.ru_maxrss / 1024, cpu)


@contextmanager
def going(program: Program, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A command that goes on meanwhile; killed at the end unless it has ended by itself."""
    running = program.start(*arguments)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def until_it_says(running: "subprocess.Popen[str]", words: str) -> str:
    """Read messages up to the one with these words."""
    assert running.stderr is not None
    for line in running.stderr:
        if words in line:
            return line
    raise AssertionError(f"ended with {running.wait()} and never said: {words}")


def shell(program: Program, line: str) -> "subprocess.CompletedProcess[str]":
    """Run a line of bash in which `$batchclip` is the command, for pipes and redirections."""
    command = f"{sys.executable} -m batchclip"
    return subprocess.run(
        ["bash", "-c", line],
        env=program.environment | {"batchclip": command},
        cwd=program.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def arguments_of(process: "subprocess.Popen[str]") -> bytes:
    """What `ps` shows of a living process to everybody."""
    return Path(f"/proc/{process.pid}/cmdline").read_bytes()


def asked_in_report(row: dict[str, object]) -> Asked:
    """A row of the report as the stand-in names what was asked for."""
    return Asked(
        str(row["file_id"]),
        row["start"],  # type: ignore[arg-type]
        row["end"],  # type: ignore[arg-type]
        row["mode"] == "single",
        bool(row["force"]) and row["start"] is None,
    )


def every_byte_under(folder: Path) -> dict[str, bytes]:
    """All files below a folder, the database's companions among them."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def places_of(secrets: Iterable[str], told: dict[str, bytes]) -> list[tuple[str, str]]:
    """Where a secret stands, or the beginning or end of one, as it is or as JSON spells it."""
    parts = {part for secret in secrets for part in (secret, secret[:8], secret[-8:])}
    return [
        (part, name)
        for part in sorted(parts)
        for name, text in told.items()
        if part.encode() in text or json.dumps(part)[1:-1].encode() in text
    ]
