"""Precision–recall curves and reliability diagrams: drawn into any axes, and as SVG for a page."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from portrait_matting.metrics.calibration import reliability
from portrait_matting.reporting.plots import INK, STYLE, as_svg, candidate_colour, candidate_line, new_figure


def draw_precision_recall(axes: Axes, curves: Sequence[np.ndarray]) -> None:
    """Draws precision against recall over all thresholds, a curve per candidate, the best F marked.

    Args:
        axes: to draw into.
        curves: of each candidate, float64 (3, thresholds): the means over the images of precision, recall and F.
    """
    # Thresholds near 0 and 1 lead into the corners that no matte avoids: the plot shows what lies between.
    inner = [curve[:2, 13:-13] if curve.shape[1] > 100 else curve[:2] for curve in curves]
    lowest = min(0.9, *(float(part.min()) for part in inner)) - 0.02
    for at, (precision, recall, f) in enumerate(curves):
        axes.plot(recall, precision, **candidate_line(at))
        best = int(f.argmax())
        axes.plot(recall[best], precision[best], "o", color=candidate_colour(at), markersize=6)
    axes.set(xlim=(max(lowest, 0), 1.005), ylim=(max(lowest, 0), 1.005), xlabel="recall", ylabel="precision")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))


def draw_calibration(axes: Axes, bins: Sequence[np.ndarray]) -> None:
    """Draws a reliability diagram: the mean true alpha against the mean predicted alpha of each bin, with the diagonal.

    Args:
        axes: to draw into.
        bins: of each candidate, float64 (3, 9): the means over the images of `metrics.calibration.calibration_bins`.
    """
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8)
    for at, of_candidate in enumerate(bins):
        predicted, true, _ = reliability(of_candidate)
        axes.plot(predicted, true, marker="o", markersize=4, clip_on=False, **candidate_line(at))
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted alpha", ylabel="true alpha, mean")


@matplotlib.rc_context(STYLE)
def precision_recall(curves: Sequence[np.ndarray]) -> str:
    """Precision against recall as SVG; `curves` as in `draw_precision_recall`."""
    figure, axes = new_figure()
    draw_precision_recall(axes, curves)
    return as_svg(figure, "Precision against recall over all thresholds")


@matplotlib.rc_context(STYLE)
def calibration(bins: Sequence[np.ndarray]) -> str:
    """The reliability diagram as SVG; `bins` as in `draw_calibration`."""
    figure, axes = new_figure()
    draw_calibration(axes, bins)
    return as_svg(figure, "True alpha against predicted alpha, with the diagonal")
