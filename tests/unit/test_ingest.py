"""Manifests into the table: checked first, then all of it or nothing."""

import gzip
import io
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import pytest

from batchclip import ingest as ingesting
from batchclip.errors import TableError
from batchclip.ingest import Ingest
from batchclip.manifest import Manifest, RowError
from batchclip.store.base import Loaded
from batchclip.store.sqlite import SqliteStore
from batchclip.store.staging import SqliteStaging
from tests.support.isolated import ROOT
from tests.support.tables import AT, SqliteTable, reports

FILE = "0a1b2c3d-1111-4222-8333-444455556666"
HEADER = "file_id,start,end,title,mode,force,priority\n"
GOOD = f"{FILE},0,20,one,,,\n{FILE},30,50,two,single,,3\n"
BAD = f"nobody,0,20,,,,\n{FILE},90,80,,,,\n"
FEW, MANY = 100_000, 300_000
MORE_KILOBYTES = 12_000


class Refused:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, tuple[str, ...], list[tuple[int, str]]]] = []

    def refuse(self, manifest: Manifest, errors: Sequence[RowError]) -> None:
        named = [(error.line, error.column) for error in errors]
        self.rows.append((Path(manifest.name).name, manifest.header, named))

    @property
    def places(self) -> list[tuple[str, list[tuple[int, str]]]]:
        return [(name, errors) for name, _, errors in self.rows]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    table = SqliteTable(tmp_path)
    yield await table.open()
    await table.close()


@pytest.fixture
def refused() -> Refused:
    return Refused()


@pytest.fixture
async def staging(store: SqliteStore) -> AsyncIterator[SqliteStaging]:
    opened = await store.stage()
    yield opened
    await opened.close()


@pytest.fixture
def ingest(staging: SqliteStaging, refused: Refused) -> Ingest:
    return Ingest(staging, refused)


@pytest.fixture
def skipping(staging: SqliteStaging, refused: Refused) -> Ingest:
    """One that passes over what is invalid."""
    return Ingest(staging, refused, skip_invalid=True)


def manifest(folder: Path, name: str, rows: str, header: str = HEADER) -> str:
    path = folder / name
    path.write_text(header + rows, encoding="utf-8")
    return str(path)


async def load(
    ingest: Ingest, names: Iterable[str], stdin: BinaryIO | None = None
) -> Loaded | None:
    await ingest.read(names, stdin)
    return await ingest.merge(AT)


async def load_anew(store: SqliteStore, names: Iterable[str]) -> Loaded | None:
    return await load(Ingest(await store.stage(), Refused()), names)


async def test_every_good_row_becomes_a_range_with_its_line(
    tmp_path: Path, store: SqliteStore, ingest: Ingest
) -> None:
    name = manifest(tmp_path, "a.csv", GOOD)

    assert await load(ingest, [name]) == Loaded(2, 0, 0)

    assert [
        (report.range.title, report.range.priority, report.manifest, report.line)
        for report in await reports(store)
    ] == [("one", 0, name, 2), ("two", 3, name, 3)]
    assert ingest.intake.rows == 2
    assert (ingest.intake.refused, ingest.intake.errors, ingest.intake.unreadable) == (0, 0, 0)


async def test_the_same_in_other_words_is_known(tmp_path: Path, store: SqliteStore) -> None:
    first = manifest(tmp_path, "a.csv", f"{FILE},10,1:30,,,,\n{FILE},,,,,,\n")
    again = manifest(tmp_path, "b.csv", f"{FILE.upper()},10.000,90.0,,clips,,\n{FILE},,,,,no,\n")

    assert await load_anew(store, [first]) == Loaded(2, 0, 0)
    assert await load_anew(store, [again]) == Loaded(0, 2, 0)
    assert {report.range.file_id for report in await reports(store)} == {UUID(FILE)}


