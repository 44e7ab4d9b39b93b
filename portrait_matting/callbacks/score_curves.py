"""Precision against recall, and calibration, of the test split."""

from collections.abc import Callable, Sequence

import lightning.pytorch as L
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from portrait_matting.loggers.boards import drawn, log_curves, shown_by
from portrait_matting.metrics.calibration import reliability
from portrait_matting.metrics.image_metric import exact_means
from portrait_matting.metrics.precision_recall import LEVELS
from portrait_matting.reporting.plots import STYLE
from portrait_matting.reporting.score_curves import draw_calibration, draw_precision_recall


class ScoreCurves(L.Callback):
    """After the test shows `curves/precision_recall` and `curves/calibration`, the means over its portraits.

    Of the test and not of every validation: what they are made of takes tenths of a second a portrait, and the test has
    measured it anyway.
    """

    looks_on = True

    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        loggers = shown_by(trainer)
        if not loggers:
            return
        metrics = dict(pl_module.test_metrics.items())
        measured = {
            name: exact_means(metrics[f"test/{name}"].rows()).reshape(3, -1).cpu().numpy()
            for name in ("max_f", "calibration_error")
        }
        precision, recall, f = curves = measured["max_f"]
        best = int(f.argmax())
        title = f"precision over recall: F {f[best]:.4f} at threshold {(LEVELS - 1 - best) / (LEVELS - 1):.2f}"
        picture = plot(draw_precision_recall, curves, title)
        series = {"test": (recall, precision)}
        log_curves(loggers, "curves/precision_recall", series, "recall", title, picture, trainer.global_step)

        predicted, true, _ = reliability(measured["calibration_error"])
        ends = np.array([0.0, 1.0])
        series = {"test": (predicted, true), "calibrated": (ends, ends)}
        title = "true alpha over predicted alpha"
        picture = plot(draw_calibration, measured["calibration_error"], title)
        log_curves(loggers, "curves/calibration", series, "predicted alpha", title, picture, trainer.global_step)


@matplotlib.rc_context(STYLE)
def plot(draw: Callable[[Axes, Sequence[np.ndarray]], None], measured: np.ndarray, title: str) -> np.ndarray:
    """A plot of one network, as the reports have it, with its title: uint8 RGB (H, W, 3).

    Args:
        draw: `draw_precision_recall` or `draw_calibration`.
        measured: what that draws of each candidate.
        title: of the plot.
    """
    figure = Figure(figsize=(6, 5), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    draw(axes, [measured])
    axes.set_title(title, loc="left", fontweight="bold")
    return drawn(figure)
