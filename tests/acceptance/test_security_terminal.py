"""Texts of strangers on a terminal and in a spreadsheet: titles, cells, file names, answers."""

import csv
import io
import os
import pty
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchclip.report.cells import safe_cell
from tests.support.program import COMMAND, Program, file_id
from tests.support.proof import size
from tests.support.standin import StandIn, refused

CONTROLS = {
    "colour": "\x1b[31mEVIL",
    "clear": "\x1b[2JEVIL",
    "title of the window": "\x1b]0;EVIL\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\EVIL",
    "clipboard": "\x1b]52;c;RVZJTA==\x07EVIL",
    "C1": "\x9b31mEVIL",
    "bell": "\x07EVIL",
    "backspace": "EVIL\x08\x08",
    "direction": "\u202eEVIL\u2066",
    "invisible": "EV\u200bIL\ufeff",
    "line": "EVIL\u2028EVIL",
}
MARKUP = "[bold red]EVIL[/][link=http://evil.example]x[/link] {} %s $(id)"
FORMULAS = {
    "=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0",
    "+1": "'+1",
    "-1": "'-1",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t'=1",
    "\r=1": "'\r'=1",
    "\n1": "'\n1",
    "\uff1d1": "'\uff1d1",
    "a;=1": "a;'=1",
    "a\r\n@1": "a\r\n'@1",
    "\x1b=1": "\\x1b=1",
}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path, settings={"TERM": "xterm-256color"})


def on_a_terminal(program: Program, *arguments: str) -> tuple[int, str]:
    """Run with a terminal as its output; the exit code, and every byte that the terminal got."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *arguments], env=program.environment, cwd=program.folder, stdout=its, stderr=its
    ) as running:
        os.close(its)
        got = b"".join(iter(lambda: read(ours), b""))
        os.close(ours)
        return running.wait(), got.decode()


def read(terminal: int) -> bytes:
    """What comes next, empty when the last who could write has gone."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def test_no_cell_or_file_name_drives_the_terminal(program: Program) -> None:
    for number, text in enumerate(CONTROLS.values()):
        name = f"{number}-{text.replace('/', '')}.csv"
        (program.folder / name).write_text(f"file_id,mode,{text}\n{text},{text}\n")
        (program.folder / f"{number}.csv").write_text(f"file_id,mode\n{text},{text}\n")
    names = sorted(path.name for path in program.folder.iterdir())

    code, got = on_a_terminal(program, "load", *names)

    assert code == 2
    assert got.count("EVIL") >= 2 * len(CONTROLS)
    lines = got.split("\r\n")
    assert [line for line in lines if not line.isprintable()] == []


def test_no_markup_of_a_cell_is_obeyed(program: Program) -> None:
    (program.folder / "m.csv").write_text(f"file_id,mode\n{file_id(1)},{MARKUP[:50]}\n")

    code, got = on_a_terminal(program, "load", "m.csv")

    assert code == 2
    assert f'"{MARKUP[:50]}" is not a mode' in got


def test_neither_titles_nor_answers_drive_the_terminal(program: Program) -> None:
    rows = [(file_id(n), 0, 20, "", "", text) for n, text in enumerate(CONTROLS.values())]
    rows.append((file_id(99), 0, 20, "", "", MARKUP))
    program.manifest(rows)
    with StandIn(lambda create: refused(400, create.title or "", f"{create.title}")) as standin:
        program.url = standin.url
        code, run = on_a_terminal(program, "run", "m.csv")
    status, report = on_a_terminal(program, "status")[1], on_a_terminal(program, "report")[1]

    assert code == 1, run
    assert report.count("EVIL") >= 2 * len(CONTROLS)
    assert MARKUP in report
    for sequence in CONTROLS.values():
        assert sequence not in run + status + report
    assert "\x1b" not in status + report


def test_no_rejected_row_drives_the_terminal_or_a_spreadsheet(program: Program) -> None:
    texts = [*CONTROLS.values(), *FORMULAS]
    program.manifest([("no-uuid", 0, 20, "", "", text) for text in texts])
    done = program.run("load", "m.csv", "--skip-invalid", "--rejects", "bad.csv")

    assert done.returncode == 0, done.stderr
    kept = (program.folder / "bad.csv").read_bytes().decode()
    assert "\x1b" not in kept
    titles = [row["title"] for row in csv.DictReader(io.StringIO(kept, newline=""))]
    assert len(titles) == len(texts)
    assert [title for title in titles if title[:1] in set("=+-@\t\r\n\uff1d")] == []


@pytest.mark.parametrize("text", CONTROLS.values(), ids=CONTROLS)
def test_a_control_is_written_out_in_a_cell(text: str) -> None:
    shown = str(safe_cell(text))

    assert shown.isprintable()
    assert "EV" in shown
    assert "IL" in shown


@pytest.mark.parametrize(("text", "cell"), FORMULAS.items())
def test_a_formula_is_a_text_in_a_cell(text: str, cell: str) -> None:
    assert safe_cell(text) == cell


@pytest.mark.parametrize(
    "text",
    [
        "a b", "a\nb", "a\tb", "a\r\nb", "5 - 3 = 2", "x@y.example", "a; b; -c", "größer", "日本語",
        "\U0001f469\u200d\U0001f4bb", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\xa0",
    ],
)  # fmt: skip
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@settings(max_examples=size(300, 5_000), deadline=None, derandomize=True)
@given(st.text(st.characters() | st.sampled_from("=+-@;,\t\r\n\x1b\x9b\u202e'\""), max_size=20))
def test_no_text_begins_a_formula_whatever_the_spreadsheet_splits_at(text: str) -> None:
    shown = str(safe_cell(text))

    for delimiter in ";\t\n\r":
        assert [part for part in shown.split(delimiter) if part[:1] in set("=+-@")] == []
    assert "\x1b" not in shown
    assert "\x9b" not in shown
