import io
from uuid import UUID

import pytest

from batchclip.job import Mode, Range
from batchclip.manifest import Manifest, ManifestRow, RowError, read_manifest
from tests.support.tables import asked_by, stored

ID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
FILE = UUID(ID)


def reading(text: str) -> Manifest:
    return read_manifest("-", io.BytesIO(text.encode()))


def ranges(text: str) -> list[Range]:
    rows = list(reading(text))
    assert all(isinstance(row, ManifestRow) for row in rows), rows
    return [asked_by(row) for row in rows if isinstance(row, ManifestRow)]


def errors(text: str) -> list[RowError]:
    rows = list(reading(text))
    assert all(isinstance(row, RowError) for row in rows), rows
    return [row for row in rows if isinstance(row, RowError)]


@pytest.mark.parametrize("name", ["file_id", "video_storage_file_id", "videoStorageFileId", "file"])
def test_names_of_the_file_column(name: str) -> None:
    assert ranges(f"{name}\n{ID}\n") == [Range(FILE)]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("start", "end"),
        ("start_offset_seconds", "end_offset_seconds"),
        ("startOffsetSeconds", "endOffsetSeconds"),
        ("start_seconds", "end_seconds"),
        ("start_time", "end_time"),
        (" START ", "End Time"),
        ("Start-Offset-Seconds", "END  OFFSET\u00a0SECONDS"),
    ],
)
def test_names_of_the_offsets(start: str, end: str) -> None:
    assert ranges(f"{end},file_id,{start}\n20,{ID},5\n") == [Range(FILE, 5_000, 20_000)]


@pytest.mark.parametrize("name", ["force", "forceReprocess", "force_reprocess", "Force Reprocess"])
def test_names_of_force(name: str) -> None:
    assert ranges(f"file_id,{name}\n{ID},true\n") == [Range(FILE, force=True)]


def test_a_row_with_everything() -> None:
    text = (
        "file_id,start,end,title,mode,force,priority\n"
        f"{ID},90.5,1:45.25, Été \U0001f3ac ,Single,no,-3\n"
    )
    expected = Range(FILE, 90_500, 105_250, Mode.SINGLE, False, "Été \U0001f3ac", -3)
    assert list(reading(text)) == [stored(2, expected)]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("file_id,strat,end", [("strat", 'nearest is "start"'), ("start", "is missing")]),
        ("file_id,Titel,prio", [("Titel", '"title"'), ("prio", '"priority"')]),
        ("file_id,\u202enotes", [("\\u202enotes", "is not a known column")]),
        ("start,end", [("file_id", "is missing")]),
        ("file_id,start", [("end", 'is missing: expected it beside the column "start"')]),
        ("file_id,End Time", [("start", 'beside the column "End Time"')]),
        ("file_id,title,Title", [("title", 'is there 2 times, as "title" and "Title"')]),
        ("file_id,file", [("file_id", 'as "file_id" and "file"')]),
        ('"file_id"x,title', [('"file_id"x', "after its closing quote")]),
    ],
)
def test_wrong_headers(header: str, said: list[tuple[str, str]]) -> None:
    found = errors(f"{header}\n{ID}\n")
    assert [error.column for error in found] == [column for column, _ in said]
    assert all(part in e.problem for e, (_, part) in zip(found, said, strict=True))
    assert all(error.fatal and error.line == 1 and error.cells == () for error in found)


def test_a_file_that_is_no_manifest_gets_a_bounded_number_of_errors() -> None:
    found = errors(",".join(f"column{n}" for n in range(5_000)))
    assert len(found) == 52
    assert "and 4950 more are not known" in found[-2].problem


def test_the_header_is_kept_as_it_stands() -> None:
    wrong = reading(f"file_id,Titel-X\n{ID},\n")
    assert len(list(wrong)) == 1
    assert wrong.header == ()
    manifest = reading(f"\n File ,TITLE,,\n{ID},,,\n{ID},,,\n")
    assert next(manifest) == stored(3, Range(FILE))
    assert manifest.header == (" File ", "TITLE", "", "")
    assert list(manifest) == [stored(4, Range(FILE))]


