import sys
from pathlib import Path

import pytest

from bench import accept
from bench.accept import between, newest
from bench.results import Line, Results

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
EMPTY = f"{BEGIN}\nnothing\n{END}"


def test_a_table_takes_the_place_of_what_stood_between_its_markers() -> None:
    text = between(f"before\n{EMPTY}\nafter\n", "bench", "| a table |\n")
    assert text == "before\n<!-- bench: begin -->\n| a table |\n<!-- bench: end -->\nafter\n"


def test_a_table_can_be_replaced_again() -> None:
    once = between(EMPTY, "bench", "first")
    assert between(once, "bench", "second") == between(EMPTY, "bench", "second")


@pytest.mark.parametrize(
    "text",
    ["", BEGIN + EMPTY, EMPTY + END, END + BEGIN, BEGIN],
    ids=["none", "two begins", "two ends", "wrong order", "no end"],
)
def test_a_page_without_one_pair_of_markers_is_left_alone(text: str) -> None:
    with pytest.raises(ValueError, match="each once, in this order"):
        between(text, "bench", "a table")


@pytest.mark.parametrize("name", ["bench", "scale"])
def test_the_readme_has_a_place_for_each_table(name: str) -> None:
    assert "a table" in between(accept.README.read_text(), name, "a table")


def test_the_newest_results_of_each_kind_are_found(tmp_path: Path) -> None:
    for name in ("bench-20260101T000000Z", "bench-20260201T000000Z", "scale-20260101T000000Z"):
        (tmp_path / f"{name}.json").touch()
        (tmp_path / f"{name}.png").touch()
    found = [path.name for path in newest(tmp_path)]
    assert found == ["bench-20260201T000000Z.json", "scale-20260101T000000Z.json"]


def test_accepting_writes_the_named_results_into_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (Line(key="run.rate", values=(0.95,)),)
    kept = Results(made_at="now", machine="A machine.", sizes="7 pairs.", lines=lines)
    path = tmp_path / "bench-20260101T000000Z.json"
    path.write_text(kept.model_dump_json())
    page = tmp_path / "README.md"
    page.write_text(EMPTY)
    monkeypatch.setattr(accept, "README", page)
    monkeypatch.setattr(sys, "argv", ["accept", str(path)])
    accept.main()
    assert "| at least 0.9 | 0.950 |" in page.read_text()
    assert capsys.readouterr().out == f"accepted {path.name}\n"
