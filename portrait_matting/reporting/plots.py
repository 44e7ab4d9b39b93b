"""The plots of a report, as SVG that lies in the page. On matplotlib's Figure alone: no pyplot, no window.

Colours are variables of the page's style (`--ink`, `--grid`, `--candidate-0` …), with a light page's colours for where
there is none. Candidates are told apart by their order alone, in colour and in stroke; their names stand in the page.
"""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from portrait_matting.metrics import catalogue

# Okabe and Ito's colours (jfly.uni-koeln.de/color, 2008), which colour-blind readers tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7b6d00", "#6b6f76")
DARK_COLOURS = ("#56b4e9", "#f08a3c", "#2fc493", "#e09cc2", "#f0e442", "#a9b0b9")  # the same, lighter, for a dark page
STROKES = ("solid", "dashed", "dotted", "dashdot", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)))
INK, _GRID = "#22262b", "#d4d8de"
_VARIABLES = {INK: "ink", _GRID: "grid"} | {colour: f"candidate-{at}" for at, colour in enumerate(COLOURS)}
STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 10.5,
    "axes.edgecolor": _GRID,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}
_TICKS = (0, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)
_POINTS = 400  # more than a screen shows; a curve of 10,000 images would be a megabyte


class Interval(Protocol):
    value: float
    low: float
    high: float


@matplotlib.rc_context(STYLE)
def distribution(values: Sequence[np.ndarray], shown: catalogue.MetricInfo) -> str:
    """The cumulative distribution of a metric over the images, a curve per candidate, as SVG.

    The axis is logarithmic in the distance from a perfect score, where the images are.

    Args:
        values: of each candidate, float64 (N,) in [0, 1]; NaN is left out.
        shown: the metric that they are of.
    """
    figure, axes = new_figure()
    floor = 1e-3 if shown.higher else 1e-4  # keeps a perfect score at a finite place
    known = [np.clip(scores[~np.isnan(scores)], 0, 1) for scores in values]
    shares = np.linspace(0, 1, _POINTS + 1)
    for at, one in enumerate(known):
        if one.size:
            points = np.quantile(one, shares, method="inverted_cdf") if one.size > _POINTS else np.sort(one)
            steps = np.concatenate([points[:1], points])
            axes.step(
                _place(steps, shown.higher, floor), np.linspace(0, 1, steps.size), where="post", **candidate_line(at)
            )
    _score_ticks(axes, shown.higher, floor)
    axes.set(ylim=(0, 1.01), ylabel="share of the images")
    axes.set_xlabel(f"{shown.label} of an image, {'better →' if shown.higher else '← better'}")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    return as_svg(figure, f"Cumulative distribution of {shown.label} over the images")


@matplotlib.rc_context(STYLE)
def dots(by: str, labels: Sequence[str], intervals: Sequence[Sequence[Interval]], shown: catalogue.MetricInfo) -> str:
    """A metric of each part of the images, with its interval, a row per part and a dot per candidate, as SVG.

    Args:
        by: what the images were parted by.
        labels: of the parts, from the top.
        intervals: of each candidate, those of each part.
        shown: the metric that they are of.
    """
    figure, axes = new_figure(height=0.6 + 0.55 * len(labels))
    rows = np.arange(len(labels))
    for at, column in enumerate(intervals):
        value, low, high = (
            np.array([getattr(interval, name) for interval in column]) for name in ("value", "low", "high")
        )
        beside = rows + 0.2 * (at - (len(intervals) - 1) / 2)
        axes.hlines(beside, low, high, color=candidate_colour(at), linewidth=1.5)
        axes.plot(value, beside, "o", color=candidate_colour(at), markersize=5)
    for row, label in zip(rows, labels, strict=True):  # over its dots: beside them it would take half a phone's width
        axes.text(0, row - 0.3, label, transform=axes.get_yaxis_transform(), verticalalignment="bottom")
    axes.set(ylim=(len(labels) - 0.5, -0.75), xlabel=f"{shown.label}, {'better →' if shown.higher else '← better'}")
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.spines.left.set_visible(False)
    return as_svg(figure, f"{shown.label} by {by}")


def new_figure(height: float = 3.1) -> tuple[Figure, Axes]:
    """An empty plot of the pages' width, `height` inches high."""
    figure = Figure(figsize=(4.6, height), layout="constrained")
    return figure, figure.subplots()


def candidate_colour(at: int) -> str:
    """Of a candidate, by its place."""
    return COLOURS[at % len(COLOURS)]


def candidate_line(at: int) -> dict:
    """How a candidate's curve is drawn: colour, stroke and width, for matplotlib."""
    return {"color": candidate_colour(at), "linestyle": STROKES[at % len(STROKES)], "linewidth": 1.8}


def _place(values: Iterable[float], higher: bool, floor: float) -> np.ndarray:
    values = np.asarray(values, float)
    return -np.log10(1 - values + floor) if higher else np.log10(values + floor)


def _score_ticks(axes: Axes, higher: bool, floor: float) -> None:
    low, high = axes.get_xlim()
    kept: dict[float, float] = {}
    for distance in _TICKS:  # from the perfect score outwards: it has its tick wherever it is in sight
        tick = 1 - distance if higher else distance
        place = float(_place([tick], higher, floor)[0])
        if low <= place <= high and all(abs(place - other) > 0.13 * (high - low) for other in kept.values()):
            kept[tick] = place
    axes.set_xticks(list(kept.values()), [f"{round(tick, 6):g}" for tick in kept])


def as_svg(figure: Figure, label: str) -> str:
    """A plot as SVG that lies in a page, in the page's own colours; `label` says what it shows to who cannot see it."""
    text = io.StringIO()
    no_metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({"svg.hashsalt": label}):  # a page may have each id but once
        figure.savefig(text, format="svg", transparent=True, metadata=no_metadata)
    svg = text.getvalue()
    size = re.search(r'viewBox="[^"]*"', svg)[0]
    svg = svg[svg.index("<defs>") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg).replace("xlink:href", "href")
    svg = re.sub(r"font(-family)?: ([\d.]+px )?[^;\"]*sans-serif", r"font\1: \2system-ui, sans-serif", svg)
    svg = re.sub(r"<[^>]+>", lambda tag: re.sub(r"(\.\d\d)\d+", r"\1", tag[0]), svg)  # places, never the ticks
    for colour, name in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{name}, {colour})")
    return f'<svg {size} role="img" aria-label="{label}" stroke-linejoin="round">{" ".join(svg.split())}'
