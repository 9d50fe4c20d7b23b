"""The token file: private, whole or not at all, and on disk when it says so."""

import os
import stat
from pathlib import Path

import pytest

from batchclip.api.tokenfile import RESERVED_BYTES, TokenFile, TokenPair
from batchclip.errors import PersonNeeded

PAIR = TokenPair(
    access_token="access-1", refresh_token="refresh-1", issued_at=5.0, expires_at=9.5, seed="d"
)
OTHER = TokenPair(access_token="access-2", refresh_token="refresh-2")


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    made = TokenFile(tmp_path / "batchclip" / "tokens.json")
    made.make_folder()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_pair_comes_back_as_it_was_put(file: TokenFile) -> None:
    file.replace(PAIR)

    assert file.read() == PAIR


def test_a_new_pair_takes_the_old_ones_place(file: TokenFile) -> None:
    long = TokenPair(access_token="a" * RESERVED_BYTES, refresh_token="r")
    file.replace(long)
    file.replace(OTHER)

    assert file.read() == OTHER
    assert [path.name for path in file.path.parent.iterdir()] == ["tokens.json"]


def test_without_a_file_there_is_no_pair(file: TokenFile) -> None:
    assert file.read() is None


def test_file_and_folder_are_the_owners_alone(file: TokenFile) -> None:
    loose = os.umask(0)
    try:
        file.make_folder()
        file.reserve()
        file.replace(PAIR)
    finally:
        os.umask(loose)

    assert mode(file.path) == 0o600
    assert mode(file.path.parent) == 0o700


def test_a_spare_file_that_others_could_read_is_made_private(file: TokenFile) -> None:
    spare = file.path.with_name("tokens.json.new")
    spare.touch()
    spare.chmod(0o666)

    file.replace(PAIR)

    assert mode(file.path) == 0o600


def test_room_is_taken_before_it_is_needed(file: TokenFile) -> None:
    file.reserve()
    spare = file.path.with_name("tokens.json.new")

    assert spare.stat().st_size == RESERVED_BYTES
    assert file.read() is None


def test_reserving_leaves_the_pair_alone(file: TokenFile) -> None:
    file.replace(PAIR)
    file.reserve()

    assert file.read() == PAIR


def test_a_pair_is_on_disk_before_it_is_in_place(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        of_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        steps.append("sync folder" if of_folder else "sync file")
        fsync(descriptor)

    def noted_rename(source: Path, target: Path) -> None:
        steps.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_rename)
    file.replace(PAIR)

    assert steps == ["sync file", "rename", "sync folder"]


def test_a_write_that_fails_leaves_the_old_pair(
    file: TokenFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.replace(PAIR)

    def no_room(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space"):
        file.replace(OTHER)

    assert file.read() == PAIR


def test_a_spare_that_points_elsewhere_is_not_followed(file: TokenFile, tmp_path: Path) -> None:
    target = tmp_path / "somebody-elses"
    target.write_text("precious")
    file.path.with_name("tokens.json.new").symlink_to(target)

    with pytest.raises(OSError, match="symbolic links"):
        file.reserve()

    assert target.read_text() == "precious"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" " * RESERVED_BYTES,
        b"access-1",
        b"[]",
        b"{}",
        b'{"access_token": "access-1"}',
        b'{"access_token": "access-1", "refresh_token": 5}',
        b'{"access_token": "access-1", "refresh_token": "refresh-1", "expires_at": "x"}',
        b'{"access_token": "access-1", "refresh_token": "ref',
        b"\xff\xfe\x00",
    ],
)
def test_a_file_without_a_pair_needs_a_person(file: TokenFile, content: bytes) -> None:
    file.path.write_bytes(content)
    file.path.chmod(0o600)

    with pytest.raises(PersonNeeded, match="BATCHCLIP_REFRESH_TOKEN") as caught:
        file.read()

    assert str(file.path) in str(caught.value)
    assert "access-1" not in str(caught.value)
    assert file.path.read_bytes() == content


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660, 0o602, 0o610, 0o601])
def test_a_file_that_others_can_reach_needs_a_person(file: TokenFile, bits: int) -> None:
    file.replace(PAIR)
    file.path.chmod(bits)

    with pytest.raises(PersonNeeded, match="chmod 600"):
        file.read()


@pytest.mark.parametrize("bits", [0o600, 0o400])
def test_a_private_file_is_read(file: TokenFile, bits: int) -> None:
    file.replace(PAIR)
    file.path.chmod(bits)

    assert file.read() == PAIR


def test_a_folder_in_the_files_place_needs_a_person(file: TokenFile) -> None:
    file.path.mkdir()

    with pytest.raises(PersonNeeded, match="IsADirectoryError"):
        file.read()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_needs_a_person(file: TokenFile) -> None:
    file.replace(PAIR)
    file.path.chmod(0)

    with pytest.raises(PersonNeeded, match="PermissionError"):
        file.read()
