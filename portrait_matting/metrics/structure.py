"""The costly metrics over a data set, as torchmetrics classes: those that look at more than a pixel at a time.

They are measured on the CPU, wherever the tensors are.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from portrait_matting.metrics.boundary import boundary_f
from portrait_matting.metrics.calibration import calibration_bins, calibration_error
from portrait_matting.metrics.connectivity import connectivity_error_map
from portrait_matting.metrics.e_measure import e_measure
from portrait_matting.metrics.gradient import gradient_error_map
from portrait_matting.metrics.image_metric import ImageMetric
from portrait_matting.metrics.precision_recall import threshold_curves
from portrait_matting.metrics.s_measure import s_measure
from portrait_matting.metrics.weighted_f import weighted_f


class Grad(ImageMetric):
    """Gradient error / 1,000: `grad` of the whole image, `band_grad` in the band; lower is better (`gradient`).

    Images without a band are left out of `band_grad`, which is 0 when no image has one.
    """

    names, columns, banded = ("grad", "band_grad"), 2, True

    def measure(self, prediction: Tensor, alpha: Tensor, band: Tensor) -> Tensor:
        return _whole_and_band(gradient_error_map, prediction, alpha, band)


class Conn(ImageMetric):
    """Connectivity error / 1,000: `conn` of the whole image, `band_conn` in the band; lower is better (`connectivity`).

    Images without a band are left out of `band_conn`, which is 0 when no image has one.
    """

    names, columns, banded = ("conn", "band_conn"), 2, True

    def measure(self, prediction: Tensor, alpha: Tensor, band: Tensor) -> Tensor:
        return _whole_and_band(connectivity_error_map, prediction, alpha, band)


class BoundaryF(ImageMetric):
    """F of the outlines at 0.5 with a tolerance, the mean over the images, in [0, 1]; higher is better (`boundary`)."""

    names, columns = ("boundary_f",), 1
    higher_is_better = True

    def measure(self, prediction: Tensor, alpha: Tensor, band: None) -> Tensor:
        return _column(boundary_f(_array(prediction), _array(alpha)))


class MaxF(ImageMetric):
    """F with β² 0.3 at the threshold that is best for the whole set, in [0, 1]; higher is better (`precision_recall`).

    The columns are precision, recall and F, each at 256 thresholds.
    """

    names, columns = ("max_f",), 3 * 256
    higher_is_better = True

    def measure(self, prediction: Tensor, alpha: Tensor, band: None) -> Tensor:
        return _column(threshold_curves(_array(prediction), _array(alpha) > 0.5).ravel())

    def finish(self, means: Tensor) -> dict[str, Tensor]:
        return {"max_f": means[..., 512:].amax(-1)}


class WeightedF(ImageMetric):
    """F with errors weighed by where they are, mean over the images, in [0, 1]; higher is better (`weighted_f`)."""

    names, columns = ("weighted_f",), 1
    higher_is_better = True

    def measure(self, prediction: Tensor, alpha: Tensor, band: None) -> Tensor:
        return _of_mask(weighted_f, prediction, alpha)


class SMeasure(ImageMetric):
    """Likeness of structure, the mean over the images, in [0, 1]; higher is better (`s_measure`)."""

    names, columns = ("s_measure",), 1
    higher_is_better = True

    def measure(self, prediction: Tensor, alpha: Tensor, band: None) -> Tensor:
        return _of_mask(s_measure, prediction, alpha)


class EMeasure(ImageMetric):
    """Enhanced alignment, mean over 256 thresholds and the images, in [0, 1]; higher is better (`e_measure`)."""

    names, columns = ("e_measure",), 1
    higher_is_better = True

    def measure(self, prediction: Tensor, alpha: Tensor, band: None) -> Tensor:
        return _of_mask(e_measure, prediction, alpha)


class CalibrationError(ImageMetric):
    """The expected calibration error of alpha, in [0, 1]; lower is better (`calibration`).

    The columns are the nine bins' shares of the pixels, sums of the predictions and sums of the alphas.
    """

    names, columns = ("calibration_error",), 3 * 9

    def measure(self, prediction: Tensor, alpha: Tensor, band: None) -> Tensor:
        return _column(calibration_bins(_array(prediction), _array(alpha)).ravel())

    def finish(self, means: Tensor) -> dict[str, Tensor]:
        return {"calibration_error": calibration_error(means.unflatten(-1, (3, 9)))}


def _whole_and_band(
    error_map: Callable[[np.ndarray, np.ndarray], np.ndarray], prediction: Tensor, alpha: Tensor, band: Tensor
) -> Tensor:
    error, inside = error_map(_array(prediction), _array(alpha)), _array(band)
    whole = error.sum(dtype=np.float64)
    banded = error.sum(dtype=np.float64, where=inside) if inside.any() else np.nan
    return _column(np.array([whole, banded]) / 1000)


def _of_mask(metric: Callable[[np.ndarray, np.ndarray], float], prediction: Tensor, alpha: Tensor) -> Tensor:
    return _column(metric(_array(prediction), _array(alpha) > 0.5))


def _array(picture: Tensor) -> np.ndarray:
    return picture[0].cpu().numpy()


def _column(values: float | np.ndarray) -> Tensor:
    return torch.from_numpy(np.atleast_1d(np.asarray(values, dtype=np.float64)))
