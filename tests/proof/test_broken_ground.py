"""A table that is read-only, corrupt, or has lost what stands beside it."""

import random
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.commands import going
from tests.support.program import ranges
from tests.support.standin import Asked, StandIn
from tests.support.troubled import TroubledProgram

ROWS = 60
HALF = 30
PAGE = 4096
READ_ONLY = "the job table cannot be written: it, or its folder, is read-only"
CORRUPT = "the job table is corrupt"


class Broken:
    """A table of which half is submitted, and what Restream has seen."""

    def __init__(self, folder: Path, standin: StandIn, sent: Counter[Asked]) -> None:
        self.standin = standin
        self.program = TroubledProgram(folder, standin.url)
        self.table = folder / "table.db"
        self._sent_before = sent

    def beside(self, ending: str) -> Path:
        return self.table.with_name(self.table.name + ending)

    def assert_says(self, words: str, command: str = "run") -> None:
        """Exit 7 with one clear sentence at the end, no traceback, and nothing sent."""
        done = self.program.run(command)
        assert done.returncode == 7, done.stderr
        assert words in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
        assert self.standin.creates == []

    def assert_finishes(self, in_doubt_at_most: int = 0) -> None:
        """The rest is sent, nothing is sent twice, and everything is accounted for."""
        done = self.program.run("run")
        states = self.states()
        assert done.returncode == int("in_doubt" in states), done.stderr
        assert set((self._sent_before + self.standin.counts).values()) == {1}
        assert states.keys() <= {"submitted", "in_doubt"}
        assert states.total() == ROWS
        assert states["in_doubt"] <= in_doubt_at_most

    def states(self) -> Counter[str]:
        with closing(sqlite3.connect(self.table)) as database:
            return Counter(dict(database.execute("SELECT state, count(*) FROM jobs GROUP BY 1")))

    def kill_a_run(self) -> None:
        with going(self.program, "run", "--rate", "100/s") as running:
            self.standin.wait_for(9)
            running.send_signal(signal.SIGKILL)


@pytest.fixture(scope="module")
def half_done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counter[Asked]]:
    folder = tmp_path_factory.mktemp("half")
    with StandIn() as standin:
        program = TroubledProgram(folder, standin.url)
        half = program.run("run", program.manifest(ranges(ROWS)), "--max-submissions", str(HALF))
    assert half.returncode == 3, half.stderr
    assert standin.counts.total() == HALF
    return folder, standin.counts


@pytest.fixture
def broken(half_done: tuple[Path, Counter[Asked]], tmp_path: Path) -> Iterator[Broken]:
    folder, sent = half_done
    with StandIn() as standin:
        yield Broken(Path(shutil.copytree(folder, tmp_path / "night")), standin, sent)


@contextmanager
def read_only(broken: Broken, of_table: int, of_folder: int) -> Iterator[None]:
    """Permissions that hold also for root, for as long as this lasts."""
    broken.program.as_root = False
    broken.table.chmod(of_table)
    broken.table.parent.chmod(of_folder)
    try:
        yield
    finally:
        broken.table.parent.chmod(0o700)
        broken.table.chmod(0o600)


@pytest.mark.parametrize(("of_table", "of_folder"), [(0o400, 0o700), (0o600, 0o500)])
def test_a_read_only_table_is_said_and_is_as_good_as_before_when_it_is_not_any_more(
    broken: Broken, of_table: int, of_folder: int
) -> None:
    with read_only(broken, of_table, of_folder):
        broken.assert_says(READ_ONLY)
    broken.assert_finishes()


def test_looking_at_a_read_only_table_leaves_nothing_that_stops_a_run(broken: Broken) -> None:
    with read_only(broken, 0o400, 0o700):
        looked = broken.program.run("status")
    assert looked.returncode == 0, looked.stderr
    broken.assert_finishes()


def test_a_table_made_read_only_meanwhile_is_written_to_the_end_of_the_run(broken: Broken) -> None:
    broken.program.as_root = False
    with going(broken.program, "run", "--rate", "100/s") as running:
        broken.standin.wait_for(3)
        with read_only(broken, 0o400, 0o500):
            _, messages = running.communicate(timeout=60)
    assert running.returncode == 0, messages
    broken.assert_finishes()


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 -- a seed that repeats


def spoil_header(content: bytes) -> bytes:
    return noise(100) + content[100:]


def spoil_first_page(content: bytes) -> bytes:
    return content[:100] + noise(PAGE - 100) + content[PAGE:]


def spoil_all_but_first_page(content: bytes) -> bytes:
    return content[:PAGE] + noise(len(content) - PAGE)


def cut_in_half(content: bytes) -> bytes:
    return content[: len(content) // PAGE // 2 * PAGE]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_header, "is not a SQLite database, so not a job table"),
        (spoil_first_page, CORRUPT),
        (spoil_all_but_first_page, CORRUPT),
        (cut_in_half, CORRUPT),
    ],
)
def test_a_corrupt_table_is_said_and_the_copy_from_just_before_goes_on(
    broken: Broken, spoil: Callable[[bytes], bytes], words: str
) -> None:
    copy = broken.table.read_bytes()
    broken.table.write_bytes(spoil(copy))
    broken.assert_says(words)
    for companion in broken.table.parent.glob("table.db-*"):
        companion.unlink()
    broken.table.write_bytes(copy)
    broken.assert_finishes()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE jobs SET state = 'pendinh' WHERE id = 7",
        "UPDATE sources SET file_id = x'0815' WHERE id = 7",
        "UPDATE jobs SET title = CAST(x'ff' AS TEXT) WHERE id = 7",
    ],
)
def test_a_row_that_no_batchclip_has_written_is_called_corrupt(broken: Broken, change: str) -> None:
    with closing(sqlite3.connect(broken.table, isolation_level=None)) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute("DROP TRIGGER jobs_legal_transition")
        database.execute(change)
    broken.assert_says(CORRUPT, "report")


def test_a_log_with_a_bad_beginning_is_no_traceback_and_the_copy_of_all_files_goes_on(
    broken: Broken, tmp_path: Path
) -> None:
    broken.kill_a_run()
    good = Path(shutil.copytree(broken.table.parent, tmp_path / "copy"))
    log = broken.beside("-wal")
    log.write_bytes(noise(100) + log.read_bytes()[100:])
    done = broken.program.run("report")
    assert done.returncode in {0, 7}
    assert "Traceback" not in done.stderr
    shutil.rmtree(broken.table.parent)
    shutil.copytree(good, broken.table.parent)
    broken.assert_finishes(in_doubt_at_most=16)


@pytest.mark.parametrize("spoil", [Path.unlink, lambda index: index.write_bytes(noise(32_768))])
def test_the_index_of_the_log_is_made_anew_after_a_kill(
    broken: Broken, spoil: Callable[[Path], object]
) -> None:
    broken.kill_a_run()
    spoil(broken.beside("-shm"))
    broken.assert_finishes(in_doubt_at_most=16)


def test_a_log_that_is_removed_while_a_run_goes_on_takes_nothing_from_it(broken: Broken) -> None:
    with going(broken.program, "run", "--rate", "100/s") as running:
        broken.standin.wait_for(9)
        broken.beside("-wal").unlink()
        _, messages = running.communicate(timeout=60)
    assert running.returncode == 0, messages
    broken.assert_finishes()
