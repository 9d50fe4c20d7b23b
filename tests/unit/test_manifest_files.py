import errno
import io
import tracemalloc
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID

import pytest

from batchclip.manifest import MAX_LINE_BYTES, ManifestRow, RowError, read_manifest

ID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
FILE = UUID(ID)
GOOD = f"file_id,title\n{ID},t\n".encode()

Item = ManifestRow | RowError


def items(data: bytes) -> list[Item]:
    return list(read_manifest("-", io.BytesIO(data)))


def titles(data: bytes) -> list[tuple[int, str | None]]:
    found = items(data)
    assert all(isinstance(item, ManifestRow) for item in found), found
    return [(item.line, item.title) for item in found if isinstance(item, ManifestRow)]


def fatal(found: list[Item]) -> RowError:
    """The last item, which alone is a fatal error."""
    *before, last = found
    assert not any(isinstance(item, RowError) for item in before)
    assert isinstance(last, RowError)
    assert last.fatal
    assert last.cells == ()
    return last


class Streamed(io.RawIOBase):
    """Bytes that are made only when they are asked for."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self.taken = 0

    def read(self, _size: int = -1) -> bytes:
        part = next(self._parts, b"")
        self.taken += len(part or b"")
        return part


def streamed(parts: Iterator[bytes]) -> list[Item]:
    return list(read_manifest("-", cast("BinaryIO", Streamed(parts))))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_line_ends_and_byte_order_marks(delimiter: str, end: str, mark: str) -> None:
    rows = [["file_id", "title"], [ID, "é,;\t".replace(delimiter, "")], [ID, '"b"']]
    text = mark + end.join(delimiter.join(row) for row in rows)
    step = 2 if end == "\r\r\n" else 1
    assert titles(text.encode()) == [
        (1 + step, "é,;\t".replace(delimiter, "").strip()),
        (1 + 2 * step, "b"),
    ]


def test_the_delimiter_is_not_looked_for_inside_quotes() -> None:
    data = f'"file_id";"title"\n{ID};a,b\n'.encode()
    assert titles(data) == [(2, "a,b")]
    (error,) = items(b'"x,y,z";file_id\n')
    assert isinstance(error, RowError)
    assert error.column == "x,y,z"


@pytest.mark.parametrize(
    ("cell", "title"),
    [
        ('5" pipe', '5" pipe'),
        ('a ""b""', 'a ""b""'),
        ('"say ""hi"", you"', 'say "hi", you'),
        ('""""', '"'),
        ('""', None),
        ('" a "', "a"),
        (' "a"', '"a"'),
    ],
)
def test_quotes(cell: str, title: str | None) -> None:
    assert titles(f"file_id,title\n{ID},{cell}\n{ID},z\n".encode()) == [(2, title), (3, "z")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_breaks_in_quotes_are_kept_and_counted(end: str) -> None:
    cell = f'"a{end}""b"",{end}{end}c"'
    data = f"title,file_id{end}{cell},{ID}{end}d,{ID}{end}".encode()
    assert titles(data) == [(2, f'a{end}"b",{end}{end}c'), (6, "d")]


def test_two_cells_with_line_breaks_in_one_row() -> None:
    data = f'title,file_id\n"a\nb","\n{ID}\n"\n"c\n",{ID}'.encode()
    assert titles(data) == [(2, "a\nb"), (6, "c")]


def test_a_header_with_a_line_break() -> None:
    assert titles(f'"file\nid",title\n{ID},a\n'.encode()) == [(3, "a")]


def test_a_cell_longer_than_the_csv_module_takes() -> None:
    (error,) = items(f'file_id,title\n{ID},"{"x" * 200_000}"\n'.encode())
    assert isinstance(error, RowError)
    assert error.problem == "has 200,000 characters: expected at most 1,000"


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (f'{ID},"a"b', '"a"b'),
        (f'{ID},"say "hi" you"', '"say "hi" you"'),
        (f'{ID},"a\n""b"" "c', '"a\n""b"" "c'),
    ],
)
def test_what_stands_after_a_closing_quote_is_an_error_of_its_row(row: str, cell: str) -> None:
    wrong, good = items(f"file_id,title\n{row}\n{ID},z\n".encode())
    assert isinstance(wrong, RowError)
    assert (wrong.line, wrong.column, wrong.fatal) == (2, "title", False)
    assert "goes on after its closing quote" in wrong.problem
    assert wrong.cells == (ID, cell)
    assert isinstance(good, ManifestRow)


def test_only_the_first_wrong_quote_of_a_row_is_told() -> None:
    (wrong,) = items(f'file_id,title,mode\n"{ID}"x,"a"b,single\n'.encode())
    assert isinstance(wrong, RowError)
    assert wrong.column == "file_id"
    assert wrong.cells == (f'"{ID}"x', '"a"b', "single")


