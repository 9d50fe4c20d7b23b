"""A world played: its nights as real processes, then a time in which all is well."""

import json
import random
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.proof.worlds.drawn import Night, World
from tests.proof.worlds.process import Machine, Process
from tests.proof.worlds.restream import Restream
from tests.proof.worlds.table import Table, count_runs, read_table
from tests.proof.worlds.truth import Truth
from tests.support.program import COMMAND

PATIENCE_SECONDS = 4.0
"""How long a night may last before somebody ends it."""
DRAIN_SECONDS = 10.0
"""How long a run may take to end when it was told to."""
LAST_PATIENCE_SECONDS = 60.0
PAUSED_SECONDS = 0.8
RESOLVED_AT_ONCE = 3
"""A person has no patience for more."""
LAST_RUNS = 4
HEADER = "file_id,start,end,mode,force,title,priority"


@dataclass(frozen=True)
class Record:
    """A run that has ended, by what is known of it from outside."""

    name: str
    arguments: tuple[str, ...]
    started_at: float
    ended_at: float
    code: int
    stderr: str
    sent: int | None
    """The signal that was sent."""
    stopping_at: float | None
    """When it said that it sends nothing new."""
    hung: bool
    begun: bool
    """Whether it came so far that it stands in the job table's runs."""
    last: bool
    table: Table

    @property
    def never_began(self) -> bool:
        """Whether the night was over, as on a busy machine, before this could touch a range."""
        return self.sent == signal.SIGTERM == -self.code and not self.begun

    @property
    def budget(self) -> int | None:
        """What `--max-submissions` allowed."""
        if "--max-submissions" not in self.arguments:
            return None
        return int(self.arguments[self.arguments.index("--max-submissions") + 1])


@dataclass
class Story:
    """All that happened in a world."""

    world: World
    truth: Truth
    records: list[Record] = field(default_factory=list)
    errands: list[tuple[tuple[str, ...], int, str]] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)
    """From when on nothing may leave, and until when."""
    report: list[dict[str, Any]] = field(default_factory=list)

    @property
    def table(self) -> Table:
        """Where everything stood in the end."""
        return self.records[-1].table


@cache
def commands() -> frozenset[str]:
    """What this batchclip can do."""
    told = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True)
    listed = told.stdout.partition("Commands:")[2]
    return frozenset(re.findall(r"^  (\w+) ", listed, re.MULTILINE))


def play(world: World, folder: Path) -> Story:
    """Play a world to its end."""
    with Restream(world) as restream:
        player = Player(world, folder, restream)
        for number, night in enumerate(world.nights, 1):
            player.night(number, night)
        player.have_all_settle()
        return player.story


