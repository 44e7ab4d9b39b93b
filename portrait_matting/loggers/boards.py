"""The dashboards of a run, and what can be sent to both: metrics, pictures, curves."""

from collections.abc import Iterable, Mapping

import cv2
import lightning.pytorch as L
import numpy as np
from lightning.pytorch.loggers import Logger, TensorBoardLogger, WandbLogger
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_QUALITY = 90  # of a JPEG, 1 to 100
Series = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""By label: x and y, float64 (N,) each."""


def boards(loggers: Iterable[Logger]) -> list[Logger]:
    """Those of the loggers that are dashboards."""
    return [logger for logger in loggers if isinstance(logger, WandbLogger | TensorBoardLogger)]


def shown_by(trainer: L.Trainer) -> list[Logger]:
    """The dashboards that this process sends to: none but in the first process of a run."""
    return boards(trainer.loggers) if trainer.is_global_zero else []


def log_metrics(loggers: Iterable[Logger], metrics: Mapping[str, float], step: int) -> None:
    """Sends metrics to the dashboards alone: `metrics.csv` is the same whether a run has any or not."""
    for logger in boards(loggers):
        logger.log_metrics(dict(metrics), step)


def log_picture(loggers: Iterable[Logger], name: str, picture: np.ndarray, step: int) -> None:
    """Sends uint8 RGB (H, W, 3) to the loggers that show pictures; the others have the file in the run's folder."""
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
            _add_jpeg(logger, name, picture, step)
        elif isinstance(logger, WandbLogger):
            logger.log_image(name, [picture], step=step, file_type=["jpg"])


def _add_jpeg(logger: TensorBoardLogger, name: str, picture: np.ndarray, step: int) -> None:
    """What `SummaryWriter.add_image` does, but that makes a PNG: forty times as long, and five times the size."""
    from tensorboard.compat.proto.summary_pb2 import Summary

    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    height, width, colours = picture.shape
    image = Summary.Image(height=height, width=width, colorspace=colours, encoded_image_string=encoded.tobytes())
    logger.experiment.file_writer.add_summary(Summary(value=[Summary.Value(tag=name, image=image)]), step)


def log_curves(
    loggers: Iterable[Logger], name: str, series: Series, axis: str, title: str, picture: np.ndarray, step: int
) -> None:
    """Sends curves: to wandb as data, which it draws itself, to TensorBoard as a picture.

    Args:
        loggers: of the run.
        name: of the chart.
        series: the curves. What is not finite is left out.
        axis: what x is.
        title: of the chart.
        picture: the same, uint8 RGB (H, W, 3).
        step: of the run.
    """
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            import wandb

            finite = [np.isfinite(x) & np.isfinite(y) for x, y in series.values()]
            parts = zip(series.values(), finite, strict=True)
            xs, ys = zip(*[(x[kept].tolist(), y[kept].tolist()) for (x, y), kept in parts], strict=True)
            chart = wandb.plot.line_series(list(xs), list(ys), keys=list(series), title=title, xname=axis)
            logger.log_metrics({name: chart}, step)
    log_picture((logger for logger in loggers if isinstance(logger, TensorBoardLogger)), name, picture, step)


def drawn(figure: Figure) -> np.ndarray:
    """A figure as a picture: uint8 RGB (H, W, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
