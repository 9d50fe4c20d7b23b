"""Documents that can't rot: every command, option and setting stands in the README."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from batchclip.cli.app import app
from batchclip.job import State
from batchclip.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS: Any = typer.main.get_command(app)
NOT_IN_THE_ENVIRONMENT = {"manifests"}


@pytest.mark.parametrize("name", sorted(getattr(COMMANDS, "commands", {})))
def test_every_command_and_its_options(name: str) -> None:
    command = COMMANDS.commands[name]
    assert f"`batchclip {name}" in README
    assert "Example: `batchclip " + name in (command.help or "")
    options = {word for option in command.params for word in option.opts if word.startswith("--")}
    assert not {word for word in options - {"--help"} if word not in README}


def test_no_summary_is_cut_short_in_a_terminal_of_eighty_columns() -> None:
    told = CliRunner().invoke(app, ["--help"], terminal_width=80, color=False)

    summaries = told.output.split("Commands:\n")[1].splitlines()
    assert len(summaries) == len(COMMANDS.commands)
    assert not [line for line in summaries if line.endswith("...")]


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - NOT_IN_THE_ENVIRONMENT))
def test_every_setting(name: str) -> None:
    assert f"`BATCHCLIP_{name.upper()}`" in README


def test_every_default_stands_in_the_help_and_in_the_readme() -> None:
    run = COMMANDS.commands["run"]
    for option in run.params:
        default = Settings.model_fields[option.name].default if option.name != "manifests" else None
        if not isinstance(default, int | float | str) or isinstance(default, bool):
            continue
        shown = f"{default:g}" if isinstance(default, float) else str(default)
        assert f"[default: {shown}]" in option.help, option.name
        row = re.search(rf"`--{option.name.replace('_', '-')}` \|.*", README)
        assert row is not None
        assert shown in row[0], option.name


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_explained(state: State) -> None:
    assert f"`{state.value}`" in README


def test_every_exit_code_is_explained() -> None:
    for code in ("0", "1", "2", "3", "4", "5", "6", "7", "130, 143"):
        assert f"\n| {code} |" in README