def test_an_unclosed_quote_is_fatal_where_it_opened() -> None:
    data = f'file_id,title\n{ID},a\n{ID},"b\nc",\n{ID},"d\n{ID},e\n{ID},f'.encode()
    error = fatal([item for item in items(data) if item.line != 3])
    assert error.line == 5
    assert str(error) == "-:5: has a quote that is never closed: expected a closing quote"


def test_an_unclosed_quote_in_a_later_line_of_its_row() -> None:
    assert fatal(items(f'file_id,title\n"{ID}\n","b\nc'.encode())).line == 3


def test_an_unclosed_quote_does_not_take_the_whole_file_into_memory() -> None:
    def parts() -> Iterator[bytes]:
        yield GOOD + f'{ID},"'.encode()
        for _ in range(3_000):
            yield f"{ID},t\n".encode() * 100

    source = Streamed(parts())
    error = fatal(list(read_manifest("-", cast("BinaryIO", source))))
    assert error.line == 3
    assert "not closed within 1 MiB" in error.problem
    assert source.taken < 2 * MAX_LINE_BYTES


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\r\n", b" ,,\n;;\n\t"])
def test_an_empty_file_is_an_error(data: bytes) -> None:
    error = fatal(items(data))
    assert str(error) == "-: is empty: expected a header line with at least file_id"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_says_how_to_save(encoding: str) -> None:
    error = fatal(items(GOOD.decode().encode(encoding)))
    assert error.line == 1
    assert 'save it as "CSV UTF-8"' in error.problem
    assert ("UTF-16" in error.problem) == (encoding == "utf-16")


def test_big_endian_utf16_is_known_by_its_mark() -> None:
    assert "is UTF-16" in fatal(items(b"\xfe\xff\0f\0i")).problem


def test_what_is_not_utf8_is_fatal_at_its_line() -> None:
    found = items(GOOD + f"{ID},é\n".encode("latin-1") + b"more\n")
    assert isinstance(found[0], ManifestRow)
    error = fatal(found)
    assert error.line == 3
    assert error.problem.startswith("is not UTF-8 (0xe9 at byte 38 of the line)")


def test_a_nul_is_fatal_at_its_line() -> None:
    error = fatal(items(GOOD + f"{ID},a\0b\n".encode()))
    assert error.line == 3
    assert "holds a NUL byte" in error.problem


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_blocks_of_any_size_give_the_same_rows(size: int) -> None:
    data = f'\ufefffile_id,title\r\n{ID},"é\r\n\r\nb"\r{ID},c\n\r\n{ID},d'.encode()
    parts = (data[at : at + size] for at in range(0, len(data), size))
    assert streamed(parts) == items(data)
    assert [item.line for item in items(data)] == [2, 5, 7]


def test_a_line_at_the_limit_and_one_over_it() -> None:
    row = f"{ID},".encode()
    long = row + b" " * (MAX_LINE_BYTES - len(row) - 2) + b"t\n"
    assert titles(GOOD + long) == [(2, "t"), (3, "t")]
    for data in (GOOD + b" " + long + GOOD, GOOD + b" " + long):
        error = fatal(items(data))
        assert error.line == 3
        assert error.problem.startswith("is longer than 1 MiB")


def test_a_line_of_two_gigabytes_is_not_read_into_memory(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.csv"
    with sparse.open("wb") as file:
        file.write(GOOD)
        file.truncate(2 * 1024**3)
    tracemalloc.start()
    try:
        error = fatal(list(read_manifest(str(sparse))))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (error.line, error.problem[:21]) == (3, "is longer than 1 MiB:")
    assert peak < 8 * 1024 * 1024


def peak_of(rows: int) -> int:
    part = f'{ID},0:10,90.5,"a, b"\n'.encode() * 500
    parts = (part for _ in range(rows // 500))
    source = Streamed(chain([b"file_id,start,end,title\n"], parts))
    tracemalloc.start()
    try:
        read = sum(1 for item in read_manifest("-", cast("BinaryIO", source)) if item.line)
        assert read == rows
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file() -> None:
    small, large = peak_of(2_000), peak_of(20_000)
    assert large < small + 256 * 1024


def test_a_disk_that_fails_on_the_way_is_fatal_at_its_line() -> None:
    def failing() -> Iterator[bytes]:
        yield GOOD + b"rest"
        raise OSError(errno.EIO, "Input/output error")

    error = fatal(streamed(failing()))
    assert (error.line, error.problem) == (3, "cannot be read: Input/output error")


def test_an_input_that_does_not_wait_is_not_taken_for_the_end() -> None:
    def parts() -> Iterator[bytes]:
        yield GOOD
        yield cast("bytes", None)

    assert "expected an input that waits" in fatal(streamed(parts())).problem
