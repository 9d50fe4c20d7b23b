"""Rows that were refused: every error on the terminal, every row in a file of its own."""

import csv
import io
from itertools import groupby

import pytest

from batchclip.manifest import Manifest, RowError, read_manifest
from batchclip.report.rejects import RejectsWriter

FILE = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


def refuse_all(writer: RejectsWriter, text: str) -> Manifest:
    """Hand over every bad row of a manifest that comes from standard input."""
    opened = read_manifest("-", io.BytesIO(text.encode()))
    errors = [item for item in opened if isinstance(item, RowError)]
    for _, row in groupby(errors, key=lambda error: error.line):
        writer.refuse(opened, list(row))
    return opened


def rows_of(out: io.StringIO) -> list[list[str]]:
    return list(csv.reader(io.StringIO(out.getvalue(), newline="")))


def test_every_error_is_said_and_every_row_is_kept_once_with_all_its_reasons() -> None:
    said, kept = io.StringIO(), io.StringIO()
    text = f"file_id,start,end,title\n{FILE},0,20,good\nnonsense,5,x,bad\n{FILE},0,,half\n"
    refuse_all(RejectsWriter(said, kept), text)
    header, bad, half = rows_of(kept)
    assert header == ["manifest", "line", "problem", "file_id", "start", "end", "title"]
    assert (bad[:2], bad[3:]) == (["'-", "3"], ["nonsense", "5", "x", "bad"])
    assert bad[2].count("; ") == 1
    assert "file_id: " in bad[2]
    assert "end: " in bad[2]
    assert (half[1], half[3:]) == ("4", [FILE, "0", "", "half"])
    assert [line.split(":")[1] for line in said.getvalue().splitlines()] == ["3", "3", "4"]


def test_manifests_of_the_same_columns_share_a_header_and_others_get_their_own() -> None:
    kept = io.StringIO()
    writer = RejectsWriter(io.StringIO(), kept)
    for text in ("file_id\nx\n", "file_id\ny\n", "file,title\nz,t\n"):
        refuse_all(writer, text)
    cells = [row[3:] for row in rows_of(kept)]
    assert cells == [["file_id"], ["x"], ["y"], ["file", "title"], ["z", "t"]]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_refused_cell_is_a_formula(start: str) -> None:
    kept = io.StringIO()
    refuse_all(RejectsWriter(io.StringIO(), kept), f'file_id,title\nx,"{start}1+1"\n')
    assert rows_of(kept)[1][4] == f"'{start}1+1"


def test_a_refused_cell_can_do_nothing_to_the_terminal() -> None:
    said = io.StringIO()
    refuse_all(RejectsWriter(said), "file_id\n\x1b[31mred\u202e\n")
    assert said.getvalue().count("\n") == 1
    assert said.getvalue().rstrip("\n").isprintable()


def test_a_file_that_cannot_be_read_is_kept_with_its_reason() -> None:
    said, kept = io.StringIO(), io.StringIO()
    opened = refuse_all(RejectsWriter(said, kept), "")
    assert opened.header == ()
    assert rows_of(kept)[0] == ["manifest", "line", "problem"]
    assert rows_of(kept)[1][:2] == ["'-", "0"]
    assert "is empty" in said.getvalue()
