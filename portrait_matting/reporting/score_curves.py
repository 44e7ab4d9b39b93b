"""Precision against recall, and calibration."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator

from portrait_matting.metrics.calibration import reliability
from portrait_matting.reporting.plots import INK, STYLE, as_svg, candidate_colour, candidate_line, new_figure


@matplotlib.rc_context(STYLE)
def precision_recall(curves: Sequence[np.ndarray]) -> str:
    """Precision against recall over all thresholds, a curve per candidate, the best F marked, as SVG.

    Args:
        curves: of each candidate, float64 (3, thresholds): the means over the images of precision, recall and F.
    """
    figure, axes = new_figure()
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
    return as_svg(figure, "Precision against recall over all thresholds")


@matplotlib.rc_context(STYLE)
def calibration(bins: Sequence[np.ndarray]) -> str:
    """The mean of the truth against the mean of the prediction, where predictions are alike, as SVG.

    Args:
        bins: of each candidate, float64 (3, 9): the means over the images of `metrics.calibration.calibration_bins`.
    """
    figure, axes = new_figure()
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8)
    for at, one in enumerate(bins):
        predicted, true, _ = reliability(one)
        axes.plot(predicted, true, marker="o", markersize=4, clip_on=False, **candidate_line(at))
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="predicted alpha", ylabel="true alpha, mean")
    return as_svg(figure, "True alpha against predicted alpha, with the diagonal")
