"""Weighted F: precision and recall of a soft prediction, errors weighed by where they are."""

import cv2
import numpy as np

EPSILON = np.finfo(np.float64).eps  # the authors' guard: MATLAB's eps
REACH, SIGMA = 3, 5.0  # of the Gaussian over which errors of neighbours make up for each other: 7 x 7
HALVING = 5  # pixels from the foreground after which an error's weight is halfway from 1 to 2

# Around a pixel of the background whose square of 7 x 7 meets the foreground: every place where the nearest pixel of
# the foreground may be, the nearest first; of equally near ones the left, then the upper, as scipy's exact distance
# transform takes them, and PySODMetrics with it.
_FAR = 4  # 4 pixels straight on are nearer than the corner of the square, √18
_NEAREST_FIRST = [
    (rows, columns)
    for distance, columns, rows in sorted(
        (rows**2 + columns**2, columns, rows)
        for rows in range(-_FAR, _FAR + 1)
        for columns in range(-_FAR, _FAR + 1)
        if 0 < rows**2 + columns**2 <= 2 * REACH**2
    )
]


def weighted_f(prediction: np.ndarray, mask: np.ndarray) -> float:
    """The weighted F-measure with β² = 1 (Margolin et al., "How to Evaluate Foreground Maps?", CVPR 2014), in [0, 1],
    higher is better; equal to PySODMetrics without its min-max stretch.

    An error inside the truth counts as the Gaussian mean of the errors around it where that is less, with each pixel of
    the background standing for the nearest of the foreground. One outside counts 2 - 2^(-d/5) times, at d pixels from
    the truth. 0 for an empty truth, whatever the prediction.

    Args:
        prediction: float32 (H, W) in [0, 1].
        mask: bool (H, W), the truth.

    >>> round(weighted_f(np.float32([[1.0, 0.5]]), np.array([[True, False]])), 6)
    0.779811
    >>> precision, recall = 1 / (1 + 0.5 * (2 - 2 ** (-1 / 5))), 1
    >>> round(2 * precision * recall / (precision + recall), 6)
    0.779811
    """
    area = np.count_nonzero(mask)
    if area == 0:
        return 0.0
    truth = np.ascontiguousarray(mask).view(np.uint8)
    error = np.abs(np.subtract(prediction, mask, dtype=np.float64))
    found = area - _missed(error, truth)
    precision = found / (found + _extra(error, truth) + EPSILON)
    recall = found / area
    return float(2 * precision * recall / (precision + recall + EPSILON))


def _missed(error: np.ndarray, truth: np.ndarray) -> float:
    """The sum of the errors in the foreground, each no more than the Gaussian mean of those around it."""
    kernel = cv2.getGaussianKernel(2 * REACH + 1, SIGMA, cv2.CV_64F)
    carried = _carried_outwards(error, truth)
    around = cv2.sepFilter2D(carried, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_CONSTANT)
    return np.minimum(error, around, out=around)[truth.view(bool)].sum()


def _carried_outwards(error: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The errors, those of the background that the kernel reaches from the foreground replaced by its nearest one's."""
    carried = error.copy()
    width, wide = truth.shape[1], truth.shape[1] + 2 * _FAR
    foreground = np.pad(truth, _FAR).ravel().view(bool)
    rows, columns = np.nonzero(cv2.dilate(truth, np.ones((2 * REACH + 1,) * 2, np.uint8)) > truth)
    place, padded = rows * width + columns, (rows + _FAR) * wide + columns + _FAR
    for down, right in _NEAREST_FIRST:
        hit = foreground[padded + (down * wide + right)]
        carried.ravel()[place[hit]] = error.ravel()[place[hit] + (down * width + right)]
        place, padded = place[~hit], padded[~hit]
        if not place.size:
            break
    return carried


def _extra(error: np.ndarray, truth: np.ndarray) -> float:
    """The sum of the errors in the background, each weighed by its distance from the foreground."""
    background = truth == 0
    distance = cv2.distanceTransform(background.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[background]
    # float32 distances of whole squares: rounding the square gives the exact one back, as far as the weight is below 2.
    exact = np.sqrt(np.rint(np.square(distance, dtype=np.float64)))
    return (error[background] * (2 - np.exp2(exact / -HALVING))).sum()
