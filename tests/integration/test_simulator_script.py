"""The simulator's file of scripted faults."""

from pathlib import Path

import pytest

from batchclip.errors import UsageError
from batchclip.simulator import TOKEN_PATH, ScriptedFault, load_script

FILE = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"


def written(folder: Path, text: str) -> Path:
    path = folder / "faults.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_script_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        f"""
        [[fault]]
        kind = "slow_down"
        file = "{FILE}"
        start = 10
        after = 2
        times = 0
        retry_after = 1.5
        [[fault]]
        kind = "error_after"
        path = "{TOKEN_PATH}"
        """,
    )
    assert load_script(path) == [
        ScriptedFault("slow_down", FILE, 10, after=2, times=0, retry_after=1.5),
        ScriptedFault("error_after", path=TOKEN_PATH),
    ]


def test_an_empty_script(tmp_path: Path) -> None:
    assert load_script(written(tmp_path, "# none\n")) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[fault", "not TOML"),
        ("other = 1", "nothing but"),
        ("fault = 1", "nothing but"),
        ("fault = [1]", "fault 1: it needs a kind"),
        ("[[fault]]\ntimes = 1", "it needs a kind"),
        ('[[fault]]\nkind = "rain"', "'rain' is no fault of /v2"),
        ('[[fault]]\nkind = "scope"\n[[fault]]\nkind = "x"', "fault 2: 'x' is no fault"),
        ('[[fault]]\nkind = "scope"\nfiel = "x"', "there is no 'fiel'"),
        ('[[fault]]\nkind = "scope"\ntimes = true', "times must be int, not True"),
        ('[[fault]]\nkind = "scope"\nstart = "1"', "start must be int or float"),
        ('[[fault]]\nkind = "scope"\nafter = -1', "`after` must be 0 or more"),
        ('[[fault]]\nkind = "scope"\ntimes = -1', "`times` must be 0"),
        ('[[fault]]\nkind = "slow_down"\nretry_after = -1', "`retry_after` is negative"),
        ('[[fault]]\nkind = "scope"\npath = "/oauth/token"', "'scope' is no fault of /oauth"),
        ('[[fault]]\nkind = "scope"\npath = "/"', "no fault can be put on '/'"),
        (
            '[[fault]]\nkind = "reset_after"\nstart = 0\npath = "/oauth/token"',
            "a token call has no file",
        ),
    ],
)
def test_a_bad_script(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_script(written(tmp_path, text))
    assert sentence in str(caught.value)
    assert "faults.toml" in str(caught.value)


def test_a_script_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        load_script(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="not TOML"):
        load_script(tmp_path / "bytes.toml")
