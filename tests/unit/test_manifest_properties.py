import csv
import gzip
import io
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.job import MAX_SINGLE_CLIP_MS, MIN_RANGE_MS, Mode, Range
from batchclip.manifest import (
    FIELDS,
    MAX_OFFSET_MS,
    ManifestRow,
    RowError,
    format_seconds,
    read_manifest,
)
from tests.support.tables import asked_by

ID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"

pieces = st.sampled_from(
    [ID, "file_id", "start", "end", "title", "10", "0:40", "-1", "single", *',;\t\n\r" xé\ufeff']
)


@st.composite
def asked(draw: st.DrawFn) -> Range:
    mode = draw(st.sampled_from(Mode))
    start = draw(st.none() | st.integers(0, MAX_OFFSET_MS - MIN_RANGE_MS))
    end = None
    if start is not None:
        longest = MAX_SINGLE_CLIP_MS if mode is Mode.SINGLE else MAX_OFFSET_MS
        end = draw(st.integers(start + MIN_RANGE_MS, min(start + longest, MAX_OFFSET_MS)))
    title = draw(st.text(max_size=1_000)).replace("\0", "")
    force = draw(st.booleans())
    priority = draw(st.integers(-(2**31), 2**31 - 1))
    return Range(draw(st.uuids()), start, end, mode, force, title.strip() or None, priority)


def cells(wanted: Range) -> list[object]:
    times = ["" if ms is None else format_seconds(ms) for ms in (wanted.start_ms, wanted.end_ms)]
    force = str(wanted.force).lower()
    return [wanted.file_id, *times, wanted.title or "", wanted.mode, force, wanted.priority]


def written(ranges: list[Range], delimiter: str, end: str, quote_all: bool) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=delimiter,
        lineterminator=end,
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
    )
    writer.writerow(FIELDS)
    writer.writerows(map(cells, ranges))
    return text.getvalue().encode()


@given(
    st.lists(asked(), max_size=5),
    st.sampled_from(",;\t"),
    # Until Python 3.13 the writer leaves a line break unquoted that is not its own line end.
    st.sampled_from([("\r\n", False), ("\r\n", True), ("\n", True), ("\r", True)]),
)
def test_a_written_range_reads_back(
    ranges: list[Range], delimiter: str, ends: tuple[str, bool]
) -> None:
    data = written(ranges, delimiter, *ends)
    items = list(read_manifest("-", io.BytesIO(data)))
    assert [asked_by(item) for item in items if isinstance(item, ManifestRow)] == ranges
    assert len(items) == len(ranges)


def consistent(items: list[ManifestRow | RowError]) -> None:
    """What holds for every manifest, whatever its bytes."""
    lines = [item.line for item in items]
    # A quote that is never closed is told where it opened, which may be inside its row.
    assert lines == sorted(lines)
    errors = [item for item in items if isinstance(item, RowError)]
    assert all(str(error).isprintable() and error.problem for error in errors)
    after = [item for error in errors[:1] if error.fatal for item in items[items.index(error) :]]
    assert all(isinstance(item, RowError) and item.fatal for item in after)


@given(st.binary(max_size=300))
def test_any_bytes_never_raise(data: bytes) -> None:
    consistent(list(read_manifest("-", io.BytesIO(data))))


@given(st.lists(pieces, max_size=40), st.booleans())
@settings(max_examples=300)
def test_any_pieces_of_a_manifest_never_raise(parts: list[str], headed: bool) -> None:
    text = ("file_id,title\n" if headed else "") + "".join(parts)
    consistent(list(read_manifest("-", io.BytesIO(text.encode()))))


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packed") / "a.csv.gz"


@given(st.data())
def test_any_damage_to_a_gzip_never_raises(packed: Path, data: st.DataObject) -> None:
    whole = bytearray(gzip.compress(f"file_id\n{ID}\n{ID}\n".encode()))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    packed.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    consistent(list(read_manifest(str(packed))))


@given(st.sampled_from(["10", "10.0", "0:10", "00:00:10.000", " 10 ", "10.0004"]))
def test_the_same_time_is_the_same_range(text: str) -> None:
    data = f"file_id,start,end\n{ID},{text},1:00\n".encode()
    (row,) = read_manifest("-", io.BytesIO(data))
    assert isinstance(row, ManifestRow)
    assert asked_by(row) == Range(UUID(ID), 10_000, 60_000)
