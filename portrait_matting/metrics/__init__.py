"""Metrics of a predicted alpha against the true one: pure functions of an image, torchmetrics classes of a data set."""

from portrait_matting.metrics.alpha import MAD, MAE, MSE, SAD, Dice, IoU, all_metrics, training_metrics
from portrait_matting.metrics.by_source import Origins, by_source
from portrait_matting.metrics.image_metric import ImageMetric
from portrait_matting.metrics.structure import (
    BoundaryF,
    CalibrationError,
    Conn,
    EMeasure,
    Grad,
    MaxF,
    SMeasure,
    WeightedF,
)

__all__ = [
    "MAD",
    "MAE",
    "MSE",
    "SAD",
    "BoundaryF",
    "CalibrationError",
    "Conn",
    "Dice",
    "EMeasure",
    "Grad",
    "ImageMetric",
    "IoU",
    "MaxF",
    "Origins",
    "SMeasure",
    "WeightedF",
    "all_metrics",
    "by_source",
    "training_metrics",
]
