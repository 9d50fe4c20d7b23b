"""Manifests that nobody should have written: one line for each error, nothing loaded, no traceback.

`tests/corpus` holds small ones; what its name calls good can be loaded, what it calls bad can't.
"""

import gzip
import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.manifest import FIELDS, ManifestRow, RowError, read_manifest
from tests.support.hostile import ODD_TEXTS, bomb, texts
from tests.support.peak import weighed
from tests.support.program import Program, file_id
from tests.support.proof import size

CORPUS = Path(__file__).parents[1] / "corpus"
GOOD = sorted(path.name for path in CORPUS.glob("good-*"))
BAD = sorted(path.name for path in CORPUS.glob("bad-*"))
ID = file_id(1)
A_MEBIBYTE = 1 << 20
AT_MOST_MEBIBYTES = 150
"""A load of one row takes some 50."""

# Files of the corpus, by the command itself.


@pytest.fixture
def program(tmp_path: Path) -> Program:
    for path in CORPUS.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return Program(tmp_path)


def test_the_corpus_has_both_kinds_and_nothing_else() -> None:
    assert len(GOOD) > 10
    assert len(BAD) > 10
    assert sorted(path.name for path in CORPUS.iterdir()) == BAD + GOOD


def test_every_bad_file_is_told_line_by_line_and_nothing_is_loaded(program: Program) -> None:
    done = program.run("load", *GOOD, *BAD)

    *lines, last = done.stderr.splitlines()
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"nothing was loaded: \d+ errors", last)
    assert all(line.isprintable() for line in lines)
    told = [re.match(r"(bad-[^:]+)(:\d+)?: \S", line) for line in lines]
    assert all(told), lines
    assert {found[1] for found in told if found} == set(BAD)
    assert not (program.folder / "table.db").exists()


@pytest.mark.parametrize("name", BAD)
def test_each_bad_file_is_bad_by_itself(name: str) -> None:
    assert any(isinstance(item, RowError) for item in read_manifest(str(CORPUS / name)))


def test_every_good_file_can_be_loaded(program: Program) -> None:
    done = program.run("load", *GOOD)

    assert (done.returncode, done.stderr) == (0, "")
    assert {row["manifest"] for row in program.report()} <= set(GOOD)


# Whole files of bytes, almost valid.

GOOD_CELLS = {
    "file_id": ID, "start": "0", "end": "20", "title": "t", "mode": "single", "force": "no",
    "priority": "7",
}  # fmt: skip
cells = texts | st.sampled_from([*ODD_TEXTS, *GOOD_CELLS.values(), '"', '""', '"a"b', ",", ";"])
quoting = st.sampled_from(["bare", "quoted", "half"])
ends = st.sampled_from(["\n", "\r\n", "\r", "\n\n", "\u2028", "\x85", "\x0b", ""])


