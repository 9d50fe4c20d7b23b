"""The table as a picture: how far each figure is from its goal."""

from pathlib import Path
from textwrap import shorten
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from bench.figures import short
from bench.results import Line, Results

MET, MISSED, OTHER = "#1a7f5a", "#c0392b", "#8a8f98"
INK, FAINT = "#23262b", "#dfe2e6"
COLOURS = {"met": MET, "NOT MET": MISSED}
WORDS_WIDTH = 42
LINE_INCHES = 0.34
MARGIN_INCHES = 1.5
NEAREST, FURTHEST = 0.5, 2.0
"""The part of the axis that is always shown, in goals."""
STYLE = {"font.family": "DejaVu Sans", "font.size": 9, "text.color": INK, "axes.labelcolor": INK}


def draw_table(results: Results, path: Path) -> None:
    """Draw the results into a PNG file."""
    lines = list(results.lines)
    with mpl.rc_context(STYLE):
        height = MARGIN_INCHES + LINE_INCHES * len(lines)
        figure = Figure(figsize=(12.5, height), dpi=130, facecolor="white")
        bottom, top = 0.85 / height, 1 - 0.55 / height
        axes = figure.add_axes((0.36, bottom, 0.36, top - bottom))
        draw_axes(axes, lines)
        for place, line in enumerate(lines):
            draw_line(axes, place, line)
        figure.text(
            0.012, 1 - 0.3 / height, "batchclip, measured", fontsize=14, weight="bold", va="center"
        )
        note = f"{results.machine}\n{results.sizes} {results.made_at}"
        figure.text(0.012, 0.12 / height, note, fontsize=7, color=OTHER, va="bottom", wrap=True)
        figure.savefig(path)


def draw_axes(axes: Any, lines: list[Line]) -> None:
    """Set up a logarithmic axis with the goal at 1, better to the right."""
    axes.set_xscale("log")
    axes.set_xlim(*limits(lines))
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(mpl.ticker.LogLocator(base=10, subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}\u00d7"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(length=0, labelsize=8, colors=OTHER, which="both")
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.axvline(1, color=INK, linewidth=1.2)
    axes.set_xlabel("in goals: 1\u00d7 reaches it, further right is better", fontsize=8)
    for side in axes.spines.values():
        side.set_visible(False)
    for place in range(1, len(lines)):
        if lines[place].goal.comparison != lines[place - 1].goal.comparison:
            axes.axhline(
                place - 0.5, color=FAINT, linewidth=0.8, xmin=-1.0, xmax=2.0, clip_on=False
            )


def limits(lines: list[Line]) -> tuple[float, float]:
    """The ends of the axis: all figures with some room beside."""
    found = [NEAREST, FURTHEST]
    for line in lines:
        if has_place(line):
            found.extend(map(line.goal.progress, (line.spread.least, line.spread.greatest)))
    return min(found) / 1.15, max(found) * 1.15


def has_place(line: Line) -> bool:
    """Whether there is a figure and a goal to hold it against."""
    return not line.not_run and line.goal.sense != "no goal"


def draw_line(axes: Any, place: int, line: Line) -> None:
    """Draw one goal: its name, its figures, and both in words."""
    colour = COLOURS.get(line.verdict, OTHER)
    axes.text(-0.03, place, line.goal.what, transform=beside(axes), ha="right", va="center")
    axes.text(1.03, place, words(line), transform=beside(axes), va="center", color=colour)
    if not has_place(line):
        return
    ends = sorted(map(line.goal.progress, (line.spread.least, line.spread.greatest)))
    axes.plot(ends, (place, place), color=colour, linewidth=5, alpha=0.3, solid_capstyle="round")
    # Not by its colour alone: what is missed is a ring.
    fill = colour if line.verdict == "met" else "white"
    middle = line.goal.progress(line.spread.median)
    axes.plot(middle, place, "o", color=colour, markerfacecolor=fill, markersize=6.5, mew=1.6)


def beside(axes: Any) -> Any:
    """Coordinates that follow the lines down the page, but are the page's from left to right."""
    return axes.get_yaxis_transform()


def words(line: Line) -> str:
    """What stands at the right of a goal."""
    if line.not_run:
        return "not run: " + shorten(line.not_run, WORDS_WIDTH, placeholder=" ...")
    goal = line.goal
    text = short(line.spread.median, goal.unit)
    if goal.sense == "no goal":
        return f"{text}, no goal"
    return f"{text}, goal {goal.sense} {goal.bound:g}"
