"""Running a command: its errors become a sentence and an exit code."""

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from batchclip.cli.streams import forget_results
from batchclip.errors import BatchclipError, UsageError

if TYPE_CHECKING:
    from batchclip.settings import Settings

GARBAGE_THRESHOLD = 20_000
"""Objects made, less those dropped, before Python looks for cycles among them."""

JOB_FILE_ENDING = ".toml"


def execute(command: Coroutine[Any, Any, int]) -> None:
    """Run a command to its end and leave with its exit code."""
    # What is imported stays: to look through it again and again took a seventh of a run's time.
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)
    gc.enable()
    try:
        with asyncio.Runner(loop_factory=faster_loop()) as runner:
            code = runner.run(command)
        sys.stdout.flush()
    except BatchclipError as error:
        complain(error)
        code = error.exit_code
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; nothing more can be said to anybody.
        forget_results()
        code = 141
    except KeyboardInterrupt:
        code = 130
    raise typer.Exit(code)


def faster_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's event loop where it is installed (`pip install batchclip[fast]`), else asyncio's."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def settings_of(flags: dict[str, Any], job_file: Path | None = None) -> "Settings":
    """Read the settings; leave with 2 and a sentence when one is wrong."""
    from batchclip.settings import read_settings

    try:
        return read_settings(flags, job_file)
    except UsageError as error:
        complain(error)
        raise typer.Exit(error.exit_code) from None


def split_job_file(names: list[str] | None) -> tuple[tuple[str, ...], Path | None]:
    """Tell manifests from the job file. Leaves with 2 when there are several job files."""
    names = names or []
    job_files = [name for name in names if name.endswith(JOB_FILE_ENDING)]
    if len(job_files) > 1:
        complain(f"one job file at a time: {', '.join(job_files)}")
        raise typer.Exit(2)
    manifests = tuple(name for name in names if not name.endswith(JOB_FILE_ENDING))
    for name in manifests:
        if any("\ud800" <= letter <= "\udfff" for letter in name):
            # Neither the job table nor a report could hold it.
            complain(f"{name}: this name is not UTF-8; rename the file")
            raise typer.Exit(2)
    return manifests, Path(job_files[0]) if job_files else None


def check_own_file(option: str, path: Path | None, db: str, manifests: Iterable[str] = ()) -> None:
    """Raise UsageError when a file that is to be written is the job table or a manifest."""
    for other in map(Path, (db.removeprefix("sqlite:///"), *manifests)):
        if path is not None and is_same(path, other):
            raise UsageError(f"{option} {path}: would overwrite {other}; expected another file")


def is_same(path: Path, other: Path) -> bool:
    """Whether two names lead to one file; a name that leads nowhere is none."""
    try:
        return path.samefile(other)
    except (OSError, ValueError):
        return False


def complain(sentence: object) -> None:
    """Say what is wrong; nothing that a name or a server brings can play with the terminal."""
    from batchclip.manifest.wording import printable

    lines = str(sentence).split("\n")
    typer.echo(
        "\n".join([f"batchclip: {printable(lines[0])}", *map(printable, lines[1:])]), err=True
    )
