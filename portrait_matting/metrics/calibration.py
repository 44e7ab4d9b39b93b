"""Calibration of a matte: expected calibration error and reliability diagram of the predicted alpha."""

from typing import TypeVar

import numpy as np
from torch import Tensor

BINS = 9
CENTRES = np.arange(1, BINS + 1) / 10
LOWEST, HIGHEST = 0.05, 0.95  # nearly all pixels are nearly 0 or 1, and would drown the soft ones

Array = TypeVar("Array", np.ndarray, Tensor)


def calibration_bins(prediction: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The pixels whose prediction is in [0.05, 0.95), in nine bins of width 0.1 around 0.1, 0.2, …, 0.9.

    Args:
        prediction: float32 (H, W) in [0, 1].
        alpha: float32 (H, W) in [0, 1], the truth, soft where it is.

    Returns:
        float64 (3, 9) in [0, 1]: of each bin the number of pixels, the sum of their predictions and the sum of their
        alphas, each divided by the number of pixels of the image, so that in a mean over images each counts alike.
        Zeros where no pixel is.

    >>> bins = calibration_bins(np.float32([[0.25, 0.34, 0.5, 1.0]]), np.float32([[0.0, 1.0, 0.25, 1.0]]))
    >>> bins[:, 2:5].round(4).tolist()  # around 0.3, 0.4 and 0.5
    [[0.5, 0.0, 0.25], [0.1475, 0.0, 0.125], [0.25, 0.0, 0.0625]]
    """
    soft = (prediction >= LOWEST) & (prediction < HIGHEST)
    predicted, true = prediction[soft].astype(np.float64), alpha[soft]
    index = (predicted * 10 - 0.5).astype(np.intp)
    sums = [np.bincount(index, weights, minlength=BINS) for weights in (None, predicted, true)]
    return np.stack(sums) / prediction.size


def calibration_error(bins: Array) -> Array:
    """The expected calibration error: how far a bin's mean prediction is from its mean alpha, the mean over the bins,
    weighed by their pixels (Naeini et al., AAAI 2015; Guo et al., ICML 2017, equation 3). At 0.1, where 0.3 is
    predicted the true alpha is 0.2 or 0.4 on average, or the like.

    Args:
        bins: float64 (..., 3, 9) of `calibration_bins`, or their mean over images; an array or a tensor.

    Returns:
        float64 (...) in [0, 1], lower is better; 0 when no pixel is in any bin.

    >>> bins = calibration_bins(np.float32([[0.25, 0.34, 0.5, 1.0]]), np.float32([[0.0, 1.0, 0.25, 1.0]]))
    >>> round(float(calibration_error(bins)), 6)  # (|0.59 - 1| + |0.5 - 0.25|) / 3
    0.22
    """
    pixels = bins[..., 0, :].sum(-1)
    apart = abs(bins[..., 1, :] - bins[..., 2, :]).sum(-1)
    return apart / (pixels + (pixels == 0))


def reliability(bins: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a reliability diagram shows of each bin.

    Args:
        bins: float64 (..., 3, 9) of `calibration_bins`, or their mean over images.

    Returns:
        float64 (..., 9) each: the mean prediction and the mean alpha, NaN in an empty bin, and the share of the image's
        pixels that is in the bin.

    >>> bins = calibration_bins(np.float32([[0.25, 0.34, 0.5, 1.0]]), np.float32([[0.0, 1.0, 0.25, 1.0]]))
    >>> [part[2:5].round(4).tolist() for part in reliability(bins)]
    [[0.295, nan, 0.5], [0.5, nan, 0.25], [0.5, 0.0, 0.25]]
    """
    share = bins[..., 0, :]
    filled = np.where(share > 0, share, np.nan)
    return bins[..., 1, :] / filled, bins[..., 2, :] / filled, share
