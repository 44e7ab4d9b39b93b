"""Precision against recall, and calibration, of the test split."""

import lightning.pytorch as L
import numpy as np
from matplotlib.figure import Figure

from portrait_matting.loggers.boards import Series, drawn, log_curves, shown_by
from portrait_matting.metrics.calibration import reliability
from portrait_matting.metrics.image_metric import exact_means
from portrait_matting.metrics.precision_recall import LEVELS

_LINE = "#1f5fa8"


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
        measured = {name: exact_means(metrics[f"test/{name}"].rows()) for name in ("max_f", "calibration_error")}
        precision, recall, f = measured["max_f"].reshape(3, LEVELS).cpu().numpy()
        found = {"test": (recall, precision)}
        best = int(f.argmax())
        title = f"precision over recall: F {f[best]:.4f} at threshold {(LEVELS - 1 - best) / (LEVELS - 1):.2f}"
        picture = plot(found, "recall", "precision", title, mark=(recall[best], precision[best]))
        log_curves(loggers, "curves/precision_recall", found, "recall", title, picture, trainer.global_step)

        predicted, true, _ = reliability(measured["calibration_error"].reshape(3, -1).cpu().numpy())
        ends = np.array([0.0, 1.0])
        found = {"test": (predicted, true), "calibrated": (ends, ends)}
        title = "true alpha over predicted alpha"
        picture = plot(found, "predicted alpha", "true alpha, mean", title)
        log_curves(loggers, "curves/calibration", found, "predicted alpha", title, picture, trainer.global_step)


def plot(series: Series, across: str, up: str, title: str, mark: tuple[float, float] | None = None) -> np.ndarray:
    """Draws curves in the unit square, the first with its points where they are few, the others thin.

    Returns:
        uint8 RGB (H, W, 3).
    """
    figure = Figure(figsize=(6, 5), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for at, (x, y) in enumerate(series.values()):
        points = "o" if at == 0 and len(x) < 20 else ""
        axes.plot(x, y, marker=points, color="#b9c4d0" if at else _LINE, linewidth=1 if at else 2)
    if mark:
        axes.plot(*mark, "o", color="#c8371b", markersize=8)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel=across, ylabel=up)
    axes.set_title(title, loc="left", fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    return drawn(figure)
