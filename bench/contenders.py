"""How each peer is started: what is made ready off the clock, and the command that counts."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.address import create_url
from bench.ground import Ground, removed
from bench.manifests import file_id, write_ids
from bench.peers.body import HEADERS, TIMEOUT_SECONDS, create_body
from bench.process import ROOT, Command, Measured, environment, measure

PEERS = Path(__file__).parent / "peers"
HUEY_THREADS = "16"
PARALLEL_JOBS = "16"
"""Fewer and more were tried of both, and were slower."""


@dataclass(frozen=True)
class Trial:
    """Where a peer is to send how many ranges, whose ids stand in a file."""

    ground: Ground
    ranges: int
    database: str = ""

    @property
    def ids(self) -> Path:
        """The file of ids."""
        return write_ids(self.folder / "ids.txt", self.ranges)

    @property
    def folder(self) -> Path:
        """The folder of the whole go."""
        return self.ground.folder

    def installed(self, name: str, *arguments: str | Path, **own: str) -> Measured:
        """Run a command that stands beside this Python."""
        words = (Path(sys.executable).with_name(name), *arguments)
        surroundings = environment(self.folder, PYTHONPATH=str(ROOT), **own)
        return measure(Command(words, surroundings, self.folder))


def gather(trial: Trial) -> Measured:
    """The gather script."""
    return trial.ground.script("peers.gather", trial.ids)


def httpx_loop(trial: Trial) -> Measured:
    """The httpx loop."""
    return trial.ground.script("peers.httpx_loop", trial.ids)


def huey(trial: Trial) -> Measured:
    """huey: the queue is filled beforehand."""
    queue = {"QUEUE": str(removed(trial.folder / "huey.db")), "RANGES": str(trial.ranges)}
    trial.ground.script("peers.huey_fill", trial.ids, **queue)
    words = ("bench.peers.huey_queue.huey", "-w", HUEY_THREADS, "-k", "thread")
    return trial.installed("huey_consumer", *words, **queue)


def procrastinate(trial: Trial) -> Measured:
    """procrastinate: the queue is filled beforehand."""
    where = {"DATABASE": trial.database}
    trial.ground.script("peers.procrastinate_queue", "defer", trial.ids, **where)
    return trial.ground.script("peers.procrastinate_queue", "work", **where)


def scrapy(trial: Trial) -> Measured:
    """Scrapy reads its ids and keeps its requests on disk by itself."""
    jobs = trial.folder / "scrapy"
    shutil.rmtree(jobs, ignore_errors=True)
    spider = PEERS / "scrapy_spider.py"
    return trial.installed(
        "scrapy", "runspider", spider, "-s", f"JOBDIR={jobs}", "-a", f"ids={trial.ids}"
    )


def parallel(trial: Trial) -> Measured:
    """GNU parallel and curl: the bodies are files, of which only the numbers stand in commands."""
    bodies = trial.folder / "bodies"
    shutil.rmtree(bodies, ignore_errors=True)
    bodies.mkdir()
    for number in range(trial.ranges):
        body = json.dumps(create_body(file_id(number)))
        (bodies / f"{number}.json").write_text(body, encoding="utf-8")
    (bodies / "numbers").write_text("".join(f"{number}\n" for number in range(trial.ranges)))
    headers = {"Content-Type": "application/json", **HEADERS}
    (bodies / "headers").write_text("".join(f"{name}: {text}\n" for name, text in headers.items()))
    curl = f"curl --silent --show-error --fail --max-time {TIMEOUT_SECONDS} --output /dev/null"
    words = ("parallel", "--will-cite", "--jobs", PARALLEL_JOBS, "--joblog", "log")
    command = f"{curl} --header @headers --data-binary @{{}}.json {create_url(0)}"
    return measure(
        Command((*words, command), environment(trial.folder), bodies, given=bodies / "numbers")
    )


CONTENDERS: dict[str, Callable[[Trial], Measured]] = {
    "gather": gather,
    "httpx": httpx_loop,
    "huey": huey,
    "procrastinate": procrastinate,
    "scrapy": scrapy,
    "parallel": parallel,
}
