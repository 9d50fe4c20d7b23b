"""The token file on a full disk and through a power loss: the old pair stays until then."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from batchclip.api.credentials import Credentials
from batchclip.api.tokenfile import TokenFile, TokenPair
from tests.support.grounds import Trouble
from tests.support.pairs import Pairs
from tests.support.program import ranges
from tests.support.standin import StandIn
from tests.support.troubled import TroubledProgram

APP = Credentials("client", "client-secret-0815", "the-seed-of-the-first-day")
ROWS = 6


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A token file whose access token is long dead, so that a run begins with a refresh."""
    made = TokenFile(tmp_path / "tokens" / "tokens.json")
    made.make_folder()
    pair = TokenPair(
        access_token="access-token-0",
        refresh_token="refresh-token-0",
        expires_at=1.0,
        seed=APP.seed_digest,
    )
    made.replace(pair)
    return made.path


@pytest.fixture
def program(tmp_path: Path, file: Path) -> TroubledProgram:
    settings = {
        "BATCHCLIP_ACCESS_TOKEN": "",
        "BATCHCLIP_CLIENT_ID": APP.client_id,
        "BATCHCLIP_CLIENT_SECRET": APP.client_secret,
        "BATCHCLIP_REFRESH_TOKEN": APP.seed or "",
        "BATCHCLIP_TOKEN_FILE": str(file),
    }
    made = TroubledProgram(tmp_path, settings=settings)
    assert made.run("load", made.manifest(ranges(ROWS))).returncode == 0
    return made


@pytest.fixture
def pairs() -> Pairs:
    return Pairs()


@pytest.fixture
def standin(pairs: Pairs, program: TroubledProgram) -> Iterator[StandIn]:
    with StandIn(tokens=pairs.refresh) as opened:
        program.url = opened.url
        yield opened


def assert_finishes(program: TroubledProgram, standin: StandIn) -> None:
    program.trouble = Trouble()
    done = program.run("run")
    assert done.returncode == 0, done.stderr
    assert list(standin.counts.values()) == [1] * ROWS
    assert program.states() == {"submitted": ROWS}


def assert_a_person_helps(program: TroubledProgram, standin: StandIn, pairs: Pairs) -> None:
    """The pair on disk is dead; a new login makes all well."""
    program.trouble = Trouble()
    refused_once = program.run("run")
    assert refused_once.returncode == 4, refused_once.stderr
    assert "set BATCHCLIP_REFRESH_TOKEN to the new refresh token" in refused_once.stderr
    assert standin.creates == []
    program.settings["BATCHCLIP_REFRESH_TOKEN"] = pairs.living
    assert_finishes(program, standin)


def test_without_room_for_a_new_pair_none_is_asked_for(
    program: TroubledProgram, standin: StandIn, file: Path
) -> None:
    before = file.read_bytes()
    program.trouble = Trouble(token_full_from=1)
    full = program.run("run")
    assert full.returncode == 4, full.stderr
    assert f"{file} cannot be written: No space left on device" in full.stderr.splitlines()[-1]
    assert "Traceback" not in full.stderr
    assert (standin.token_calls, standin.creates) == ([], [])
    assert file.read_bytes() == before
    assert_finishes(program, standin)


def test_a_new_pair_that_cannot_be_kept_is_not_used(
    program: TroubledProgram, standin: StandIn, file: Path, pairs: Pairs
) -> None:
    """The room was reserved, but some file systems want more of it to write over the old."""
    before = file.read_bytes()
    program.trouble = Trouble(token_full_from=2)
    full = program.run("run")
    assert full.returncode == 4, full.stderr
    assert f"{file} cannot be written: No space left on device" in full.stderr.splitlines()[-1]
    assert (pairs.given, standin.creates) == (1, [])
    assert file.read_bytes() == before
    assert_a_person_helps(program, standin, pairs)


@pytest.mark.parametrize("renamed", [True, False])
def test_a_power_loss_leaves_the_new_pair_or_the_old_one(
    program: TroubledProgram, standin: StandIn, file: Path, pairs: Pairs, renamed: bool
) -> None:
    before = file.read_bytes()
    program.trouble = Trouble(dies_after_renaming=True)
    assert program.run("run").returncode == -signal.SIGKILL
    assert (pairs.given, standin.creates) == (1, [])
    assert file.read_bytes() != before
    if renamed:
        assert_finishes(program, standin)
    else:
        file.write_bytes(before)
        assert_a_person_helps(program, standin, pairs)
