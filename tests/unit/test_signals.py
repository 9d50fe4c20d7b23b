"""Signals: the first drains the run, the second leaves at once."""

import asyncio
import io
import os
import signal

import pytest

from batchclip.runner.halts import DEADLINE, Halts
from batchclip.runner.signals import Interruptions, handled


class Left(Exception):
    """The process would be gone."""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def left_with(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        raise Left

    monkeypatch.setattr(os, "_exit", leave)
    return codes


@pytest.mark.parametrize(
    ("number", "code", "name"), [(signal.SIGINT, 130, "SIGINT"), (signal.SIGTERM, 143, "SIGTERM")]
)
def test_the_first_signal_stops_the_run(
    left_with: list[int], number: signal.Signals, code: int, name: str
) -> None:
    halts, messages = Halts(), io.StringIO()
    Interruptions(halts, messages).on(number)
    assert halts.halt is not None
    assert halts.halt.exit_code == code
    assert halts.halt.sentence.startswith(f"interrupted by {name}")
    assert (left_with, messages.getvalue()) == ([], "")


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (signal.SIGINT, signal.SIGINT, 130),
        (signal.SIGINT, signal.SIGTERM, 143),
        (signal.SIGTERM, signal.SIGINT, 130),
    ],
)
@pytest.mark.parametrize("messages", [io.StringIO, Terminal])
def test_the_second_signal_leaves_at_once(
    left_with: list[int],
    first: signal.Signals,
    second: signal.Signals,
    code: int,
    messages: type[io.StringIO],
) -> None:
    out = messages()
    interruptions = Interruptions(Halts(), out)
    interruptions.on(first)
    with pytest.raises(Left):
        interruptions.on(second)
    assert left_with == [code]
    assert "left at once; the next run settles what was on the wire\n" in out.getvalue()
    assert out.getvalue().startswith("\x1b[?25h") == (messages is Terminal)


def test_a_signal_while_the_run_stops_already_keeps_its_reason(left_with: list[int]) -> None:
    halts = Halts()
    halts.stop(DEADLINE)
    interruptions = Interruptions(halts, io.StringIO())
    interruptions.on(signal.SIGINT)
    assert (halts.halt, left_with) == (DEADLINE, [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_of_this_process_are_taken_meanwhile_and_no_longer(
    number: signal.Signals,
) -> None:
    halts = Halts()
    async with handled(halts, io.StringIO()):
        os.kill(os.getpid(), number)
        await asyncio.wait_for(halts.stopped.wait(), 5)
    assert halts.halt is not None
    assert halts.halt.exit_code == 128 + number
    loop = asyncio.get_running_loop()
    assert not loop.remove_signal_handler(number)


async def test_handlers_are_gone_when_the_run_fails() -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(Left):
        async with handled(Halts(), io.StringIO()):
            raise Left
    assert not loop.remove_signal_handler(signal.SIGINT)
    assert not loop.remove_signal_handler(signal.SIGTERM)
