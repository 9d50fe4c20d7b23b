import errno
import gzip
import io
import os
import sys
from pathlib import Path
from uuid import UUID

import pytest

from batchclip.job import Range
from batchclip.manifest import ManifestRow, RowError, read_manifest
from tests.support.tables import stored

ID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
FILE = UUID(ID)
GOOD = f"file_id,title\n{ID},t\n".encode()


def fatal(found: list[ManifestRow | RowError]) -> RowError:
    """The last item, which alone is a fatal error."""
    *before, last = found
    assert not any(isinstance(item, RowError) for item in before)
    assert isinstance(last, RowError)
    assert last.fatal
    assert last.cells == ()
    return last


def test_gzip(tmp_path: Path) -> None:
    path = tmp_path / "a.CSV.GZ"
    path.write_bytes(gzip.compress(GOOD) + gzip.compress(f"{ID},u\n".encode()))
    assert list(read_manifest(str(path))) == [
        stored(2, Range(FILE, title="t")),
        stored(3, Range(FILE, title="u")),
    ]


def noise(rows: int) -> bytes:
    return b"file_id\n" + b"".join(
        f"{UUID(int=n * 7**40 % 2**128)}\n".encode() for n in range(rows)
    )


def test_a_truncated_gzip_is_fatal(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    whole = gzip.compress(noise(2_000))
    for size in (5, 15, len(whole) // 2, len(whole) - 4):
        path.write_bytes(whole[:size])
        error = fatal(list(read_manifest(str(path))))
        assert error.problem == "ends too early: expected a whole gzip file"


def test_a_corrupt_gzip_is_fatal(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    whole = gzip.compress(noise(2_000))
    wrong_sum = whole[:-8] + b"\0\0\0\0" + whole[-4:]
    wrong_block = whole[:10] + b"\xff" * 50 + whole[60:]
    for data, said in (
        (wrong_sum, "cannot be read: it is not a sound gzip file"),
        (wrong_block, "is corrupt: expected a sound gzip file"),
        (GOOD, "cannot be read: it is not a sound gzip file"),
    ):
        path.write_bytes(data)
        assert fatal(list(read_manifest(str(path)))).problem == said


def test_an_empty_gzip_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b""))
    assert fatal(list(read_manifest(str(path)))).problem.startswith("is empty")


def test_what_cannot_be_opened_reads_well(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, said in (
        (str(tmp_path / "none.csv"), "no such file"),
        (str(tmp_path), "it is a folder"),
        (str(tmp_path / "file" / "a.csv"), "a part of its path is not a folder"),
        (str(tmp_path / ("x" * 300)), "File name too long"),
        ("a\0b", "no file can have this name"),
    ):
        error = fatal(list(read_manifest(name)))
        assert error.line == 0
        assert str(error) == f"{name}: cannot be read: {said}".replace("\0", "\\x00")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refused)
    error = fatal(list(read_manifest("a.csv")))
    assert str(error) == "a.csv: cannot be read: no permission to read it"


def test_a_closed_input_is_an_error() -> None:
    closed = io.BytesIO()
    closed.close()
    assert "cannot be read" in fatal(list(read_manifest("-", closed))).problem


def test_standard_input_is_the_process_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    own = io.TextIOWrapper(io.BytesIO(GOOD))
    monkeypatch.setattr(sys, "stdin", own)
    assert list(read_manifest("-")) == [stored(2, Range(FILE, title="t"))]
    assert not own.buffer.closed
    monkeypatch.setattr(sys, "stdin", None)
    error = fatal(list(read_manifest("-")))
    assert str(error) == "-: cannot be read: there is no standard input"


def test_a_reading_that_stops_early_closes_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(GOOD * 3)
    manifest = read_manifest(str(path))
    next(manifest)
    manifest.close()
    assert list(manifest) == []
