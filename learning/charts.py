"""
Charts as SVG text that takes its colours from the page, so that one chart serves light and dark.

Every chart comes in two widths: text in an SVG scales with it, and a chart drawn for a desktop is unreadable on a
phone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.figure import Figure

_WIDE, _NARROW = (9.0, 3.9), (4.2, 3.4)
# Colours that only stand for the page's variables; matplotlib writes them, ``_themed`` replaces them.
_INK, _GRID = "#010203", "#010204"
_LINES = ("#010211", "#010212", "#010213", "#010214", "#010215", "#010216")
_STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart; ``low`` and ``high`` bound the band around it, where there is one."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """The same chart for wide and for narrow screens, and the words that stand for it where it can't be seen."""

    wide: str
    narrow: str
    words: str


def line_chart(
    lines: Sequence[Line], *, x_label: str, y_label: str, words: str, percent: bool = False, log_x: bool = False
) -> Chart:
    """Draws ``lines`` in the page's colours; each has its own dash pattern too, to be told apart in grey."""
    drawn = [
        _svg(_figure(lines, size, x_label, y_label, percent, log_x), f"{words}{size}") for size in (_WIDE, _NARROW)
    ]
    return Chart(drawn[0], drawn[1], words)


def _figure(
    lines: Sequence[Line], size: tuple[float, float], x_label: str, y_label: str, percent: bool, log_x: bool
) -> Figure:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    for index, line in enumerate(lines):
        colour = _LINES[index % len(_LINES)]
        axes.plot(line.x, line.y, color=colour, linestyle=_STYLES[index % len(_STYLES)], linewidth=2, label=line.name)
        if line.low is not None and line.high is not None:
            axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.15, linewidth=0)
    _dress(axes, x_label, y_label, percent, log_x)
    if len(lines) > 1:
        axes.legend(frameon=False, labelcolor=_INK, fontsize=9)
    return figure


def _dress(axes: mpl.axes.Axes, x_label: str, y_label: str, percent: bool, log_x: bool) -> None:
    axes.set_xlabel(x_label, color=_INK)
    axes.set_ylabel(y_label, color=_INK)
    axes.tick_params(colors=_INK, which="both")
    axes.grid(color=_GRID, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_INK)
    if log_x:
        axes.set_xscale("log")
        axes.set_xticks([1, 5, 10, 25, 100], ["1", "5", "10", "25", "100"])
        axes.minorticks_off()
    if percent:
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0, decimals=0))


def _svg(figure: Figure, salt: str) -> str:
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.size": 10}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _themed(buffer.getvalue())


def _themed(svg: str) -> str:
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', "", body, count=1)
    for index, colour in enumerate(_LINES):
        body = body.replace(colour, f"var(--line-{index})")
    body = body.replace(_INK, "var(--ink)").replace(_GRID, "var(--grid)")
    return re.sub(r"font: ([\d.]+)px [^;\"]*", r"font: \1px system-ui, sans-serif", body)
