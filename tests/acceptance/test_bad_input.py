"""Bad input as a whole process: one clear sentence, the right exit code, nothing changed."""

import gzip
from pathlib import Path

import pytest

from tests.support.program import Program, file_id, ranges

FILE = file_id(1)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def refused(program: Program, *arguments: str) -> str:
    """Run; return what stderr says, having checked that `load` says it too and leaves nothing."""
    before = sorted(program.folder.iterdir())
    said = [program.run(command, *arguments) for command in ("load", "run")]
    assert [one.returncode for one in said] == [2, 2], said[0].stderr
    assert "Traceback" not in said[0].stderr
    assert said[0].stderr == said[1].stderr
    assert sorted(program.folder.iterdir()) == before
    return said[0].stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "m.csv: is empty"),
        ("start,end\n0,20\n", "m.csv:1: file_id: "),
        (f"file_id,start,end,prio\n{FILE},0,20,1\n", "m.csv:1: prio: "),
        ("file_id\nno-uuid\n", "m.csv:2: file_id: "),
        (f"file_id,start,end\n{FILE},0,9\n", "m.csv:2: end: "),
        (f"file_id,start,end\n{FILE},5,\n", "m.csv:2: end: "),
        (f"file_id,start,end\n{FILE},-1,20\n", "m.csv:2: start: "),
        (f'file_id;start;end\n{FILE};"1,5";20\n', "m.csv:2: start: "),
        (f"file_id,start,end,mode\n{FILE},0,601,single\n", "m.csv:2: end: "),
        (f"file_id,mode\n{FILE},fast\n", "m.csv:2: mode: "),
        (f"file_id,force\n{FILE},maybe\n", "m.csv:2: force: "),
        (f"file_id,priority\n{FILE},high\n", "m.csv:2: priority: "),
        (f'file_id,title\n{FILE},"never closed\n', "m.csv:2: "),
    ],
)
def test_every_error_of_a_manifest(program: Program, text: str, words: str) -> None:
    (program.folder / "m.csv").write_text(text)
    assert words in refused(program, "m.csv")


def test_all_errors_of_all_files_are_printed(program: Program) -> None:
    (program.folder / "a.csv").write_text("file_id,start,end\nx,0,20\ny,0,5\n")
    (program.folder / "b.csv").write_text(f"file_id\n{FILE}\nz\n")
    said = refused(program, "a.csv", "b.csv")
    for place in ("a.csv:2: file_id", "a.csv:3: file_id", "a.csv:3: end", "b.csv:3: file_id"):
        assert place in said


def test_a_bad_manifest_changes_nothing_in_a_table_that_is_there(program: Program) -> None:
    assert program.run("load", program.manifest(ranges(2))).returncode == 0
    program.manifest([*ranges(4), ("no-uuid", 0, 20)], "bad.csv")
    for command in ("load", "run"):
        done = program.run(command, "bad.csv")
        assert (done.returncode, "bad.csv:6: file_id" in done.stderr) == (2, True)
    assert len(program.report()) == 2


