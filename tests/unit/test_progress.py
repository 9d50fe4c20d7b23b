"""What an operator sees of a run: lines in a log, or a display on a terminal of any width."""

import asyncio
import io
from uuid import UUID

import pytest
from rich.console import Console

from batchclip.events import AttemptEnded, AttemptStarted, Draining, Notice, RunEnded, RunStarted
from batchclip.job import State
from batchclip.outcome import Kind, Outcome
from batchclip.report.live import LiveProgress
from batchclip.report.progress import LineProgress
from batchclip.report.tally import Tally
from tests.support.fakeclock import FakeClock, quiet

FILE = UUID(int=1)
COUNTS = dict.fromkeys(State, 0) | {State.PENDING: 50, State.SUBMITTED: 50}


async def test_one_line_every_thirty_seconds_and_none_between() -> None:
    clock, out = FakeClock(), io.StringIO()
    progress = LineProgress(Tally(clock), out, clock)
    counted = []
    async with progress.shown():
        await quiet()
        for seconds in (29.0, 1.0, 29.0, 1.0, 300.0):
            await clock.advance(seconds)
            counted.append(out.getvalue().count("\n"))
    assert counted == [0, 1, 1, 2, 12]
    await clock.advance(60.0)
    assert out.getvalue().count("\n") == 12


async def test_a_stop_is_said_at_once() -> None:
    clock, out = FakeClock(), io.StringIO()
    progress = LineProgress(Tally(clock), out, clock)
    async with progress.shown():
        progress.notice(RunStarted(1, COUNTS))
        progress.notice(AttemptStarted(FILE))
        progress.notice(AttemptEnded(FILE, Outcome(Kind.CREATED), State.SUBMITTED, 1.0))
        progress.notice(Draining("interrupted by SIGTERM"))
        progress.notice(RunEnded(143, "interrupted by SIGTERM", COUNTS))
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[1].endswith("stopping, 0 still on the wire: interrupted by SIGTERM")


async def test_the_lines_stop_when_the_run_fails() -> None:
    clock = FakeClock()

    async def fail() -> None:
        async with LineProgress(Tally(clock), io.StringIO(), clock).shown():
            await quiet()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert clock.sleepers == 0
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize(("done", "bar"), [(0, 0.5), (25, 0.75), (50, 1.0)])
async def test_the_bar_is_the_share_that_is_done(width: int, done: int, bar: float) -> None:
    clock = FakeClock()
    progress = LiveProgress(Tally(clock), io.StringIO())
    progress.notice(RunStarted(1, COUNTS))
    for _ in range(done):
        progress.notice(AttemptStarted(FILE))
        progress.notice(AttemptEnded(FILE, Outcome(Kind.CREATED), State.SUBMITTED, 1.0))
    await clock.advance(5.0)
    lines = rendered(progress, width)
    assert lines[0].count("━") == pytest.approx(bar * width, abs=1)
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines[1:]).split())
    assert f"submitted {50 + done} · pending {50 - done} · {done / 5:.1f}/s" in text


@pytest.mark.parametrize("width", [80, 40])
def test_markup_in_a_sentence_is_shown_and_not_obeyed(width: int) -> None:
    progress = LiveProgress(Tally(FakeClock()), io.StringIO())
    progress.notice(Draining("[bold]the disk[/bold] is [red]full"))
    text = " ".join(" ".join(rendered(progress, width)).split())
    assert "[bold]the disk[/bold] is [red]full" in text


def test_an_empty_table_has_a_bar_too() -> None:
    progress = LiveProgress(Tally(FakeClock()), io.StringIO())
    assert "submitted 0 · pending 0" in " ".join(rendered(progress, 80))


def rendered(progress: LiveProgress, width: int) -> list[str]:
    """What the display shows on a terminal of this width, line by line."""
    console = Console(record=True, width=width, file=io.StringIO(), color_system=None)
    console.print(progress._render())
    return console.export_text().splitlines()


def test_a_notice_keeps_its_place_above_the_display() -> None:
    out = io.StringIO()
    progress = LiveProgress(Tally(FakeClock()), out)
    progress.notice(Notice("an earlier run died: [2] ranges"))
    assert out.getvalue() == "an earlier run died: [2] ranges\n"
