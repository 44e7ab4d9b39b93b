"""The metrics over a data set that are measured pixel by pixel, as torchmetrics classes, and the collections of all.

`training_metrics` are cheap enough for every validation; `all_metrics` adds those for the test.
"""

import torch
from torch import Tensor
from torchmetrics import MetricCollection

from portrait_matting.metrics import functional
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


class MAD(ImageMetric):
    """Mean absolute difference: `mad` of the whole image, `band_mad` in the band; in [0, 1], lower is better.

    Images without a band are left out of `band_mad`, which is 0 when no image has one.
    """

    names, columns, banded = ("mad", "band_mad"), 2, True

    def measure(self, prediction: Tensor, alpha: Tensor, band: Tensor) -> Tensor:
        return _whole_and_band(functional.mad, prediction, alpha, band)


class MSE(ImageMetric):
    """Mean squared error: `mse` of the whole image, `band_mse` in the band; in [0, 1], lower is better.

    Images without a band are left out of `band_mse`, which is 0 when no image has one.
    """

    names, columns, banded = ("mse", "band_mse"), 2, True

    def measure(self, prediction: Tensor, alpha: Tensor, band: Tensor) -> Tensor:
        return _whole_and_band(functional.mse, prediction, alpha, band)


class SAD(ImageMetric):
    """Sum of absolute differences / 1,000: `sad` of the whole image, `band_sad` in the band; lower is better.

    Images without a band are left out of `band_sad`, which is 0 when no image has one.
    """

    names, columns, banded = ("sad", "band_sad"), 2, True

    def measure(self, prediction: Tensor, alpha: Tensor, band: Tensor) -> Tensor:
        return _whole_and_band(functional.sad, prediction, alpha, band)


class IoU(ImageMetric):
    """Intersection over union of the masks at 0.5, the mean over the images, in [0, 1]; higher is better."""

    names, columns = ("iou",), 1
    higher_is_better = True

    def measure(self, prediction: Tensor, alpha: Tensor, band: None) -> Tensor:
        return functional.iou(prediction, alpha)[None]


class Dice(ImageMetric):
    """Dice coefficient of the masks at 0.5, the mean over the images, in [0, 1]; higher is better."""

    names, columns = ("dice",), 1
    higher_is_better = True

    def measure(self, prediction: Tensor, alpha: Tensor, band: None) -> Tensor:
        return functional.dice(prediction, alpha)[None]


class MAE(ImageMetric):
    """Mean absolute difference from the truth as a mask at 0.5, in [0, 1]; lower is better (`functional.mae`)."""

    names, columns = ("mae",), 1

    def measure(self, prediction: Tensor, alpha: Tensor, band: None) -> Tensor:
        return functional.mae(prediction, alpha)[None]


def _whole_and_band(metric, prediction: Tensor, alpha: Tensor, band: Tensor) -> Tensor:
    inside = metric(prediction, alpha, band)
    return torch.stack([metric(prediction, alpha), torch.where(band.any(), inside, torch.nan)])


def training_metrics() -> MetricCollection:
    """The metrics of every validation: mad, mse, sad, each whole and in the band, iou and dice.

    One copy per set: `training_metrics().clone(prefix="val/")`.
    """
    return _collection({"mad": MAD(), "mse": MSE(), "sad": SAD(), "iou": IoU(), "dice": Dice()})


def all_metrics() -> MetricCollection:
    """The metrics of a test: those of `training_metrics`, and grad, conn (each also in the band), boundary_f, max_f,
    weighted_f, s_measure, e_measure, mae and calibration_error, which take some tenths of a second an image.
    """
    costly = (Grad, Conn, BoundaryF, MaxF, WeightedF, SMeasure, EMeasure, CalibrationError)
    return _collection(dict(training_metrics().items()) | {"mae": MAE()} | {kind.names[0]: kind() for kind in costly})


def _collection(metrics: dict[str, ImageMetric]) -> MetricCollection:
    # A compute group shares the state of metrics that agree after the first batch. For hard masks |error| equals
    # error², so that MAD and MSE would be merged there and MSE be wrong ever after.
    return MetricCollection(metrics, compute_groups=False)
