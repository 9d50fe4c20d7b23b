"""What is installed is whole: the wheel brings the migrations and the SQL."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.program import Program, ranges

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT],
        check=True,
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_code_the_sql_and_the_migrations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = {path.relative_to(ROOT) for path in (ROOT / "batchclip").rglob("*.sql")}
    assert {str(path) for path in tracked} <= names
    assert "batchclip/migrations/sqlite/0001_job_table.sql" in names
    assert "batchclip/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "jobs/"))]


def test_the_installed_command_works_in_another_folder(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    site = next((tmp_path / "venv" / "lib").glob("*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    # The dependencies of this environment, behind the unpacked wheel.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    program = Program(tmp_path)
    program.manifest(ranges(3))
    done = subprocess.run(
        [python, "-m", "batchclip", "load", "m.csv"],
        cwd=tmp_path,
        env=program.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("loaded 3 new ranges")
