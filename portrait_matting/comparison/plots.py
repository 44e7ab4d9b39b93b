"""The plots of a comparison: every seed of every arm, and how they learned; for the page as SVG, for a slide as PNG.

An arm has one look in all of them, by its place among the arms: one of six colours, and for every six more another
stroke.
"""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from portrait_matting.comparison.result import Arm, Ranking
from portrait_matting.comparison.run import curve
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.reporting import plots

MARKERS = ("o", "s", "^", "D", "v", "P")
_POINTS = 250  # more than a screen shows
_LONGEST = 46  # characters of a name over its dots: half a phone's width more, and it is cut
_NARROW = 10.0  # curves within this ratio have a linear axis: a logarithmic one has hardly a tick there

Line = tuple[np.ndarray, np.ndarray]


def look(place: int) -> dict:
    """Colour and stroke of an arm's curve, by its place among the arms."""
    return {"color": plots.COLOURS[place % len(plots.COLOURS)], "linestyle": plots.STROKES[_lap(place)]}


def marker(place: int) -> str:
    """Of an arm's dots."""
    return MARKERS[(place + _lap(place)) % len(MARKERS)]


def draw_dots(axes: Axes, ranking: Ranking, places: dict[str, int], notes: Sequence[str] = ()) -> None:
    """A row for each arm, the best on top: a dot for each seed, a stroke at the mean, a bar of one deviation.

    Args:
        axes: to draw on.
        ranking: of the arms.
        places: of the arms by name, which gives each its look.
        notes: for each row, to stand at its right end over the dots.
    """
    info = METRICS[ranking.metric]
    reference = next(row for row in ranking.rows if row.arm.name == ranking.reference.name)
    axes.axvline(reference.mean, color=plots.COLOURS[5], linewidth=0.8, linestyle=(0, (4, 3)), zorder=0.5)
    beside = axes.get_yaxis_transform()
    for at, row in enumerate(ranking.rows):
        style = look(places[row.arm.name])
        axes.hlines(at, row.mean - row.deviation, row.mean + row.deviation, color=style["color"], linewidth=1.5)
        axes.plot(row.values, [at] * len(row.values), marker(places[row.arm.name]), color=style["color"], alpha=0.55)
        axes.vlines(row.mean, at - 0.16, at + 0.16, color=style["color"], linewidth=2.5)
        axes.text(0, at - 0.27, shortened(row.arm.name), transform=beside, verticalalignment="bottom")
        if notes:
            axes.text(
                1, at - 0.27, notes[at], transform=beside, verticalalignment="bottom", horizontalalignment="right"
            )
    axes.set(ylim=(len(ranking.rows) - 0.6, -0.75), xlabel=f"{info.label}, {_way(info.higher)}")
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.spines["left"].set_visible(False)


def draw_curves(axes: Axes, arms: Sequence[Arm], column: str) -> bool:
    """A column of `metrics.csv` over the steps: every seed thin, and the mean of an arm's seeds bold.

    Returns:
        Whether any run has that column; if none has, nothing is drawn.
    """
    spans = []
    for place, arm in enumerate(arms):
        lines = [line for line in (_finite(*curve(run, column)) for run in arm.runs) if line[0].size]
        if not lines:
            continue
        style = look(place)
        for steps, values in lines if len(lines) > 1 else []:
            axes.plot(*_thinned(steps, values), color=style["color"], linewidth=0.8, alpha=0.4)
        mean = _thinned(*mean_curve(lines))
        few = {"marker": marker(place), "markersize": 4} if mean[0].size < 8 else {}
        axes.plot(*mean, linewidth=2, **style, **few)
        spans += [values for _, values in lines]
    if not spans:
        return False
    _scale(axes, np.concatenate(spans), column)
    axes.set_xlabel("optimizer step")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    return True


def mean_curve(lines: Sequence[Line]) -> Line:
    """The mean of curves that may have been noted at other steps, over the steps that all of them cover.

    >>> mean_curve([(np.array([0, 2, 4]), np.array([4.0, 2.0, 0.0])), (np.array([1, 3]), np.array([1.0, 1.0]))])
    (array([1, 2, 3]), array([2. , 1.5, 1. ]))
    """
    low, high = max(steps[0] for steps, _ in lines), min(steps[-1] for steps, _ in lines)
    steps = np.unique(np.concatenate([steps for steps, _ in lines]))
    steps = steps[(steps >= low) & (steps <= high)]
    return steps, np.mean([np.interp(steps, *line) for line in lines], axis=0) if steps.size else steps.astype(float)


def shortened(name: str, longest: int = _LONGEST) -> str:
    """A name with its middle left out where it is too long; its ends tell arms apart."""
    if len(name) <= longest:
        return name
    half = (longest - 1) // 2
    return f"{name[:half]}…{name[-half:]}"


@matplotlib.rc_context(plots.STYLE)
def dots_svg(ranking: Ranking, places: dict[str, int]) -> str:
    """`draw_dots` as SVG that takes the page's colours."""
    figure, axes = plots.new_figure(height=0.7 + 0.5 * len(ranking.rows))
    draw_dots(axes, ranking, places)
    return plots.as_svg(figure, f"{METRICS[ranking.metric].label} of every seed of every arm")


@matplotlib.rc_context(plots.STYLE)
def curves_svg(arms: Sequence[Arm], column: str) -> str | None:
    """`draw_curves` as SVG that takes the page's colours; None where no run has that column."""
    figure, axes = plots.new_figure()
    return plots.as_svg(figure, f"{column} over the steps") if draw_curves(axes, arms, column) else None


def _scale(axes: Axes, values: np.ndarray, column: str) -> None:
    name = column.rpartition("/")[2]
    low, high = float(values.min()), float(values.max())
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    if name in METRICS and METRICS[name].higher:  # its lowest values are of the first steps, and of no interest
        seen = max(low, high - 3 * (high - float(np.median(values))))
        axes.set_ylim(seen - 0.05 * (high - seen), high + 0.05 * (high - seen)) if seen < high else None
    elif name != "lr" and low > 0 and high / low > _NARROW:  # people know their schedule by its shape on a linear axis
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < 100 else (1,)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(plain)
        return
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(plain)


def _finite(steps: np.ndarray, values: np.ndarray) -> Line:
    known = np.isfinite(values)
    return np.asarray(steps)[known], np.asarray(values)[known]


def _thinned(steps: np.ndarray, values: np.ndarray) -> Line:
    kept = np.unique(np.linspace(0, len(steps) - 1, _POINTS).astype(int)) if len(steps) > _POINTS else slice(None)
    return steps[kept], values[kept]


def _lap(place: int) -> int:
    return place // len(plots.COLOURS) % len(plots.STROKES)


def _way(higher: bool) -> str:
    return "better →" if higher else "← better"
