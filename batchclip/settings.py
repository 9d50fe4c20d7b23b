"""Every setting with its unit and default. A flag beats the environment, that beats a job file."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from batchclip.errors import UsageError
from batchclip.notation import (
    FailureLimit,
    check_moment,
    read_failure_limit,
    read_rate,
    safe_api_url,
)

SECRETS = frozenset({"access_token", "client_id", "client_secret", "refresh_token"})
"""Settings that stand in the environment alone: never a flag, never in a job file."""


ApiUrl = Annotated[str, AfterValidator(safe_api_url)]
Rate = Annotated[Annotated[float, Field(gt=0, le=100_000)], BeforeValidator(read_rate)]
Failures = Annotated[FailureLimit, NoDecode, BeforeValidator(read_failure_limit)]
Moment = Annotated[str, AfterValidator(check_moment)]


class Settings(BaseSettings):
    """All settings, under their flags' names; `BATCHCLIP_` and the name in the environment."""

    model_config = SettingsConfigDict(
        env_prefix="BATCHCLIP_", extra="forbid", frozen=True, env_ignore_empty=True
    )

    db: str = Field("batchclip.db", description="the job table: a path or sqlite:///path")
    api_url: ApiUrl = Field("https://api.restream.io", description="Restream's base address")
    access_token: SecretStr | None = Field(None, description="a fixed token, never refreshed")
    client_id: SecretStr | None = Field(None, description="the OAuth application's id")
    client_secret: SecretStr | None = Field(None, description="the OAuth application's secret")
    refresh_token: SecretStr | None = Field(None, description="seeds the token file")
    token_file: Path | None = Field(None, description="where the rotating pair of tokens is kept")

    manifests: tuple[str, ...] = Field((), description="manifests of a job file")
    skip_invalid: bool = Field(False, description="load the good rows of a manifest with bad ones")
    rejects: Path | None = Field(None, description="where the bad rows go, with their reasons")

    max_concurrency: int = Field(16, ge=1, le=1024, description="requests on the wire at once")
    rate: Rate | None = Field(None, description="requests started, at most: 5/s, 30/m, 600/h")
    timeout: float = Field(30.0, gt=0, le=3600, description="seconds for one request")
    max_attempts: int = Field(6, ge=1, le=1000, description="attempts at a range in one run")
    until: Moment | None = Field(None, description="start nothing new after HH:MM or an ISO time")
    max_submissions: int | None = Field(None, ge=0, description="submissions in this run, at most")
    max_failed: Annotated[Failures | None, NoDecode] = Field(
        None, description="refused or failed ranges allowed: 20, 5%"
    )
    settle_seconds: float = Field(
        600.0,
        ge=0,
        le=86_400,
        description="seconds that a lost request may be on its way",
    )
    give_up_after: float = Field(900.0, ge=0, le=86_400, description="seconds the API may be down")


def read_settings(flags: dict[str, Any], job_file: Path | None = None) -> Settings:
    """Put the settings together. Raises UsageError that says which are wrong, and where."""
    given = {name: value for name, value in flags.items() if value is not None}
    from_file = read_job_file(job_file) if job_file else {}

    class Layered(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- named by the base
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- likewise
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, from_file)

    try:
        return Layered(**given)
    except SettingsError:
        raise UsageError('BATCHCLIP_MANIFESTS: expected a list such as ["a.csv"]') from None
    except ValidationError as error:
        raise UsageError(explain(error, set(given), job_file)) from None


def read_job_file(path: Path) -> dict[str, Any]:
    """Return a job file's keys. Raises UsageError when it cannot be read or holds a secret."""
    try:
        keys = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: is not TOML: {error}") from None
    # The names of settings are read without case.
    secrets = sorted(name for name in keys if name.lower() in SECRETS)
    if secrets:
        names = ", ".join(f"BATCHCLIP_{name.upper()}" for name in secrets)
        raise UsageError(f"{path}: holds {', '.join(secrets)}; secrets go into {names}")
    return keys


def explain(error: ValidationError, flags: set[str], job_file: Path | None) -> str:
    """One line for each wrong setting, with the place it came from and never a secret's value."""
    return "\n".join(explain_one(dict(detail), flags, job_file) for detail in error.errors())


def explain_one(detail: dict[str, Any], flags: set[str], job_file: Path | None) -> str:
    """Say where a wrong setting stands and what was expected."""
    name = str(detail["loc"][0])
    problem = str(detail["msg"]).removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        return f"{job_file}: {name}: there is no such setting"
    # An address may carry a password.
    secret = name in SECRETS or "@" in str(detail["input"])
    value = "" if secret else f" {detail['input']!r}:"
    return f"{place_of(name, flags, job_file)}:{value} {problem}"


def place_of(name: str, flags: set[str], job_file: Path | None) -> str:
    """The flag, the environment variable or the job file's key that set this."""
    if name in flags:
        return "--" + name.replace("_", "-")
    variable = f"BATCHCLIP_{name.upper()}"
    given = {key.upper() for key, value in os.environ.items() if value}
    return variable if variable in given else f"{job_file}: {name}"


def default_token_file() -> Path:
    """The token file's place in the user's configuration folder (XDG Base Directory)."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "batchclip" / "tokens.json"
