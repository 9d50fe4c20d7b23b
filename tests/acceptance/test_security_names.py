"""Names that come from strangers: too long, leading elsewhere, or meant for the terminal."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from batchclip.api.models import TokenAnswer
from batchclip.lock import FileLock
from batchclip.outcome import Answer, Outcome
from tests.proof.test_hostile_reads import PAGE, Said
from tests.support.asking import TOKEN, client_of
from tests.support.program import COMMAND, Program


@pytest.mark.parametrize(
    "arguments", [("load", "x" * 300), ("load", "x" * 300 + ".csv", "--rejects", "r" * 300)]
)
def test_a_name_that_is_too_long_is_refused_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = Program(tmp_path).run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith(("batchclip: ", "xxx"))


@pytest.mark.parametrize("name", [b"a\x1b[31m\xe9.csv", b"\x1b[31m.toml"])
def test_no_file_name_in_a_usage_error_drives_the_terminal(tmp_path: Path, name: bytes) -> None:
    program = Program(tmp_path, settings={"TERM": "xterm"})
    ours, its = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "load", name], env=program.environment, cwd=tmp_path, stdout=its, stderr=its
    ):
        os.close(its)
        told = everything_from(ours)
    assert b"batchclip:" in told
    assert b"\x1b" not in told


def everything_from(terminal: int) -> bytes:
    told = b""
    try:
        while piece := os.read(terminal, 65536):
            told += piece
    except OSError:
        pass  # the other side has gone, as a terminal's does
    os.close(terminal)
    return told


@pytest.mark.parametrize("cursor", ["\\ud800", "a\\u0000b", "x" * 5_000])
async def test_a_cursor_that_cannot_be_asked_for_is_none(cursor: str) -> None:
    body = json.dumps(PAGE).replace("cursor-2", cursor).encode()
    page = await client_of(Said(Answer(200, {}, body))).projects(None, TOKEN)
    assert not isinstance(page, Outcome)
    assert (page.next_cursor, page.whole) == (None, False)


def test_a_token_answer_does_not_show_itself() -> None:
    tokens = {"access_token": "hush-1", "refresh_token": "hush-2"}
    assert "hush" not in repr(TokenAnswer.model_validate(tokens))


def test_a_lock_that_leads_elsewhere_empties_nothing(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "lock").symlink_to(precious)
    with pytest.raises(OSError, match="symbolic links"):
        FileLock(tmp_path / "lock").try_acquire()
    assert precious.read_text() == "precious"
