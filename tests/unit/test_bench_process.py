import sys
import time
import urllib.request
from pathlib import Path

import pytest

from bench.address import CREATE, base_url
from bench.arrivals import Arrivals
from bench.manifests import file_id
from bench.nginx import configuration
from bench.process import CannotRunError, Command, environment, measure

MIB = 1 << 20


def python(folder: Path, program: str) -> Command:
    return Command((sys.executable, "-I", "-S", "-c", program), environment(folder), folder)


def test_the_memory_of_whoever_measures_does_not_count(tmp_path: Path) -> None:
    ours = bytearray(b"1" * (200 * MIB))
    measured = measure(python(tmp_path, "pass"))
    assert measured.peak_bytes < 50 * MIB
    assert len(ours) == 200 * MIB


def test_memory_and_cpu_time_of_a_process_and_its_children_are_found(tmp_path: Path) -> None:
    child = f"import sys; text = b'1' * {100 * MIB}; sys.stdout.write(str(len(text)))"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    measured = measure(python(tmp_path, program))
    assert measured.output == str(100 * MIB)
    assert measured.peak_bytes > 100 * MIB
    assert measured.cpu_seconds > 0
    assert measured.began < time.monotonic() - measured.wall_seconds


def test_a_process_that_fails_is_no_figure_but_a_reason(tmp_path: Path) -> None:
    program = "import sys; sys.exit('first line\\nthe package is missing')"
    with pytest.raises(CannotRunError, match="ended with 1: the package is missing"):
        measure(python(tmp_path, program))


def test_a_process_sees_nothing_of_this_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    measured = measure(python(tmp_path, "import os; print(*os.environ)"))
    assert set(measured.output.split()) <= {"PATH", "LANG", "HOME", "LC_CTYPE"}


def test_standard_input_comes_from_a_file(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text("a line")
    words = (sys.executable, "-c", "import sys; print(sys.stdin.read().upper())")
    assert measure(Command(words, environment(tmp_path), tmp_path, given)).output == "A LINE\n"


def test_the_first_arrival_is_noted() -> None:
    with Arrivals(port=0) as arrivals:
        began = time.monotonic()
        for _ in range(2):
            create = urllib.request.Request(base_url(arrivals.port) + CREATE, b"{}")
            with urllib.request.urlopen(create) as answer:
                assert answer.status == 201
        assert began < arrivals.first < time.monotonic()
        assert arrivals.count == 2
        arrivals.forget()
        assert arrivals.count == 0


def test_the_server_listens_on_loopback_alone(tmp_path: Path) -> None:
    listens = [
        line.split("listen ")[1]
        for line in configuration(tmp_path).splitlines()
        if "listen " in line
    ]
    assert len(listens) == 5
    assert all(place.startswith("127.0.0.1:") for place in listens)


def test_the_id_of_a_file_is_a_uuid_and_its_own() -> None:
    ids = {file_id(number) for number in range(1000)}
    assert len(ids) == 1000
    assert file_id(7) == file_id(7)
