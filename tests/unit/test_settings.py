"""Settings: which source wins, what is refused and in which words, and secrets that never show."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from batchclip.errors import UsageError
from batchclip.notation import FailureLimit
from batchclip.settings import SECRETS, Settings, default_token_file, read_settings

DEFAULTS: dict[str, object] = {
    "db": "batchclip.db",
    "api_url": "https://api.restream.io",
    "access_token": None,
    "client_id": None,
    "client_secret": None,
    "refresh_token": None,
    "token_file": None,
    "manifests": (),
    "skip_invalid": False,
    "rejects": None,
    "max_concurrency": 16,
    "rate": None,
    "timeout": 30.0,
    "max_attempts": 6,
    "until": None,
    "max_submissions": None,
    "max_failed": None,
    "settle_seconds": 600.0,
    "give_up_after": 900.0,
}

# Name: (job file's TOML and what it is read as, environment and ..., flag and ...).
SOURCES: dict[str, tuple[tuple[str, object], tuple[str, object], tuple[object, object]]] = {
    "db": (('"f.db"', "f.db"), ("e.db", "e.db"), ("g.db", "g.db")),
    "api_url": (
        ('"https://f.example/"', "https://f.example"),
        ("http://localhost:1/", "http://localhost:1"),
        ("https://g.example", "https://g.example"),
    ),
    "token_file": (('"f"', Path("f")), ("e", Path("e")), (Path("g"), Path("g"))),
    "manifests": (
        ('["f.csv", "-"]', ("f.csv", "-")),
        ('["e.csv"]', ("e.csv",)),
        (("g.csv",), ("g.csv",)),
    ),
    "skip_invalid": (("true", True), ("false", False), (True, True)),
    "rejects": (('"f"', Path("f")), ("e", Path("e")), (Path("g"), Path("g"))),
    "max_concurrency": (("1", 1), ("2", 2), (1024, 1024)),
    "rate": (('"30/m"', 0.5), ("5/s", 5.0), ("360/h", 0.1)),
    "timeout": (("1.5", 1.5), ("2", 2.0), (3600.0, 3600.0)),
    "max_attempts": (("1", 1), ("2", 2), (1000, 1000)),
    "until": (('"06:00"', "06:00"), ("7:00", "7:00"), ("2020-01-31T06:00", "2020-01-31T06:00")),
    "max_submissions": (("1", 1), ("2", 2), (0, 0)),
    "max_failed": (
        ("20", FailureLimit(count=20)),
        ("5%", FailureLimit(percent=5)),
        ("0", FailureLimit(count=0)),
    ),
    "settle_seconds": (("1", 1.0), ("2.5", 2.5), (0.0, 0.0)),
    "give_up_after": (("1", 1.0), ("2.5", 2.5), (86_400.0, 86_400.0)),
}


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("BATCHCLIP_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def job_file(text: str) -> Path:
    path = Path("night.toml")
    path.write_text(text, encoding="utf-8")
    return path


def refusal(flags: dict[str, Any], path: Path | None = None) -> str:
    """The sentence with which these are refused."""
    with pytest.raises(UsageError) as refused:
        read_settings(flags, path)
    assert refused.value.exit_code == 2
    return str(refused.value)


def test_the_defaults() -> None:
    assert read_settings({}).model_dump() == DEFAULTS


def test_every_setting_is_in_these_tables() -> None:
    assert set(Settings.model_fields) == set(DEFAULTS) == set(SOURCES) | SECRETS


@pytest.mark.parametrize("name", SOURCES)
def test_flag_beats_environment_beats_job_file_beats_default(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (toml, from_file), (variable, from_environment), (flag, from_flag) = SOURCES[name]
    path = job_file(f"{name} = {toml}\n")

    assert getattr(read_settings({}), name) == DEFAULTS[name]
    assert getattr(read_settings({name: None}, path), name) == from_file
    monkeypatch.setenv(f"BATCHCLIP_{name.upper()}", variable)
    assert getattr(read_settings({}, path), name) == from_environment
    assert getattr(read_settings({name: flag}, path), name) == from_flag


@pytest.mark.parametrize("name", SOURCES)
def test_an_empty_variable_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"BATCHCLIP_{name.upper()}", "")

    assert getattr(read_settings({}), name) == DEFAULTS[name]


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_secrets_come_from_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"BATCHCLIP_{name.upper()}", "s3cr3t")

    assert getattr(read_settings({}), name).get_secret_value() == "s3cr3t"


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_secrets_never_show(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"BATCHCLIP_{name.upper()}", "s3cr3t")
    read = read_settings({})

    shown = [repr(read), str(read), repr(read.model_dump()), read.model_dump_json()]
    assert not any("s3cr3t" in text for text in shown)
    assert isinstance(getattr(read, name), SecretStr)
    assert "s3cr3t" not in refusal({"timeout": 0})


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_wrong_secret_is_refused_without_its_value(name: str) -> None:
    flag = name.replace("_", "-")

    assert refusal({name: 271828}) == f"--{flag}: Input should be a valid string"


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("setting", sorted(SECRETS))
def test_a_job_file_must_hold_no_secret(setting: str, spell: Callable[[str], str]) -> None:
    name = spell(setting)

    said = refusal({}, job_file(f'{name} = "s3cr3t"\n'))

    assert said == f"night.toml: holds {name}; secrets go into BATCHCLIP_{name.upper()}"


def test_all_secrets_of_a_job_file_are_named_together() -> None:
    said = refusal({}, job_file('refresh_token = "s3cr3t"\nclient_id = "s3cr3t"\n'))

    assert said == (
        "night.toml: holds client_id, refresh_token; "
        "secrets go into BATCHCLIP_CLIENT_ID, BATCHCLIP_REFRESH_TOKEN"
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('access-token = "s3cr3t"', "access-token"),
        ('BATCHCLIP_ACCESS_TOKEN = "s3cr3t"', "BATCHCLIP_ACCESS_TOKEN"),
        ('[auth]\naccess_token = "s3cr3t"', "auth"),
    ],
)
def test_a_secret_under_another_name_is_refused_unread(text: str, name: str) -> None:
    assert refusal({}, job_file(text)) == f"night.toml: {name}: there is no such setting"


def test_an_address_with_a_password_is_refused_without_it() -> None:
    assert refusal({"api_url": "https://me:s3cr3t@gateway.example"}) == (
        "--api-url: expected a bare address, without user, query or fragment"
    )


BAD_NUMBERS = [
    ("max_concurrency", "0", "Input should be greater than or equal to 1"),
    ("max_concurrency", "1025", "Input should be less than or equal to 1024"),
    ("timeout", "0", "Input should be greater than 0"),
    ("timeout", "3601", "Input should be less than or equal to 3600"),
    ("timeout", "nan", "Input should be less than or equal to 3600"),
    ("timeout", "inf", "Input should be less than or equal to 3600"),
    ("max_attempts", "0", "Input should be greater than or equal to 1"),
    ("max_attempts", "1001", "Input should be less than or equal to 1000"),
    ("max_submissions", "-1", "Input should be greater than or equal to 0"),
    ("settle_seconds", "-1", "Input should be greater than or equal to 0"),
    ("settle_seconds", "86401", "Input should be less than or equal to 86400"),
    ("settle_seconds", "nan", "Input should be less than or equal to 86400"),
    ("give_up_after", "-1", "Input should be greater than or equal to 0"),
    ("give_up_after", "86401", "Input should be less than or equal to 86400"),
    ("give_up_after", "nan", "Input should be less than or equal to 86400"),
]

BAD_WORDS = [
    (
        "max_concurrency",
        "x",
        "Input should be a valid integer, unable to parse string as an integer",
    ),
    ("timeout", "x", "Input should be a valid number, unable to parse string as a number"),
    ("skip_invalid", "x", "Input should be a valid boolean, unable to interpret input"),
    ("rate", "fast", "expected requests a second, such as 5/s (or 30/m, 600/h)"),
    ("max_failed", "101%", "expected a number of ranges such as 20, or a share such as 5%"),
    ("until", "noon", "expected HH:MM or an ISO time such as 2026-01-31T06:00"),
    ("until", "24:00", "hour must be in 0..23"),
    ("api_url", "restream", "expected an address such as https://api.restream.io"),
    (
        "api_url",
        "http://api.restream.io",
        "expected https: only loopback may be spoken to in the clear",
    ),
]


@pytest.mark.parametrize(("name", "value", "problem"), BAD_NUMBERS + BAD_WORDS)
def test_a_wrong_value_is_refused_with_its_place_and_what_was_expected(
    name: str, value: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = job_file(f'{name} = "{value}"\n')

    assert refusal({name: value}) == f"--{name.replace('_', '-')}: {value!r}: {problem}"
    assert refusal({}, path) == f"night.toml: {name}: {value!r}: {problem}"
    monkeypatch.setenv(f"BATCHCLIP_{name.upper()}", value)
    assert refusal({}, path) == f"BATCHCLIP_{name.upper()}: {value!r}: {problem}"


@pytest.mark.parametrize(
    ("rate", "sentence"),
    [
        ("0/s", "--rate: 0.0: Input should be greater than 0"),
        ("100001/s", "--rate: 100001.0: Input should be less than or equal to 100000"),
    ],
)
def test_a_rate_beyond_its_bounds_is_refused_in_requests_a_second(rate: str, sentence: str) -> None:
    assert refusal({"rate": rate}) == sentence


def test_all_that_is_wrong_is_told_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHCLIP_TIMEOUT", "0")
    path = job_file("max_attempts = 0\nspeed = 5\nmax_failed = 2.5\n")

    assert sorted(refusal({"max_concurrency": 0}, path).splitlines()) == [
        "--max-concurrency: 0: Input should be greater than or equal to 1",
        "BATCHCLIP_TIMEOUT: '0': Input should be greater than 0",
        "night.toml: max_attempts: 0: Input should be greater than or equal to 1",
        (
            "night.toml: max_failed: 2.5: "
            "expected a number of ranges such as 20, or a share such as 5%"
        ),
        "night.toml: speed: there is no such setting",
    ]


def test_a_variable_in_small_letters_is_read_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("batchclip_timeout", "5")
    assert read_settings({}).timeout == 5

    monkeypatch.setenv("batchclip_timeout", "0")

    assert refusal({}) == "BATCHCLIP_TIMEOUT: '0': Input should be greater than 0"


def test_an_empty_variable_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHCLIP_TIMEOUT", "")

    said = refusal({}, job_file("timeout = 0\n"))

    assert said == "night.toml: timeout: 0: Input should be greater than 0"


def test_a_variable_of_no_setting_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHCLIP_SPEED", "5")

    assert read_settings({}).model_dump() == DEFAULTS


def test_manifests_in_the_environment_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHCLIP_MANIFESTS", "a.csv")

    assert refusal({}) == 'BATCHCLIP_MANIFESTS: expected a list such as ["a.csv"]'


def test_a_job_file_that_is_not_there() -> None:
    said = refusal({}, Path("none.toml"))

    assert said == "none.toml: cannot be read: No such file or directory"


def test_a_job_file_that_is_a_folder(tmp_path: Path) -> None:
    assert refusal({}, tmp_path) == f"{tmp_path}: cannot be read: Is a directory"


@pytest.mark.parametrize("content", [b"rate", b"rate = ", b"\xff", b"a = 1\na = 2"])
def test_a_job_file_that_is_not_toml(content: bytes) -> None:
    path = Path("night.toml")
    path.write_bytes(content)

    assert refusal({}, path).startswith("night.toml: is not TOML: ")


def test_settings_do_not_change() -> None:
    read = read_settings({})

    with pytest.raises(ValueError, match="frozen"):
        read.timeout = 5


@pytest.mark.parametrize("value", ["/elsewhere", "", None])
def test_the_token_file_stands_in_the_user_s_config_folder(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("XDG_CONFIG_HOME", value or "")
    if value is None:
        monkeypatch.delenv("XDG_CONFIG_HOME")

    folder = value or "/home/somebody/.config"
    assert default_token_file() == Path(folder) / "batchclip" / "tokens.json"
