import pytest

from bench.growth import Growth, Step, Taken
from bench.growth import markdown as growth_markdown
from bench.results import Line, Results, cells, markdown, merged


def results(*lines: Line, made_at: str = "2026-01-01T00:00Z", sizes: str = "7 pairs.") -> Results:
    return Results(made_at=made_at, machine="A machine.", sizes=sizes, lines=lines)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (Line(key="run.rate", values=(0.5, 0.6, 0.6, 0.9, 0.99, 0.99, 0.99)), "met"),
        (Line(key="run.rate", values=(0.5, 0.6, 0.6, 0.89, 0.99, 0.99, 0.99)), "NOT MET"),
        (Line(key="run.rate", values=(0.99,) * 6), "too few pairs"),
        (Line(key="disk.pending", values=(100,)), "met"),
        (Line(key="run.rate", not_run="no server"), "NOT RUN"),
        (Line(key="peers.httpx", values=(0.1,)), "-"),
    ],
)
def test_the_median_decides(line: Line, verdict: str) -> None:
    assert line.verdict == verdict


def test_a_line_shows_goal_median_spread_and_what_explains_it() -> None:
    line = Line(key="run.cpu", values=(1.1, 1.3, 1.2), beside={"raw us": "72"})
    what, goal, median, reach, verdict, beside = cells(line)
    assert what.startswith("run, instant server")
    assert (goal, median, reach) == ("at most 1.25", "1.20", "1.10 to 1.30 (n=3)")
    assert (verdict, beside) == ("too few pairs", "raw us 72")


def test_a_line_that_was_not_run_shows_its_reason() -> None:
    assert cells(Line(key="run.cpu", not_run="no server"))[-2:] == ("NOT RUN", "no server")


def test_results_are_complete_without_goals_being_met_but_not_without_a_run() -> None:
    assert results(Line(key="run.rate", values=(0.1,))).complete
    assert not results(Line(key="run.rate", not_run="no server")).complete


def test_of_the_same_line_the_later_results_count() -> None:
    cpu = Line(key="run.cpu", values=(1.0,))
    earlier = results(cpu, Line(key="run.rate", values=(0.1,)), sizes="3 pairs.")
    later = results(Line(key="run.rate", values=(0.9,)), made_at="2026-02-02T00:00Z")
    both = merged([earlier, later])
    assert both.lines == (later.lines[0], cpu)
    assert both.made_at == later.made_at
    assert both.sizes == "3 pairs. 7 pairs."


def test_results_come_back_from_their_file_as_they_were() -> None:
    kept = results(Line(key="run.rate", values=(0.1, 0.2), beside={"raw/s": "1,000"}))
    assert Results.model_validate_json(kept.model_dump_json()) == kept


def test_a_table_for_the_readme_has_the_machine_and_a_row_for_each_line() -> None:
    text = markdown(results(Line(key="run.rate", values=(0.95,))))
    assert text.startswith("A machine.\n\n7 pairs. Measured 2026-01-01T00:00Z.\n\n| what |")
    assert text.splitlines()[-1].startswith("| run, instant server: ranges/s")


def growth(*sizes: int) -> Growth:
    names = ("load", "run", "status", "report")
    steps = [
        Step(
            ranges=size,
            taken={name: Taken(seconds=size / 1000, peak_bytes=64 << 20) for name in names},
            pending_bytes=100 * size,
            done_bytes=200 * size,
        )
        for size in sizes
    ]
    return Growth(made_at="2026-01-01T00:00Z", machine="A machine.", steps=tuple(steps))


def test_growth_shows_every_size_and_the_slope() -> None:
    text = growth_markdown(growth(10_000, 100_000))
    assert "|  | 10,000 | 100,000 | slope of the last step |" in text
    assert "| load: seconds | 10.0 | 100 | 1.00 |" in text
    assert "| run: memory, MiB | 64.0 | 64.0 | 0.00 |" in text
    assert "| pending: on disk, MB | 1.00 | 10.0 | 1.00 |" in text


def test_one_size_alone_has_no_slope() -> None:
    assert "| load: seconds | 10.0 |  |" in growth_markdown(growth(10_000))