def test_what_is_no_manifest(program: Program) -> None:
    (program.folder / "folder.csv").mkdir()
    (program.folder / "binary.csv").write_bytes(bytes(range(256)) * 40)
    whole = gzip.compress(f"file_id\n{FILE}\n".encode() * 5000, mtime=0)
    (program.folder / "short.csv.gz").write_bytes(whole[: len(whole) // 2])
    assert "missing.csv: " in refused(program, "missing.csv")
    assert "folder.csv: " in refused(program, "folder.csv")
    assert "binary.csv" in refused(program, "binary.csv")
    assert "short.csv.gz" in refused(program, "short.csv.gz")


def test_a_line_of_two_gigabytes_is_not_read_into_memory(program: Program) -> None:
    with (program.folder / "m.csv").open("wb") as sparse:
        sparse.write(b"file_id,title\n" + FILE.encode() + b",")
        sparse.truncate(2 << 30)
    assert "m.csv:2: " in refused(program, "m.csv")


def test_only_a_header_is_no_error(program: Program) -> None:
    (program.folder / "m.csv").write_text("file_id,start,end\n")
    done = program.run("load", "m.csv")
    assert (done.returncode, done.stdout[:19]) == (0, "loaded 0 new ranges")


def test_standard_input_and_gzip(program: Program) -> None:
    text = f"\ufefffile_id\tstart\tend\r\n{FILE}\t0:10\t1:00.5\r\n"
    assert program.run("load", "-", given=text).returncode == 0
    (program.folder / "m.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert "1 were known" in program.run("load", "m.csv.gz").stdout
    row = program.report()[0]
    assert (row["start"], row["end"], row["manifest"], row["line"]) == (10, 60.5, "-", 2)


def test_a_pipe_is_read_but_once(program: Program) -> None:
    done = program.run("load", "/dev/stdin", given=f"file_id,start,end\n{FILE},0,20\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("loaded 1 new ranges")


@pytest.mark.parametrize("command", ["load", "run"])
def test_a_bad_pipe_leaves_nothing_behind(program: Program, command: str) -> None:
    for name in ("-", "/dev/stdin"):
        done = program.run(command, name, given=f"file_id\n{FILE}\nno-uuid\n")
        assert (done.returncode, f"{name}:3: file_id" in done.stderr) == (2, True), done.stderr
    assert not list(program.folder.iterdir())


def test_skip_invalid_loads_the_rest_and_keeps_the_bad_rows(program: Program) -> None:
    program.manifest([*ranges(2), ("no-uuid", 0, 20, "", "", "=1+1")])
    done = program.run("load", "m.csv", "--skip-invalid", "--rejects", "bad.csv")
    assert done.returncode == 0, done.stderr
    assert len(program.report()) == 2
    header, row = (program.folder / "bad.csv").read_text().splitlines()
    assert header == "manifest,line,problem,file_id,start,end,mode,force,title"
    assert row.startswith("m.csv,4,")
    assert row.endswith(",no-uuid,0,20,,,'=1+1")


def test_a_file_that_breaks_off_is_not_loaded_in_part(program: Program) -> None:
    (program.folder / "m.csv").write_bytes(f"file_id\n{FILE}\n".encode() + b"\xff\xfe\xff\n")
    assert "m.csv:3: " in refused(program, "m.csv", "--skip-invalid")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("load",), "which manifest"),
        (("rehearse",), "which manifest"),
        (("run", "a.toml", "b.toml"), "one job file at a time"),
        (("run", "missing.toml"), "missing.toml: cannot be read"),
        (("run", "--rate", "fast"), "--rate"),
        (("run", "--until", "dawn"), "--until"),
        (("run", "--max-failed", "101%"), "--max-failed"),
        (("run", "--api-url", "http://restream.example"), "expected https"),
        (("run", "--db", "postgresql://host/db"), "postgresql"),
        (("retry", "--state", "in_doubt"), "only failed, rejected and cancelled"),
        (("simulator", "--fault", "no_such=1"), "expected one of"),
        (("simulator", "--fault", "slow_down=2"), "a share from 0 to 1"),
        (("simulator", "--latency", "-1"), "--latency"),
        (("simulator", "--oauth"), "BATCHCLIP_CLIENT_ID"),
        (("simulator", "--port", "99999"), "--port"),
        (("report", "--state", "lost"), "lost"),
        (("report", "--format", "xml"), "xml"),
    ],
)
def test_wrong_usage(program: Program, arguments: tuple[str, ...], words: str) -> None:
    done = program.run(*arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_in_a_job_file_is_refused(program: Program) -> None:
    (program.folder / "night.toml").write_text('access_token = "0815"\n')
    done = program.run("run", "night.toml")
    assert (done.returncode, "BATCHCLIP_ACCESS_TOKEN" in done.stderr) == (2, True)
    assert "0815" not in done.stderr


@pytest.mark.parametrize("command", ["status", "report", "retry", "run"])
def test_a_table_that_is_not_there_is_not_made(program: Program, command: str) -> None:
    more = ("--state", "failed") if command == "retry" else ()
    done = program.run(command, *more)
    assert done.returncode == 7, done.stderr
    assert "there is no job table here" in done.stderr
    assert not list(program.folder.iterdir())


def test_a_report_that_cannot_be_written(program: Program) -> None:
    assert program.run("load", program.manifest(ranges(1))).returncode == 0
    done = program.run("report", "-o", "no/such/folder.csv")
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)
    done = program.run("load", "m.csv", "--rejects", "no/such/folder.csv")
    assert (done.returncode, "--rejects" in done.stderr) == (2, True)