def test_a_column_without_a_name_must_be_empty() -> None:
    assert ranges(f"file_id,,\n{ID},, \n{ID}\n") == [Range(FILE)] * 2
    (error,) = errors(f"file_id,,\n{ID},,x\n")
    assert str(error) == (
        '-:2: column 3: holds "x" but the header has no name for it: expected a name, or no cell'
    )
    assert error.cells == (ID, "", "x")
    assert not error.fatal


def test_rows_shorter_and_longer_than_the_header() -> None:
    assert ranges(f"file_id,title,mode\n{ID}\n{ID},t\n{ID},t,single, ,\n") == [
        Range(FILE),
        Range(FILE, title="t"),
        Range(FILE, title="t", mode=Mode.SINGLE),
    ]
    (error,) = errors(f"file_id,title\n{ID},Hello, world,!\n")
    assert str(error) == (
        '-:2: column 3: holds " world": expected at most the 2 cells that the header has'
    )


@pytest.mark.parametrize(
    "text",
    ["file_id", "file_id\n", "file_id,title\r\n\r\n,\r\n , \r\n", "file_id\n\n\n", 'file_id\n""\n'],
)
def test_no_rows_is_no_error(text: str) -> None:
    assert list(reading(text)) == []


@pytest.mark.parametrize(
    "cell", [ID.upper(), ID.replace("-", ""), f"  {ID}\t", ID.replace("-", "").upper(), f'"{ID}"']
)
def test_file_ids(cell: str) -> None:
    assert ranges(f"file_id\n{cell}\n") == [Range(FILE)]


@pytest.mark.parametrize(
    "cell",
    [
        ID[:-1],
        ID + "0",
        "{" + ID + "}",
        "urn:uuid:" + ID,
        ID.replace("-", "", 1),
        "1b4e28ba2-fa1-11d2-883f-0016d3cca427",
        "g" + ID[1:],
        "\uff11" + ID[1:],
        "video.mp4",
        "x" * 500,
    ],
)
def test_wrong_file_ids(cell: str) -> None:
    (error,) = errors(f"file_id\n{cell}\n")
    assert error.column == "file_id"
    assert "is not a file id: expected a UUID such as" in error.problem
    assert len(error.problem) < 200


def test_an_empty_file_id_in_a_row_with_something_else() -> None:
    (error,) = errors("file_id,title\n,t\n")
    assert "is empty: expected a UUID" in error.problem


@pytest.mark.parametrize(
    ("start", "end", "mode", "column", "said"),
    [
        ("10", "", "", "end", "is empty but start is not: expected both, or neither"),
        ("", "10", "", "start", "is empty but end is not"),
        ("20", "10", "", "end", "10 s is not after the start at 20 s"),
        ("20", "20", "single", "end", "is not after the start"),
        ("20", "29.999", "", "end", "is 9.999 s after the start: expected at least 10 s"),
        ("0", "600.001", "single", "end", "is 600.001 s after the start: expected at most 600 s"),
        ("x", "10", "", "start", '"x" is not a time'),
        ("0", "1e3", "", "end", "is not a time"),
        ("0", "20", "double", "mode", '"double" is not a mode: expected clips or single'),
    ],
)
def test_wrong_spans(start: str, end: str, mode: str, column: str, said: str) -> None:
    (error,) = errors(f"file_id,start,end,mode\n{ID},{start},{end},{mode}\n")
    assert (error.line, error.column) == (2, column)
    assert said in error.problem


@pytest.mark.parametrize(
    ("start", "end", "mode", "length"),
    [("20", "30", "", 10_000), ("0", "10:00", "single", 600_000), ("0", "9:00:00", "clips", None)],
)
def test_spans_at_the_limits(start: str, end: str, mode: str, length: int | None) -> None:
    (found,) = ranges(f"file_id,start,end,mode\n{ID},{start},{end},{mode}\n")
    assert found.start_ms is not None
    assert found.end_ms is not None
    assert length is None or found.end_ms - found.start_ms == length


def test_spaces_alone_are_an_empty_offset() -> None:
    spaces = " " * 100
    text = f"file_id,start,end\n{ID},,\n{ID}, ,\n{ID},{spaces},\t\n"
    assert ranges(text) == [Range(FILE)] * 3
    assert ranges(f"file_id,start,end\n{ID},{spaces}0,15{spaces}\n") == [Range(FILE, 0, 15_000)]