async def test_the_same_words_twice_in_one_manifest_are_one_range(
    tmp_path: Path, store: SqliteStore
) -> None:
    rows = f"{FILE},10,30,,,,\n{FILE.upper()},10.0,0:30,,,,\n{FILE},,,,,,\n{FILE},,,,,,\n"

    assert await load_anew(store, [manifest(tmp_path, "a.csv", rows)]) == Loaded(2, 2, 0)


async def test_standard_input_and_compressed_manifests_are_loaded(
    tmp_path: Path, store: SqliteStore, ingest: Ingest
) -> None:
    compressed = tmp_path / "a.csv.gz"
    compressed.write_bytes(gzip.compress((HEADER + GOOD).encode()))
    stdin = io.BytesIO((HEADER + f"{FILE},,,,,,\n").encode())

    loaded = await load(ingest, [str(compressed), "-"], stdin)

    assert loaded == Loaded(3, 0, 0)
    assert [report.manifest for report in await reports(store)] == [str(compressed)] * 2 + ["-"]


async def test_an_error_in_the_last_row_of_the_last_file_loads_nothing(
    tmp_path: Path, store: SqliteStore, ingest: Ingest, refused: Refused
) -> None:
    names = [
        manifest(tmp_path, "a.csv", GOOD),
        manifest(tmp_path, "b.csv", f"{FILE},60,80,,,,\n{FILE},60,80,,,,high\n"),
    ]

    assert await load(ingest, names) is None

    assert await reports(store) == []
    assert refused.places == [("b.csv", [(3, "priority")])]
    assert (ingest.intake.rows, ingest.intake.refused, ingest.intake.errors) == (3, 1, 1)


async def test_all_errors_of_all_files_are_told_row_by_row(
    tmp_path: Path, ingest: Ingest, refused: Refused
) -> None:
    twice_wrong = "nobody,0,20,,maybe,,\n"
    names = [
        manifest(tmp_path, "a.csv", twice_wrong + GOOD + BAD),
        manifest(tmp_path, "b.csv", twice_wrong),
    ]

    assert await load(ingest, names) is None

    assert refused.places == [
        ("a.csv", [(2, "file_id"), (2, "mode")]),
        ("a.csv", [(5, "file_id")]),
        ("a.csv", [(6, "end")]),
        ("b.csv", [(2, "file_id"), (2, "mode")]),
    ]
    assert refused.rows[0][1] == tuple(HEADER.strip().split(","))
    assert (ingest.intake.refused, ingest.intake.errors) == (4, 6)


async def test_skipping_the_invalid_loads_the_rest(
    tmp_path: Path, store: SqliteStore, skipping: Ingest, refused: Refused
) -> None:
    names = [manifest(tmp_path, "a.csv", BAD + GOOD), manifest(tmp_path, "b.csv", BAD)]

    assert await load(skipping, names) == Loaded(2, 0, 0)
    assert [report.line for report in await reports(store)] == [4, 5]
    assert len(refused.rows) == 4


async def test_skipping_the_invalid_loads_nothing_where_nothing_is_valid(
    tmp_path: Path, skipping: Ingest
) -> None:
    name = manifest(tmp_path, "a.csv", BAD)

    assert await load(skipping, [name]) == Loaded(0, 0, 0)


def broken_off(folder: Path) -> str:
    """A compressed manifest whose end is missing."""
    path = folder / "cut.csv.gz"
    rows = "".join(f"{FILE},{start},{start + 20},{start:x},,,\n" for start in range(5_000))
    path.write_bytes(gzip.compress((HEADER + rows).encode())[:-300])
    return str(path)


def not_there(folder: Path) -> str:
    return str(folder / "missing.csv")


def without_header(folder: Path) -> str:
    return manifest(folder, "headless.csv", GOOD, header="")


@pytest.mark.parametrize("unreadable", [broken_off, not_there, without_header])
@pytest.mark.parametrize("skip_invalid", [True, False])
async def test_a_file_that_cannot_be_read_to_its_end_is_never_loaded_in_part(
    tmp_path: Path,
    store: SqliteStore,
    staging: SqliteStaging,
    unreadable: object,
    skip_invalid: bool,
) -> None:
    assert callable(unreadable)
    names = [manifest(tmp_path, "a.csv", BAD + GOOD), unreadable(tmp_path)]
    ingest = Ingest(staging, Refused(), skip_invalid=skip_invalid)

    assert await load(ingest, names) is None
    assert await reports(store) == []
    assert ingest.intake.unreadable >= 1


