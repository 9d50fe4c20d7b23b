"""Growth as a picture: time, memory and bytes against size, all axes logarithmic."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bench.growth import Growth
from bench.picture import FAINT, INK, OTHER, STYLE

COLOURS = ("#2b6cb0", "#1a7f5a", "#b7791f", "#8e44ad")


def draw_growth(growth: Growth, path: Path) -> None:
    """Draw all curves into a PNG file."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(12.5, 5.4), dpi=130, facecolor="white")
        panels = figure.subplots(1, 3)
        for axes, (unit, curves) in zip(panels, growth.curves().items(), strict=True):
            draw_panel(axes, unit, growth, curves)
        figure.text(0.012, 0.95, "batchclip, from small to large", fontsize=14, weight="bold")
        figure.text(0.012, 0.02, f"{growth.machine} {growth.made_at}", fontsize=7, color=OTHER)
        figure.subplots_adjust(left=0.06, right=0.975, top=0.85, bottom=0.17, wspace=0.2)
        figure.savefig(path)


def draw_panel(axes: Any, unit: str, growth: Growth, curves: dict[str, list[float]]) -> None:
    """Draw one quantity: a curve for each command, its slope in the legend."""
    for (name, values), colour in zip(curves.items(), COLOURS, strict=False):
        slope = growth.slope(values)
        label = name if slope is None else f"{name}, slope {slope:.2f}"
        axes.plot(growth.sizes, values, "o-", color=colour, label=label, linewidth=1.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    least, greatest = axes.get_ylim()
    # Of a flat curve a logarithmic axis would show noise alone.
    axes.set_ylim(min(least, greatest / 20), greatest * 3)
    axes.set_title(unit, loc="left", fontsize=10, weight="bold", color=INK)
    axes.set_xlabel("ranges")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.tick_params(labelsize=8, colors=OTHER, which="both", length=0)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
