"""Runs a few lines of Python in a process of their own, without root's right to everything."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""Where `batchclip` and `tests` are imported from."""

RIGHTS = "-dac_override,-dac_read_search"
PROGRAM = """
import asyncio, sys
from pathlib import Path
from batchclip.errors import BatchclipError
from tests.support.tables import AT
from batchclip.store.base import StartRun
from batchclip.store.reading import SqliteReader
from batchclip.store.sqlite import SqliteStore
async def read(path):
    await (await SqliteReader.open(path, AT)).close()
async def write(path):
    store = await SqliteStore.open(path, AT)
    try:
        await store.commit([StartRun(AT, 1, "archive")])
    finally:
        await store.close()
try:
    asyncio.run({"read": read, "write": write}[sys.argv[2]](Path(sys.argv[1])))
except BatchclipError as error:
    print(error)
    sys.exit(error.exit_code)
"""


def opening(path: Path, kind: str) -> list[str]:
    """The command that opens a job table to `read` it or to `write` to it."""
    return [sys.executable, "-c", PROGRAM, str(path), kind]


def as_a_mere_user(command: list[str]) -> list[str]:
    """The same command, for which the permissions of files hold."""
    if os.geteuid() != 0:
        return command
    setpriv = shutil.which("setpriv")
    assert setpriv, "these tests run as root only where there is setpriv"
    return [setpriv, f"--bounding-set={RIGHTS}", f"--inh-caps={RIGHTS}", *command]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