class Player:
    """Does what operators and their machines do."""

    def __init__(self, world: World, folder: Path, restream: Restream) -> None:
        self._world = world
        self._restream = restream
        self._machine = Machine(folder, {})
        self._program = self._machine.program
        self._program.url = restream.url
        self._paused = False
        self.story = Story(world, restream.truth)
        for number, rows in enumerate(world.manifests):
            lines = [HEADER, *(",".join(map(str, row)) for row in rows), ""]
            (folder / f"m{number}.csv").write_text("\n".join(lines))
        if world.token_life is not None:
            self._program.settings |= {
                "BATCHCLIP_ACCESS_TOKEN": "",
                "BATCHCLIP_CLIENT_ID": "the-client",
                "BATCHCLIP_CLIENT_SECRET": "the-secret-of-the-client",
            }
            self._log_in()

    def night(self, number: int, night: Night) -> None:
        """One bad night."""
        self._machine.set_clock(night.ahead)
        self._restream.do(lambda: self._begin(night))
        for errand in night.before:
            self._do_errand(errand)
        named = () if night.manifest is None else (f"m{night.manifest}.csv",)
        limits = (
            "--timeout",
            f"{self._world.timeout}",
            "--settle-seconds",
            f"{self._world.settle}",
        )
        self._run(f"night {number}", night, (*named, *night.flags, *limits))

    def _do_errand(self, errand: tuple[str, ...]) -> None:
        """Do it, unless it is pointless."""
        if errand == ("resolve",):
            self._resolve(read_table(self._machine.table))
        elif errand != ("resume",) or self._paused:
            self._errand(*errand)

    def _begin(self, night: Night) -> None:
        self._restream.desk.allowance = night.allowance
        for asked in night.people:
            self._restream.by_hand(asked)

    def _log_in(self) -> None:
        """A person gives batchclip a new pair."""
        token = self._restream.do(self._restream.grants.log_in)
        self._program.settings["BATCHCLIP_REFRESH_TOKEN"] = token

    def _errand(self, *arguments: str) -> "Process | None":
        """A command that isn't a run, where there is such a command."""
        if arguments[0] not in commands():
            return None
        self._paused = arguments == ("pause",) or (self._paused and arguments != ("resume",))
        process = self._machine.start(self._restream.desk.arrived, *arguments)
        if not process.until(lambda: False, LAST_PATIENCE_SECONDS):
            process.send(signal.SIGKILL)
        code = process.end()
        self.story.errands.append((arguments, code, self._text(process)))
        return process

    @staticmethod
    def _text(process: Process) -> str:
        return "".join(line for _, line in process.stderr)

    def _run(self, name: str, night: Night | None, arguments: tuple[str, ...]) -> Record:
        begun = count_runs(self._machine.table)
        process = self._machine.start(self._restream.desk.arrived, "run", *arguments)
        sent = hung = None
        if night is not None:
            sent = self._accompany(process, night)
        elif not process.until(lambda: False, LAST_PATIENCE_SECONDS):
            hung = True
            process.send(signal.SIGKILL)
        if sent == signal.SIGTERM and not process.until(lambda: False, DRAIN_SECONDS):
            hung = True
            process.send(signal.SIGKILL)
        code = process.end()
        record = Record(
            name,
            arguments,
            process.started_at,
            process.ended_at or time.monotonic(),
            code,
            self._text(process),
            sent,
            process.said("still on the wire: "),
            bool(hung),
            count_runs(self._machine.table) > begun,
            night is None,
            read_table(self._machine.table),
        )
        self.story.records.append(record)
        if code == 4 and self._world.token_life is not None:
            self._log_in()
        return record

    def _accompany(self, process: Process, night: Night) -> int | None:
        """Let the clock jump and end the run, each when so many creates have arrived."""
        creates = self.story.truth.creates
        before = len(creates)
        ends_at = time.monotonic() + PATIENCE_SECONDS
        steps: list[tuple[float, str]] = []
        if night.jump_after is not None:
            steps.append((night.jump_after, "jump"))
        if night.pause_after is not None:
            steps.append((night.pause_after, "pause"))
        steps.append((float("inf") if night.ending == "finish" else night.after, night.ending))
        for count, step in sorted(steps):
            came = process.until(
                lambda count=count: len(creates) - before >= count,  # type: ignore[misc]
                max(0.0, ends_at - time.monotonic()),
            )
            if process.ended_at is not None:
                return None
            if step == "jump":
                self._machine.set_clock(night.jump)
            elif step == "pause":
                self._pause()
            else:
                return self._end(process, night, came)
        return None

    def _pause(self) -> None:
        """A person halts the run and lets it go on; what was on the wire may still end."""
        if self._errand("pause") is None:
            return
        began = time.monotonic()
        time.sleep(PAUSED_SECONDS)
        self.story.pauses.append((began, time.monotonic()))
        self._errand("resume")

    def _end(self, process: Process, night: Night, came: bool) -> int:
        # Not for synchronisation: it makes the moment random.
        time.sleep(night.pause)
        number = signal.SIGKILL if night.ending == "kill" and came else signal.SIGTERM
        process.send(number)
        return number

    def have_all_settle(self) -> None:
        """All is well from now on: after a few runs everything has to be settled."""
        self._restream.do(self._restream.desk.be_good)
        self._machine.set_clock(0.0)
        self._do_errand(("resume",))
        manifests = [f"m{number}.csv" for number in range(len(self._world.manifests))]
        random.Random(self._world.seed).shuffle(manifests)  # noqa: S311 -- repeats
        limits = ("--timeout", "10", "--settle-seconds", "0.1")
        for number in range(LAST_RUNS):
            record = self._run(f"last run {number + 1}", None, (*manifests, *limits))
            if record.hung or (record.code in {0, 1} and not self._resolve(record.table)):
                break
            self._restream.do(self._restream.account.finish_all)
        told = self._errand("report", "--format", "json")
        self.story.report = json.loads(told.stdout) if told is not None else []

    def _resolve(self, table: Table) -> bool:
        """A person looks at each range that is left in doubt, and says what is true."""
        doubts = [(a, s) for a, s in table.items() if s.state == "in_doubt"]
        if not doubts or "resolve" not in commands():
            return False
        self._restream.do(self._restream.desk.come_in_time)
        for asked, standing in doubts[:RESOLVED_AT_ONCE]:
            word = "submitted" if self.story.truth.happened(asked) else "pending"
            self._errand("resolve", str(standing.job_id), "--as", word)
        return True
