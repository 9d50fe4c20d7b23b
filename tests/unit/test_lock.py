"""The lock between processes: one holder at a time, and gone with its holder however it dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from batchclip.lock import FileLock

HOLDER = """
import sys
from pathlib import Path
from batchclip.lock import FileLock
lock = FileLock(Path(sys.argv[1]))
print(lock.try_acquire("pid of a child"), flush=True)
sys.stdin.read()
"""

TAKE = [FileLock.try_acquire]


def open_files() -> list[int]:
    """The lower numbers under which this process has a file open."""
    return [number for number in range(1024) if is_open(number)]


def is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


@contextmanager
def process(code: str, *arguments: Path) -> Iterator[subprocess.Popen[str]]:
    """Run this code in a Python of its own; it is dead at the end."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def said(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.lock"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_lock_dies_with_its_holder(path: Path, number: signal.Signals) -> None:
    lock = FileLock(path)
    with process(HOLDER, path) as child:
        assert said(child) == "True"
        assert lock.held()
        assert lock.note() == "pid of a child"
        assert not lock.try_acquire("mine")
        assert lock.note() == "pid of a child"

        child.send_signal(number)
        assert child.wait() == -number

    assert not lock.held()
    assert lock.try_acquire("mine")
    assert lock.note() == "mine"
    lock.release()


def test_another_process_cannot_take_what_is_held(path: Path) -> None:
    lock = FileLock(path)
    assert lock.try_acquire()

    with process(HOLDER, path) as child:
        assert said(child) == "False"
    lock.release()
    with process(HOLDER, path) as child:
        assert said(child) == "True"


def test_two_locks_of_one_process_exclude_each_other(path: Path) -> None:
    first, second = FileLock(path), FileLock(path)

    assert first.try_acquire("first")
    assert not second.try_acquire("second")
    assert not first.try_acquire("again")
    first.release()
    assert second.try_acquire("second")
    second.release()


def test_a_note_is_gone_with_the_lock_and_a_shorter_one_replaces_a_longer(path: Path) -> None:
    lock = FileLock(path)
    path.write_text("left behind by a holder that was killed")

    assert lock.try_acquire("ün")
    assert lock.note() == "ün"

    lock.release()
    assert lock.note() == ""
    assert path.exists()


def test_a_note_that_is_not_utf_8_is_read_all_the_same(path: Path) -> None:
    path.write_bytes(b"\xffx")

    assert FileLock(path).note() == "\ufffdx"


def test_without_a_file_nobody_holds_it(path: Path) -> None:
    lock = FileLock(path)

    assert not lock.held()
    assert lock.note() == ""
    assert not path.exists()


def test_to_ask_whether_it_is_held_takes_nothing(path: Path) -> None:
    lock = FileLock(path)
    path.touch()

    assert not lock.held()
    assert not lock.held()
    assert lock.try_acquire()
    assert lock.held()
    lock.release()
    assert not lock.held()


def test_to_give_back_what_is_not_held_does_nothing(path: Path) -> None:
    lock, other = FileLock(path), FileLock(path)
    assert other.try_acquire("other")

    lock.release()

    assert other.held()
    other.release()
    other.release()
    assert not other.held()


@pytest.mark.parametrize("take", TAKE)
def test_the_file_is_its_owner_s_alone(path: Path, take: Callable[[FileLock], object]) -> None:
    lock = FileLock(path)

    take(lock)

    assert path.stat().st_mode & 0o777 == 0o600
    lock.release()


def test_asking_in_vain_leaves_no_file_open(path: Path) -> None:
    lock, other = FileLock(path), FileLock(path)
    assert lock.try_acquire()
    before = open_files()

    assert not other.try_acquire()
    assert other.held()

    assert open_files() == before
    lock.release()


@pytest.mark.parametrize("take", TAKE)
def test_a_place_where_no_file_can_be_is_an_error(
    tmp_path: Path, take: Callable[[FileLock], object]
) -> None:
    with pytest.raises(OSError, match="No such file"):
        take(FileLock(tmp_path / "nowhere" / "table.lock"))