async def test_a_row_error_before_the_break_is_told_apart_from_it(
    tmp_path: Path, skipping: Ingest, refused: Refused
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((HEADER + "nobody,0,20,,,,\n").encode() + b"\xff\xfe" + GOOD.encode())

    assert await load(skipping, [str(path)]) is None
    assert len(refused.rows) == 2
    assert skipping.intake.unreadable == 1


async def test_everything_that_is_wrong_with_a_header_is_told_by_itself(
    tmp_path: Path, skipping: Ingest, refused: Refused
) -> None:
    name = manifest(tmp_path, "a.csv", GOOD, header="file_id,begin_at,colour\n")

    assert await load(skipping, [name]) is None
    assert [len(errors) for _, errors in refused.places] == [1, 1]
    assert (skipping.intake.errors, skipping.intake.unreadable) == (2, 2)


async def test_no_row_is_lost_between_two_batches(
    tmp_path: Path, store: SqliteStore, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "ROWS_AT_ONCE", 3)
    for count in (3, 4, 6):
        rows = "".join(f"{UUID(int=count)},{start},{start + 20},,,,\n" for start in range(count))
        name = manifest(tmp_path, f"{count}.csv", rows)
        assert await load_anew(store, [name]) == Loaded(count, 0, 0)
    assert len(await reports(store)) == 13


async def test_rows_whose_force_does_not_count_are_counted(tmp_path: Path, ingest: Ingest) -> None:
    rows = f"{FILE},0,20,,,true,\n{FILE},,,,,true,\n{FILE},30,50,,,,\n"
    await load(ingest, [manifest(tmp_path, "a.csv", rows)])

    assert ingest.intake.force_ignored == 1


# Too few to hand the rows over, and enough for that, but not to sort them in.
@pytest.mark.parametrize("pages", [20, 70])
async def test_no_room_for_what_waits_is_said_to_be(
    tmp_path: Path, store: SqliteStore, staging: SqliteStaging, ingest: Ingest, pages: int
) -> None:
    await staging._database.execute_fetchall(f"PRAGMA temp.max_page_count = {pages}")

    rows = "".join(f"{UUID(int=number)},0,20,,,,\n" for number in range(1, 5_000))
    with pytest.raises(TableError, match="the disk is full"):
        await load(ingest, [manifest(tmp_path, "a.csv", rows)])
    assert await reports(store) == []


LOADS = r"""
import asyncio, re, sys
from pathlib import Path
from batchclip.ingest import Ingest
from batchclip.store.sqlite import SqliteStore
async def main():
    store = await SqliteStore.open(Path(sys.argv[1]), 1)
    ingest = Ingest(await store.stage(), None)
    await ingest.read([sys.argv[2]])
    loaded = await ingest.merge(1)
    await store.close()
    status = Path("/proc/self/status").read_text()
    print(loaded.added, re.search(r"VmHWM:\s+(\d+)", status)[1])
asyncio.run(main())
"""


def loads(folder: Path, count: int) -> tuple[int, int]:
    """Load this many rows in a process of its own: ranges added, peak kilobytes."""
    rows = "".join(f"{UUID(int=number)},0,20,title {number},,,\n" for number in range(count))
    name = manifest(folder, f"{count}.csv", rows)
    command = [sys.executable, "-c", LOADS, str(folder / f"{count}.db"), name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    added, kilobytes = done.stdout.split()
    return int(added), int(kilobytes)


def test_memory_does_not_grow_with_the_manifest(tmp_path: Path) -> None:
    few, little = loads(tmp_path, FEW)
    many, more = loads(tmp_path, MANY)

    assert (few, many) == (FEW, MANY)
    assert more - little < MORE_KILOBYTES
