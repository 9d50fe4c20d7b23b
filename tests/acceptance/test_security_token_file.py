"""Where a pair of tokens may lie: nowhere that others can read it or put another in its place."""

import grp
import os
import pwd
import socket
import stat
from pathlib import Path

import pytest

from batchclip.api.tokenfile import TokenFile, TokenPair
from batchclip.errors import PersonNeeded
from tests.support.program import Program, ranges

PAIR = TokenPair(access_token="an-access-token", refresh_token="a-refresh-token")
NOBODY = 65_534
OPEN_MODES = [0o777, 0o707, 0o770, 0o720, 0o702, 0o733]
CLOSED_MODES = [0o700, 0o755, 0o711, 0o750, 0o500, 0o1777, 0o1770, 0o2755]


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    made = TokenFile(tmp_path / "above" / "conf" / "tokens.json")
    made.make_folder()
    made.replace(PAIR)
    return made


def refusal(file: TokenFile) -> str:
    """The sentence in which it is neither read nor written."""
    with pytest.raises(PersonNeeded) as reading:
        file.read()
    with pytest.raises(PersonNeeded) as writing:
        file.make_folder()
    assert str(reading.value) == str(writing.value)
    return str(reading.value)


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests has no group of its own."""
    monkeypatch.setattr(
        pwd, "getpwuid", lambda _: pwd.struct_passwd(("root", "", 0, 0, "", "", ""))
    )


@pytest.mark.parametrize("mode", OPEN_MODES)
@pytest.mark.usefixtures("as_root")
def test_a_folder_in_which_others_can_write_is_refused(file: TokenFile, mode: int) -> None:
    folder = file.path.parent
    folder.chmod(mode)

    assert f"run: chmod go-w {folder}" in refusal(file)


@pytest.mark.parametrize("mode", OPEN_MODES)
@pytest.mark.usefixtures("as_root")
def test_a_folder_above_in_which_others_can_write_is_refused(file: TokenFile, mode: int) -> None:
    above = file.path.parent.parent
    above.chmod(mode)

    assert f"run: chmod go-w {above}" in refusal(file)


@pytest.mark.parametrize("mode", CLOSED_MODES)
def test_a_folder_in_which_others_can_exchange_nothing_is_good(file: TokenFile, mode: int) -> None:
    file.path.parent.chmod(mode)
    file.make_folder()

    assert file.read() == PAIR


@pytest.mark.usefixtures("as_root")
def test_a_link_to_where_others_can_write_is_refused(file: TokenFile, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file.path.parent)
    file.path.parent.parent.chmod(0o777)

    assert "chmod go-w" in refusal(TokenFile(link / "tokens.json"))


@pytest.mark.parametrize(
    ("user", "group", "members", "own"),
    [
        (("ann", 1000, 1000), ("ann", 1000), [], True),
        (("ann", 1000, 1000), ("ann", 1000), ["ann"], True),
        (("ann", 1000, 1000), ("ann", 1000), ["ann", "bob"], False),
        (("ann", 1000, 100), ("users", 100), [], False),
        (("ann", 1000, 1000), ("staff", 50), ["ann"], False),
        (("root", 0, 0), ("root", 0), [], False),
    ],
)
def test_a_group_may_write_when_it_is_the_users_own(
    file: TokenFile,
    monkeypatch: pytest.MonkeyPatch,
    user: tuple[str, int, int],
    group: tuple[str, int],
    members: list[str],
    own: bool,
) -> None:
    name, uid, gid = user
    passwd = pwd.struct_passwd((name, "", uid, gid, "", "", ""))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: passwd)
    known = grp.struct_group((group[0], "", group[1], members))
    monkeypatch.setattr(grp, "getgrgid", lambda _: known)
    file.path.parent.chmod(0o775)

    if own:
        assert file.read() == PAIR
    else:
        assert "chmod go-w" in refusal(file)


def test_a_group_that_has_no_name_may_not_write(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: int) -> grp.struct_group:
        raise KeyError("gid not found")

    monkeypatch.setattr(grp, "getgrgid", unknown)
    file.path.parent.chmod(0o775)

    assert "chmod go-w" in refusal(file)


def give_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this another user's, or, for whom that is not allowed, become another user."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)


def test_a_folder_of_another_user_is_refused(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_away(file.path.parent, monkeypatch)

    assert "belongs to another user" in refusal(file)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a single file away")
def test_a_file_of_another_user_is_refused(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_away(file.path, monkeypatch)

    with pytest.raises(PersonNeeded, match="belongs to another user"):
        file.read()


def test_a_link_in_the_files_place_is_not_followed(file: TokenFile, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    file.path.rename(elsewhere)
    file.path.symlink_to(elsewhere)

    with pytest.raises(PersonNeeded, match="is a symbolic link"):
        file.read()


@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_what_is_no_file_is_refused_and_not_waited_for(file: TokenFile, kind: str) -> None:
    file.path.unlink()
    if kind == "fifo":
        os.mkfifo(file.path, 0o600)
    else:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(file.path))

    with pytest.raises(PersonNeeded, match=r"is no ordinary file|cannot be read"):
        file.read()


def test_a_fifo_in_the_spare_files_place_is_not_waited_for(file: TokenFile) -> None:
    os.mkfifo(file.path.with_name("tokens.json.new"), 0o600)

    with pytest.raises(OSError, match="No such device"):
        file.reserve()


def test_every_folder_that_is_made_is_the_users_alone(tmp_path: Path) -> None:
    loose = os.umask(0)
    try:
        TokenFile(tmp_path / "one" / "two" / "three" / "tokens.json").make_folder()
    finally:
        os.umask(loose)

    made = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in made] == [0o700] * 3


@pytest.mark.parametrize("kind", ["open folder", "link", "fifo"])
def test_a_run_refuses_it_in_a_sentence_before_anything_is_sent(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "conf" / "tokens.json"
    place.parent.mkdir(mode=0o700)
    precious = tmp_path / "precious"
    precious.write_text("precious")
    if kind == "open folder":
        # Who can write here could have the lock's file, which is emptied, lead anywhere.
        place.parent.chmod(0o777)
        place.with_name("tokens.json.lock").symlink_to(precious)
    elif kind == "link":
        place.symlink_to(precious)
    else:
        os.mkfifo(place, 0o600)
    settings = {
        "BATCHCLIP_ACCESS_TOKEN": "",
        "BATCHCLIP_CLIENT_ID": "an-application",
        "BATCHCLIP_CLIENT_SECRET": "a-client-secret",
        "BATCHCLIP_REFRESH_TOKEN": "a-seed",
        "BATCHCLIP_TOKEN_FILE": str(place),
    }
    program = Program(tmp_path, settings=settings)
    done = program.run("run", program.manifest(ranges(2)))

    assert done.returncode == 4, done.stderr
    assert str(place) in done.stderr
    assert "Traceback" not in done.stderr
    assert precious.read_text() == "precious"
    assert program.states() == {"pending": 2}
