"""`python -m bench.scale [--largest N]`: the same commands at ten times the size, and again."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.ground import Ground, ground, on_disk, removed
from bench.growth import Growth, Step, Taken, headings, rows
from bench.interleave import tell
from bench.machine import machine
from bench.manifests import rows as manifest_rows
from bench.manifests import write_manifest
from bench.picture_of_growth import draw_growth
from bench.process import CannotRunError, Measured
from bench.results import FOLDER

SMALLEST = 10_000
LARGEST = 10_000_000
EACH = 5
"""Ranges a file."""


def main(
    largest: Annotated[
        int, typer.Option(min=SMALLEST, help="Stop at this number of ranges.")
    ] = LARGEST,
) -> None:
    """Load, run, show and report from ten thousand ranges on, ten times as many each time.

    Exit codes: 0 all sizes were measured; 1 one could not be run.
    """
    made_at = datetime.now(UTC)
    steps: list[Step] = []
    failed = False
    with ground() as here:
        found_on = machine(here.folder)
        try:
            for size in sizes(largest):
                steps.append(step(here, size))
                keep(growth_of(steps, found_on, made_at), made_at)
        except CannotRunError as error:
            tell(f"  could not be run: {error}")
            failed = True
    if steps:
        show(growth_of(steps, found_on, made_at))
    raise typer.Exit(1 if failed else 0)


def growth_of(steps: list[Step], found_on: str, made_at: datetime) -> Growth:
    """Put together what has been measured up to now."""
    return Growth(made_at=made_at.strftime("%Y-%m-%dT%H:%MZ"), machine=found_on, steps=tuple(steps))


def sizes(largest: int) -> Iterator[int]:
    """Ten times as many each time."""
    size = SMALLEST
    while size <= largest:
        yield size
        size *= 10


def step(here: Ground, size: int) -> Step:
    """Measure one size with a table of its own, which is gone afterwards."""
    table = removed(here.folder / "scale.db")
    manifest = write_manifest(here.folder / "scale.csv", manifest_rows(size, size // EACH))
    taken = {"load": told(size, "load", here.batchclip("load", manifest, "--db", table))}
    manifest.unlink()
    pending = on_disk(table)
    taken["run"] = told(size, "run", here.submit(table))
    done = on_disk(table)
    for name in ("status", "report"):
        taken[name] = told(size, name, here.batchclip(name, "--db", table, quiet=True))
    removed(table)
    return Step(ranges=size, taken=taken, pending_bytes=pending, done_bytes=done)


def told(size: int, name: str, measured: Measured) -> Taken:
    """What a command took, which is said, too: the largest sizes take long."""
    seconds, mebibytes = measured.wall_seconds, measured.peak_bytes / 2**20
    tell(f"  {size:,} ranges: {name} took {seconds:.2f} s and {mebibytes:.0f} MiB")
    return Taken(seconds=seconds, peak_bytes=measured.peak_bytes)


def keep(growth: Growth, made_at: datetime) -> None:
    """Write the results as JSON and as a picture."""
    path = FOLDER / f"scale-{made_at:%Y%m%dT%H%M%SZ}.json"
    path.write_text(growth.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draw_growth(growth, path.with_suffix(".png"))
    tell(f"written to {path.relative_to(FOLDER.parents[1])} and .png")


def show(growth: Growth) -> None:
    """Print the table."""
    table = Table(title=growth.machine, caption="slope 1 is in proportion, 0 is flat")
    for heading in headings(growth):
        table.add_column(heading, justify="right" if heading else "left")
    for row in rows(growth):
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