def written(cell: str, way: str) -> str:
    doubled = cell.replace('"', '""')
    return {"bare": cell, "quoted": f'"{doubled}"', "half": f'"{cell}'}[way]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A manifest whose cells, quotes, delimiters, line ends and bytes are mostly in order."""
    names = draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=7, unique=True))
    delimiter = draw(st.sampled_from(",,,;\t|"))
    text = draw(st.sampled_from(["", "", "\ufeff"])) + delimiter.join(names) + "\n"
    for _ in range(draw(st.integers(0, 4))):
        row = [GOOD_CELLS[name] for name in names]
        if draw(st.booleans()):
            row[draw(st.integers(0, len(row) - 1))] = draw(cells)
        row += draw(st.lists(cells, max_size=1))
        text += delimiter.join(written(cell, draw(quoting)) for cell in row) + draw(ends)
    encoding = draw(st.sampled_from(["utf-8"] * 6 + ["utf-16", "latin-1", "utf-7"]))
    data = text.encode(encoding, "replace")
    at = draw(st.integers(0, len(data)))
    return data[:at] + draw(st.binary(max_size=3) | st.just(b"")) + data[at:]


def consistent(items: list[ManifestRow | RowError], name: str) -> None:
    """Lines in order, errors on one harmless line each, nothing after what is fatal."""
    lines = [item.line for item in items]
    assert lines == sorted(lines)
    errors = [item for item in items if isinstance(item, RowError)]
    for error in errors:
        assert re.match(re.escape(name) + r"(:\d+)?: \S", str(error))
        assert str(error).isprintable()
        assert len(str(error)) < 1_000
    fatal = [at for at, item in enumerate(items) if isinstance(item, RowError) and item.fatal]
    assert not fatal or fatal == list(range(fatal[0], len(items)))


@settings(max_examples=size(250, 4_000), deadline=None, derandomize=True)
@given(files())
def test_whatever_a_file_holds_is_a_range_or_an_error(data: bytes) -> None:
    consistent(list(read_manifest("-", io.BytesIO(data))), "-")


@settings(max_examples=size(120, 2_000), deadline=None, derandomize=True)
@given(st.lists(files(), min_size=1, max_size=3), st.data())
def test_whatever_a_gzip_holds_is_a_range_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, members: list[bytes], data: st.DataObject
) -> None:
    packed = b"".join(gzip.compress(member, mtime=0) for member in members)
    packed += data.draw(st.sampled_from([b"", b"\0" * 9, b"more", b"\x1f\x8b"]))
    at = data.draw(st.integers(0, len(packed)))
    damage = data.draw(st.binary(max_size=2) | st.just(b""))
    path = tmp_path_factory.getbasetemp() / "whatever.csv.gz"
    path.write_bytes(packed[:at] + damage + packed[at + len(damage) :])

    consistent(list(read_manifest(str(path))), str(path))


# Much in little, and much in one place.

HEADER = b"file_id,title\n"
ROW = ID.encode() + b","


def padded(rows: int, width: int) -> bytes:
    """Whole videos of other priorities, in cells of so many spaces, packed row by row."""
    blank = b" " * width
    lines = (ROW + b",".join([blank, blank, blank, b"%d" % n + blank]) for n in range(rows))
    header = gzip.compress(b"file_id,start,end,mode,priority\n")
    return header + b"".join(gzip.compress(line + b"\n", 1) for line in lines)


HUGE: dict[str, tuple[str, bytes, str]] = {
    "a bomb of zeros": ("m.csv.gz", bomb(300), ":1: is longer than 1 MiB"),
    "a bomb of spaces": ("m.csv.gz", bomb(300, b" "), ":1: is longer than 1 MiB"),
    "a bomb of letters behind a quote": (
        "m.csv.gz",
        gzip.compress(HEADER + ROW + b'"') + bomb(300, b"x\n"),
        ":2: has a quote that is not closed within 1 MiB",
    ),
    "a cell of 10 MB": ("m.csv", HEADER + ROW + b"x" * 10_000_000, ":2: is longer than 1 MiB"),
    "a million columns": ("m.csv", b"file_id" + b"," * 1_000_000, ":1: has 1,000,000 columns"),
    "a million columns with names": ("m.csv", b"a," * 500_000, ": and 499950 more are not"),
    "a million cells": ("m.csv", HEADER + b"x," * 500_000, ":2: column 3: holds"),
    "a million quotes": ("m.csv", HEADER + ROW + b'"' * 1_000_001, ":2: "),
    # Each one is sound and another one: what is remembered of rows must not be their cells.
    "wide cells": ("m.csv.gz", padded(1_500, 100_000) + gzip.compress(b"x"), ":1502: file_id"),
}


@pytest.mark.parametrize("name", HUGE)
def test_nothing_huge_takes_much_memory(name: str, tmp_path: Path) -> None:
    file, content, said = HUGE[name]
    (tmp_path / file).write_bytes(content)

    done = weighed(Program(tmp_path), "load", file)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < A_MEBIBYTE
    assert done.peak_mebibytes < AT_MOST_MEBIBYTES
    assert [path.name for path in tmp_path.iterdir()] == [file]