@pytest.mark.parametrize(
    ("cell", "force"),
    [
        ("true", True),
        ("TRUE", True),
        (" yes ", True),
        ("1", True),
        ("false", False),
        ("No", False),
        ("0", False),
        ("", False),
        (" ", False),
    ],
)
def test_force(cell: str, force: bool) -> None:
    assert ranges(f"file_id,force\n{ID},{cell}\n") == [Range(FILE, force=force)]


def test_force_with_a_range_is_kept_and_known_to_be_ignored() -> None:
    ignored, counts = reading(f"file_id,start,end,force\n{ID},0,20,yes\n{ID},,,yes\n")
    assert isinstance(ignored, ManifestRow)
    assert isinstance(counts, ManifestRow)
    assert ignored.force_ignored
    assert asked_by(ignored).force
    assert not asked_by(ignored).forced
    assert not counts.force_ignored
    assert asked_by(counts).forced


@pytest.mark.parametrize(
    ("cell", "priority"),
    [(" ", 0), (" 5 ", 5), ("-7", -7), ("+007", 7), ("2147483647", 2**31 - 1)],
)
def test_priority(cell: str, priority: int) -> None:
    assert ranges(f"file_id,priority\n{ID},{cell}\n") == [Range(FILE, priority=priority)]


@pytest.mark.parametrize(
    "cell", ["2147483648", "-2147483649", "1.0", "high", "1_000", "\u0663", "1" * 9_999]
)
def test_wrong_priority(cell: str) -> None:
    assert ranges(f"file_id,priority\n{ID},{-(2**31)}\n") == [Range(FILE, priority=-(2**31))]
    (error,) = errors(f"file_id,priority\n{ID},{cell}\n")
    assert error.column == "priority"
    assert "expected an integer from -2147483648 to 2147483647" in error.problem


def test_titles() -> None:
    inner = "a\u2028b\x85c\x0bd\u202ee"
    text = f"file_id,title\n{ID},{inner}\n{ID},  \n{ID},{'x' * 1000}\n"
    assert [found.title for found in ranges(text)] == [inner, None, "x" * 1000]
    (error,) = errors(f"file_id,title\n{ID},{'x' * 1001}\n")
    assert error.problem == "has 1,001 characters: expected at most 1,000"


def test_every_wrong_cell_of_a_row_is_told_by_the_name_that_the_file_gives_it() -> None:
    text = "Video storage file ID,start_time,end_time,mode,force,priority,title\nx,-1,y,z,?,high"
    found = errors(f"{text},{'t' * 1001}\n")
    assert [error.column for error in found] == [
        "Video storage file ID",
        "start_time",
        "end_time",
        "title",
        "mode",
        "force",
        "priority",
    ]
    assert {error.line for error in found} == {2}
    assert {error.cells[:3] for error in found} == {("x", "-1", "y")}


def test_a_wrong_mode_does_not_hide_a_wrong_span() -> None:
    found = errors(f"file_id,start,end,mode\n{ID},20,10,?\n")
    assert [error.column for error in found] == ["mode", "end"]


def test_good_rows_are_read_around_wrong_ones() -> None:
    items = list(reading(f"file_id\n{ID}\nx\n\n{ID}\n"))
    assert [item.line for item in items] == [2, 3, 5]
    assert [isinstance(item, RowError) for item in items] == [False, True, False]


def test_an_error_is_one_line_and_cannot_drive_a_terminal() -> None:
    (error,) = errors('file_id\n"a\x1b[31m\nb\u202e\\x"\n')
    assert '"a\\x1b[31m\\nb\\u202e\\x" is not a file id' in str(error)
    assert str(error).isprintable()
    named = RowError("a\nb\x1b.csv", 3, "end", "is wrong")
    assert str(named) == "a\\nb\\x1b.csv:3: end: is wrong"


def test_a_long_value_is_shortened_to_sixty_characters() -> None:
    (error,) = errors(f"file_id\n{'x' * 61}\n")
    assert f'"{"x" * 57}..." is not' in error.problem
    (error,) = errors(f"file_id\n{'x' * 60}\n")
    assert f'"{"x" * 60}" is not' in error.problem
