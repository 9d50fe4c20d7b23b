"""Every error of a manifest, word for word, as one process prints them; and what is no manifest."""

import gzip
import re
from pathlib import Path

import pytest

from tests.support.commands import every_byte_under, measured, shell
from tests.support.program import Program, file_id, ranges

FILE = file_id(1)
AN_ID = "expected a UUID such as 1b4e28ba-2fa1-11d2-883f-0016d3cca427"
A_TIME = "expected seconds such as 90 or 90.5, or 1:30, or 01:02:03.250"
COLUMNS = "expected file_id, start, end, title, mode, force or priority"
UTF_8 = 'expected UTF-8 text (in a spreadsheet, save it as "CSV UTF-8")'
PRIORITY = "expected an integer from -2147483648 to 2147483647"

WRONG: list[tuple[str | bytes, str]] = [
    ("", ": is empty: expected a header line with at least file_id"),
    (" \n,,\n", ": is empty: expected a header line with at least file_id"),
    ("start,end\n", (":1: file_id: is missing: expected a column with the id of the file in video "
     "storage")),
    ("file,start\n", ':1: end: is missing: expected it beside the column "start"'),
    ("file,prio\n", f':1: prio: is not a known column, the nearest is "priority": {COLUMNS}'),
    ("file,file_id\n", (':1: file_id: is there 2 times, as "file" and "file_id": expected one such '
     "column")),
    ("file\n\nx\n", f':3: file: "x" is not a file id: {AN_ID}'),
    ("file,title\n,t\n", f":2: file: is empty: {AN_ID}"),
    (f"file,start,end\n{FILE},0,9.999\n", (":2: end: is 9.999 s after the start: expected at least "
     "10 s")),
    (f"file,start,end\n{FILE},20,20\n", (":2: end: 20 s is not after the start at 20 s: expected a "
     "later time")),
    (f"file,start,end\n{FILE},5,\n", (":2: end: is empty but start is not: expected both, or "
     "neither for the whole video")),
    (f"file,start,end\n{FILE},-1,20\n", (':2: start: "-1" is negative: expected an offset from the '
     "start of the video, 0 or more")),
    (f"file;start;end\n{FILE};1,5;20\n", (':2: start: "1,5" has a decimal comma: expected a '
     "decimal point, as in 90.5")),
    (f"file,start,end\n{FILE},0,1:60\n", ':2: end: "1:60" has 60 seconds: expected fewer than 60'),
    (f"file\tstart\tend\n{FILE}\t0\tsoon\n", f':2: end: "soon" is not a time: {A_TIME}'),
    (f"file,start,end\n{FILE},0,10001:00:00\n", (':2: end: "10001:00:00" is more than 10,000 '
     f"hours: {A_TIME}")),
    (f"file,start,end,mode\n{FILE},0,601,single\n", (":2: end: is 601 s after the start: expected "
     "at most 600 s in mode single")),
    (f"file,mode\n{FILE},fast\n", ':2: mode: "fast" is not a mode: expected clips or single'),
    (f"file,force\n{FILE},maybe\n", (':2: force: "maybe" is neither yes nor no: expected true or '
     "false")),
    (f"file,priority\n{FILE},1.5\n", f':2: priority: "1.5" is not a priority: {PRIORITY}'),
    (f"file,title\n{FILE},{'t' * 1001}\n", (":2: title: has 1,001 characters: expected at most "
     "1,000")),
    (f"file\n{FILE},more\n", (':2: column 2: holds "more": expected at most the 1 cells that the '
     "header has")),
    (f"file,\n{FILE},more\n", (':2: column 2: holds "more" but the header has no name for it: '
     "expected a name, or no cell")),
    (f'file,title\n{FILE},"a"b\n', (':2: title: ""a"b" goes on after its closing quote: expected a '
     'delimiter there, and "" for a quote inside a quoted cell')),
    (f'file,title\n{FILE},"a\n\n', (":2: has a quote that is never closed: expected a closing "
     "quote")),
    (b"file\n\xe9\n", f":2: is not UTF-8 (0xe9 at byte 1 of the line): {UTF_8}"),
    (b"file\na\0b\n", f":2: holds a NUL byte, so it is not text: {UTF_8}"),
    ("file\n".encode("utf-16"), f":1: is UTF-16: {UTF_8}"),
]  # fmt: skip


