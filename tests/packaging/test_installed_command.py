"""The wheel as pip installs it, with the command that people type, in a folder of its own."""

import subprocess
import sys
import sysconfig
import venv
from email.parser import Parser
from pathlib import Path

import pytest

from batchclip import __version__
from tests.support.program import Program, ranges
from tests.support.standin import StandIn

ROOT = Path(__file__).parents[2]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A fresh environment with the wheel; its dependencies are this environment's."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", tmp_path / "dist", ROOT], check=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", "--no-deps", wheel], check=True)
    (site,) = (tmp_path / "venv" / "lib").glob("*/site-packages")
    # The .pth of an editable install is not followed from here, so the wheel's code is run.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (metadata,) = site.glob("batchclip-*.dist-info/METADATA")
    assert Parser().parsestr(metadata.read_text())["Version"] == __version__
    assert len(list(site.glob("batchclip/migrations/sqlite/*.sql"))) == len(
        list((ROOT / "migrations" / "sqlite").glob("*.sql"))
    )
    return python.with_name("batchclip")


def test_a_whole_night_from_another_folder(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    program = Program(folder)
    program.manifest(ranges(3))

    def batchclip(*arguments: str) -> str:
        return subprocess.run(
            [installed, *arguments],
            cwd=folder,
            env=program.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert batchclip("--version") == f"batchclip {__version__}\n"
    assert batchclip("load", "m.csv").startswith("loaded 3 new ranges")
    with StandIn() as standin:
        program.url = standin.url
        assert batchclip("run") == "3 submitted\n"
    assert set(standin.counts.values()) == {1}
    assert batchclip("report", "--state", "submitted").count("\n") == 4
