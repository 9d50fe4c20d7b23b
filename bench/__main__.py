"""`python -m bench [COMPARISON]... [--pairs N] [--quick]`."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.comparisons import COMPARISONS, lines_of
from bench.ground import ground
from bench.interleave import tell
from bench.machine import machine
from bench.picture import draw_table
from bench.plan import FULL, QUICK, Plan
from bench.results import FOLDER, HEADINGS, Line, Results, cells, merged

PIPED_WIDTH = 200
COLOURS = {"met": "green", "NOT MET": "red", "NOT RUN": "yellow"}


def main(
    only: Annotated[
        list[str] | None, typer.Argument(help=f"Any of {', '.join(COMPARISONS)}; all without.")
    ] = None,
    pairs: Annotated[int | None, typer.Option(min=1, help="Pairs of each comparison.")] = None,
    quick: Annotated[bool, typer.Option(help="Fewer pairs, smaller sizes: a first look.")] = False,
) -> None:
    """Measure batchclip beside what else there is.

    Exit codes: 0 all was measured, whether or not goals are met; 1 something could not be run.
    """
    names = only or list(COMPARISONS)
    for name in names:
        if name not in COMPARISONS:
            raise typer.BadParameter(f"there is no {name!r}; expected {', '.join(COMPARISONS)}")
    plan = (QUICK if quick else FULL).with_pairs(pairs)
    made_at = datetime.now(UTC)
    lines: list[Line] = []
    with ground() as here:
        found_on = machine(here.folder)
        for name in names:
            lines += lines_of(name, here, plan)
            # After each of them: what is broken off after an hour has not been in vain.
            keep(results_of(lines, found_on, plan, made_at), made_at)
    results = results_of(lines, found_on, plan, made_at)
    show(results)
    raise typer.Exit(0 if results.complete else 1)


def results_of(lines: list[Line], found_on: str, plan: Plan, made_at: datetime) -> Results:
    """Put together what has been measured up to now."""
    results = Results(
        made_at=made_at.strftime("%Y-%m-%dT%H:%MZ"),
        machine=found_on,
        sizes=plan.sentence,
        lines=tuple(lines),
    )
    return merged([results])


def keep(results: Results, made_at: datetime) -> None:
    """Write the results as JSON and as a picture."""
    path = FOLDER / f"bench-{made_at:%Y%m%dT%H%M%SZ}.json"
    path.write_text(results.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draw_table(results, path.with_suffix(".png"))
    tell(f"written to {path.relative_to(FOLDER.parents[1])} and .png")


def show(results: Results) -> None:
    """Print the table."""
    table = Table(title=results.machine, caption=results.sizes)
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold")
    for line in results.lines:
        table.add_row(*cells(line), style=COLOURS.get(line.verdict))
    # Piped, there is nobody whose window could be too narrow.
    console = Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
