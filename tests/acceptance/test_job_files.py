"""Job files: a flag beats the environment, that beats the job file, and that the default."""

from pathlib import Path

import pytest

from tests.support.program import Program, ranges
from tests.support.standin import StandIn


@pytest.fixture
def program(tmp_path: Path) -> Program:
    program = Program(tmp_path)
    program.manifest(ranges(9))
    return program


def job_file(program: Program, text: str) -> str:
    (program.folder / "night.toml").write_text(text)
    return "night.toml"


@pytest.mark.parametrize(
    ("in_file", "in_environment", "flag", "sent"),
    [
        ("", "", "", 9),
        ("max_submissions = 1", "2", "", 2),
        ("max_submissions = 1", "2", "3", 3),
        ("max_submissions = 1", "", "", 1),
    ],
)
def test_which_one_counts(
    program: Program, in_file: str, in_environment: str, flag: str, sent: int
) -> None:
    program.settings = {"BATCHCLIP_MAX_SUBMISSIONS": in_environment}
    name = job_file(program, f'manifests = ["m.csv"]\n{in_file}\n')
    flags = ("--max-submissions", flag) if flag else ()
    with StandIn() as standin:
        program.url = standin.url
        done = program.run("run", name, *flags)
    assert done.returncode == (0 if sent == 9 else 3), done.stderr
    assert len(standin.creates) == sent


def test_manifests_of_the_file_and_of_the_command_line_go_together(program: Program) -> None:
    program.manifest(ranges(12), "more.csv")
    name = job_file(program, 'manifests = ["m.csv"]\ndb = "from-file.db"\nskip_invalid = true\n')
    program.settings = {"BATCHCLIP_DB": ""}
    (program.folder / "bad.csv").write_text("file\nx\n")
    done = program.run("load", name, "more.csv", "bad.csv")
    assert done.returncode == 0, done.stderr
    assert "loaded 12 new ranges; 9 were known" in done.stdout
    assert (program.folder / "from-file.db").exists()
    rehearsed = program.run("rehearse", name)
    assert (rehearsed.returncode, "9 submitted" in rehearsed.stdout) == (0, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("max_concurency = 4", "night.toml: max_concurency: there is no such setting"),
        ("max_concurrency = 0", "night.toml: max_concurrency: 0:"),
        ('until = "dawn"', "night.toml: until: 'dawn': expected HH:MM"),
        ('manifests = "m.csv"', "night.toml: manifests:"),
        ("db = ", "night.toml: is not TOML:"),
        ('[limits]\nrate = "5/s"', "night.toml: limits: there is no such setting"),
        ('client_secret = "hush"', "BATCHCLIP_CLIENT_SECRET"),
        ('REFRESH_TOKEN = "hush"', "BATCHCLIP_REFRESH_TOKEN"),
        ('[oauth]\naccess_token = "hush"', "night.toml: oauth: there is no such setting"),
        ('api_url = "https://me:hush@restream.example"', "without user"),
    ],
)
def test_what_is_wrong_in_a_job_file(program: Program, text: str, words: str) -> None:
    program.settings = {"BATCHCLIP_API_URL": ""}
    done = program.run("run", job_file(program, text))
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "hush" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not (program.folder / "table.db").exists()
