"""`make demo`: the main job against the simulator, killed once and resumed, and then counted.

The counting believes nobody but the simulator's own books of what really happened.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "demo"
MANIFESTS = ("jobs/tour.csv", "jobs/example.csv")
KILL_AFTER_REQUESTS = 30
OPTIONS = ("--max-concurrency", "4", "--max-attempts", "3")


def main() -> int:
    """Run the demo; 0 when nothing was sent twice and nothing lost."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    say("A simulator of Restream's API starts on this machine.")
    simulator, url = start_simulator()
    try:
        return night(url)
    finally:
        simulator.terminate()
        simulator.wait()


def night(url: str) -> int:
    """Load, run, kill, resume, report and count."""
    environment = os.environ | {
        "BATCHCLIP_DB": str(FOLDER / "demo.db"),
        "BATCHCLIP_API_URL": url,
        "BATCHCLIP_ACCESS_TOKEN": "demo-token-of-nobody",
    }
    say(f"Loading {' and '.join(MANIFESTS)}")
    batchclip("load", *MANIFESTS, environment=environment)
    say(f"The run starts, and is killed (kill -9) after {KILL_AFTER_REQUESTS} requests.")
    run_and_kill(url, environment)
    say("The same command again: it goes on where it was.")
    ended = batchclip("run", *OPTIONS, environment=environment)
    say(f"The run ended with exit code {ended}. Every range and its outcome:")
    print_ranges(report(environment))
    settle(environment)
    return count(report(environment), books_of(url))


def report(environment: dict[str, str]) -> list[dict[str, Any]]:
    """Every range and its outcome."""
    ranges: list[dict[str, Any]] = json.loads(
        output("report", "--format", "json", environment=environment)
    )
    return ranges


def settle(environment: dict[str, str]) -> None:
    """Look for evidence of what is in doubt, and send what never happened."""
    doubts = [row for row in report(environment) if row["state"] == "in_doubt"]
    say(f"{len(doubts)} ranges may have been sent, and were not sent again. Evidence settles them:")
    batchclip("reconcile", "--settle-seconds", "0", environment=environment)
    for row in doubts[:1]:
        say(f"Why? batchclip why {row['file_id']}")
        batchclip("why", row["file_id"], environment=environment)
    say("And once more, for those that never happened:")
    batchclip("run", *OPTIONS, environment=environment)


def start_simulator() -> tuple[subprocess.Popen[str], str]:
    """Start the simulator; return it and its address."""
    command = ("simulator", "--port", "0", "--latency", "0.3", "--script", "jobs/tour.faults.toml")
    process = subprocess.Popen([*program(), *command], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def run_and_kill(url: str, environment: dict[str, str]) -> None:
    """Start a run and kill it in the middle."""
    process = subprocess.Popen([*program(), "run", *OPTIONS], env=environment, cwd=ROOT)
    while process.poll() is None:
        if books_of(url)["summary"]["requests"] >= KILL_AFTER_REQUESTS:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.02)
    process.wait()
    if sys.stderr.isatty():
        sys.stderr.write("\x1b[?25h")  # kill -9 left the live display no time to show the cursor
    say("Killed.")


def program() -> tuple[str, ...]:
    """The real command."""
    return sys.executable, "-m", "batchclip"


def batchclip(*arguments: str, environment: dict[str, str]) -> int:
    """Run a command in the foreground; return its exit code."""
    return subprocess.run(
        [*program(), *arguments], env=environment, cwd=ROOT, check=False
    ).returncode


def output(*arguments: str, environment: dict[str, str]) -> str:
    """What a command writes to standard output."""
    return subprocess.check_output([*program(), *arguments], env=environment, cwd=ROOT, text=True)


def books_of(url: str) -> dict[str, Any]:
    """The simulator's books."""
    with urllib.request.urlopen(url + "/simulator/books") as answer:
        books: dict[str, Any] = json.load(answer)
    return books


def print_ranges(ranges: list[dict[str, Any]]) -> None:
    """A line for each range."""
    for row in ranges:
        span = "whole video" if row["start"] is None else f"{row['start']:g}-{row['end']:g} s"
        why = row["error_name"] or ""
        print(f"  {row['state']:12} {span:>16}  {row['attempts']}x  {row['title']:46} {why}")


def count(ranges: list[dict[str, Any]], books: dict[str, Any]) -> int:
    """Hold the table against the books."""
    effects = [identity(effect) for effect in books["effects"]]
    loaded = {identity(row): row for row in ranges}
    untouched = {"pending", "failed", "rejected"}
    twice = sum(effects.count(one) > 1 for one in set(effects))
    lost = len(set(effects) - set(loaded)) + sum(
        (row["state"] == "submitted") > (one in effects)
        or (row["state"] in untouched and one in effects)
        for one, row in loaded.items()
    )
    say(
        f"The simulator's books: {books['summary']['requests']} requests, "
        f"{len(effects)} took effect. sent twice: {twice}, lost: {lost}"
    )
    return 1 if twice or lost else 0


def identity(row: dict[str, Any]) -> tuple[object, ...]:
    """What was asked for, in the report's words or in the books'."""
    single = row["single"] if "single" in row else row["mode"] == "single"
    file = row.get("file") or row["file_id"]
    return file, row["start"], row["end"], single, row["force"] and row["start"] is None


def say(sentence: str) -> None:
    """Tell the viewer."""
    print(f"\n# {sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
