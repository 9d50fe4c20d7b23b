"""What the figures come from, in one sentence that names no place."""

import os
import platform
import re
import sqlite3
import statistics
import time
from importlib import metadata
from pathlib import Path

SYNCS = 50


def machine(folder: Path) -> str:
    """Describe this machine; the disk is the one that this folder is on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    parts = [
        f"{os.cpu_count()} cores of {processor()}",
        f"{memory:.0f} GiB",
        f"fsync {1000 * sync_seconds(folder):.1f} ms",
        f"{platform.freedesktop_os_release()['PRETTY_NAME']} (Linux {kernel()})",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        *(f"{name} {version(name)}" for name in ("aiohttp", "uvloop", "batchclip")),
    ]
    return ", ".join(parts) + "."


def processor() -> str:
    """The processor's name for itself."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def kernel() -> str:
    """The kernel's version without what its maker has added."""
    return platform.release().split("-")[0]


def version(package: str) -> str:
    """A package's version, or that it is not there."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def sync_seconds(folder: Path) -> float:
    """How long the disk takes to have a page for sure."""
    took = []
    with (folder / "sync").open("wb", buffering=0) as out:
        for _ in range(SYNCS):
            began = time.monotonic()
            out.write(bytes(4096))
            os.fsync(out.fileno())
            took.append(time.monotonic() - began)
    return statistics.median(took)
