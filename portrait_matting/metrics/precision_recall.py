"""Precision, recall and F of a prediction as a mask, at each of the 256 thresholds of an 8-bit matte."""

import cv2
import numpy as np

LEVELS = 256
BETA_SQUARED = 0.3  # precision weighs more than recall (Achanta et al. 2009)

_EXACT = 2**24  # cv2.calcHist counts in float32, which holds every whole number up to here


def threshold_curves(prediction: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Precision P, recall R and F = (1 + β²) P R / (β² P + R) with β² = 0.3 at every threshold (Achanta et al.,
    "Frequency-tuned Salient Region Detection", CVPR 2009); equal to PySODMetrics without its min-max stretch.

    Column i is the threshold 255 - i, from the strictest to 0, and a pixel is foreground where floor(255 · prediction)
    reaches it; at threshold 0 every pixel is. The "maximal F" of a data set is the maximum of the images' mean F curve.

    0 where it would be 0 / 0: precision where no pixel is foreground, recall and F everywhere for an empty truth.

    Args:
        prediction: float32 (H, W) in [0, 1].
        mask: bool (H, W), the truth.

    Returns:
        float64 (3, 256) in [0, 1]: precision, recall, F; higher is better.

    >>> curves = threshold_curves(np.float32([[1.0, 1.0, 0.5, 0.0]]), np.array([[True, False, True, True]]))
    >>> curves[:, [0, 128, 255]].round(4).tolist()  # at 255, 127 and 0
    [[0.5, 0.6667, 0.75], [0.3333, 0.6667, 1.0], [0.4483, 0.6667, 0.7959]]
    """
    true, false = counts_above(prediction, mask)
    precision = true / np.maximum(true + false, 1)
    recall = true / max(true[-1], 1)
    weighed = BETA_SQUARED * precision + recall
    f = (1 + BETA_SQUARED) * precision * recall / np.where(weighed == 0, 1, weighed)
    return np.stack([precision, recall, f])


def counts_above(prediction: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """How many pixels inside and outside the mask reach each threshold: int64 (2, 256), thresholds 255 to 0.

    Args:
        prediction: float32 (H, W) in [0, 1].
        mask: bool (H, W).

    >>> counts_above(np.float32([[1.0, 1.0, 0.5]]), np.array([[True, False, True]]))[:, [0, 128, 255]].tolist()
    [[1, 2, 2], [1, 1, 1]]
    """
    # The product in the prediction's own float32: it gives each 8-bit value back, as float64 / 255 does in PySODMetrics
    level = (prediction * 255).astype(np.uint8).reshape(1, -1)
    truth = np.ascontiguousarray(mask).view(np.uint8).reshape(1, -1)
    counts = np.zeros((LEVELS, 2), dtype=np.int64)
    for start in range(0, level.size, _EXACT):
        piece = [np.ascontiguousarray(plane[:, start : start + _EXACT]) for plane in (level, truth)]
        counts += cv2.calcHist(piece, [0, 1], None, [LEVELS, 2], [0, LEVELS, 0, 2]).astype(np.int64)
    return counts[::-1, ::-1].cumsum(axis=0).T