@pytest.fixture
def program(tmp_path: Path) -> Program:
    program = Program(tmp_path)
    assert program.run("load", program.manifest(ranges(2), "known.csv")).returncode == 0
    return program


def test_every_error_word_for_word_with_its_file_line_and_column(program: Program) -> None:
    expected = []
    for number, (content, line) in enumerate(WRONG):
        path = program.folder / f"{number}.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        expected.append(path.name + line)
    before = program.report()
    names = [f"{number}.csv" for number in range(len(WRONG))]
    done = program.run("load", "known.csv", *names)
    assert done.stderr.splitlines() == [*expected, f"nothing was loaded: {len(WRONG)} errors"]
    assert (done.returncode, done.stdout) == (2, "")
    assert program.report() == before


def test_what_is_no_manifest_is_not_loaded_in_part(program: Program) -> None:
    folder = program.folder
    (folder / "folder.csv").mkdir()
    (folder / "plain.csv.gz").write_text(f"file\n{FILE}\n")
    text = "".join(f"{file_id(number)}\n" for number in range(20_000))
    (folder / "half.csv.gz").write_bytes(gzip.compress(b"file\n" + text.encode())[:-20_000])
    (folder / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 99)
    expected = {
        "missing.csv": ": cannot be read: no such file",
        "known.csv/m.csv": ": cannot be read: a part of its path is not a folder",
        "folder.csv": ": cannot be read: it is a folder",
        "plain.csv.gz": ":1: cannot be read: it is not a sound gzip file",
        "half.csv.gz": ":[0-9]+: ends too early: expected a whole gzip file",
        "picture.csv": ":1: is not UTF-8 .0x89 at byte 1 of the line.: .*",
        "-": ": is empty: expected a header line with at least file_id",
    }
    before = program.report()
    done = program.run("load", "known.csv", *expected, "--skip-invalid", given="")
    assert done.returncode == 2, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == len(expected) + 1
    for line, (name, pattern) in zip(lines, expected.items(), strict=False):
        assert re.fullmatch(re.escape(name) + pattern, line), line
    assert program.report() == before


def test_two_gigabytes_in_one_line_take_little_memory_and_time(program: Program) -> None:
    with (program.folder / "huge.csv").open("wb") as sparse:
        sparse.write(b"file,title\n" + FILE.encode() + b",")
        sparse.truncate(2 << 30)
    plain, huge = measured(program, "load", "known.csv"), measured(program, "load", "huge.csv")
    assert huge.returncode == 2
    assert "huge.csv:2: is longer than 1 MiB" in huge.stderr
    assert huge.peak_mebibytes < plain.peak_mebibytes + 20
    assert huge.cpu_seconds < plain.cpu_seconds + 2


def test_a_manifest_in_a_pipe_and_in_gzip(program: Program) -> None:
    done = shell(program, f"printf 'file\\n{FILE}\\n' | $batchclip load -")
    assert (done.returncode, done.stdout[:19]) == (0, "loaded 1 new ranges"), done.stderr
    done = shell(program, f"printf 'file\\n{FILE}\\n' | gzip > m.csv.GZ; $batchclip load m.csv.GZ")
    assert (done.returncode, done.stdout[:35]) == (0, "loaded 0 new ranges; 1 were known; ")
    assert shell(program, "$batchclip load - <&-").returncode == 2


def test_a_name_that_is_not_utf_8_is_refused_in_a_sentence(program: Program) -> None:
    done = shell(program, "cp known.csv $'caf\\xe9.csv'; $batchclip load $'caf\\xe9.csv'")
    assert done.returncode == 2, done.stderr
    assert done.stderr.endswith("this name is not UTF-8; rename the file\n")


def test_rejects_never_overwrite_a_manifest_or_the_table(program: Program) -> None:
    (program.folder / "m.csv").write_text("file\nx\n")
    before = every_byte_under(program.folder)
    for command, place in (("load", "m.csv"), ("run", "./table.db"), ("rehearse", "m.csv")):
        program.settings = {"BATCHCLIP_REJECTS": place}
        done = program.run(command, "m.csv", "--skip-invalid")
        assert (done.returncode, "would overwrite" in done.stderr) == (2, True), done.stderr
    assert every_byte_under(program.folder) == before
