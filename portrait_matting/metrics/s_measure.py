"""S-measure: whether a prediction has the structure of the truth, by object and by region."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

EPSILON = np.finfo(np.float64).eps  # the authors' guard: MATLAB's eps


class Part(NamedTuple):
    """Some pixels of the prediction: how many, their mean, and the sum of their squared distances from it."""

    size: int
    mean: float
    spread: float

    @property
    def variance(self) -> float:
        return self.spread / max(self.size - 1, 1)


def s_measure(prediction: np.ndarray, mask: np.ndarray, object_weight: float = 0.5) -> float:
    """The structure measure (Fan et al., "Structure-measure: A New Way to Evaluate Foreground Maps", ICCV 2017), in
    [0, 1], higher is better; equal to PySODMetrics without its min-max stretch.

    `object_weight` (α) of it is the object score: how near the foreground is to 1 and the background to 0 in the mean,
    less for a wide spread. The rest is the region score: the structural similarity of the four quadrants around the
    truth's centroid, weighed by their areas.

    An empty truth gives 1 - the mean prediction, a full one the mean prediction. A quadrant without a pixel counts
    nothing, one whose truth is constant 1 if its prediction is constant and else 0; a single pixel has no spread.

    Args:
        prediction: float32 (H, W) in [0, 1].
        mask: bool (H, W), the truth.

    >>> round(s_measure(np.float32([[0.8, 0.0, 0.0]]), np.array([[True, False, False]])), 6)
    0.995935
    >>> by_object, by_region = 1 / 3 * (2 * 0.8 / (0.8**2 + 1)) + 2 / 3, 1  # both quadrants, 1 | 2 pixels, are constant
    >>> round(0.5 * by_object + 0.5 * by_region, 6)
    0.995935
    """
    share = float(np.count_nonzero(mask) / mask.size)
    if share in (0, 1):
        mean = float(prediction.mean(dtype=np.float64))
        return mean if share else 1 - mean
    quadrants = [(_part(values[inside]), _part(values[~inside])) for values, inside in _quadrants(prediction, mask)]
    foreground, background = (_joined(parts) for parts in zip(*quadrants, strict=True))
    by_object = share * _likeness(foreground.mean, foreground)
    by_object += (1 - share) * _likeness(1 - background.mean, background)
    by_region = sum((i.size + o.size) / mask.size * _similarity(i, o) for i, o in quadrants)
    return max(0.0, float(object_weight * by_object + (1 - object_weight) * by_region))


def _quadrants(prediction: np.ndarray, mask: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    moments = cv2.moments(np.ascontiguousarray(mask).view(np.uint8))
    # The centroid's own row and column belong to the upper left, as in the authors' MATLAB code.
    row, column = (round(moments[name] / moments["m00"]) + 1 for name in ("m01", "m10"))
    for rows in (slice(row), slice(row, None)):
        for columns in (slice(column), slice(column, None)):
            yield prediction[rows, columns], mask[rows, columns]


def _part(values: np.ndarray) -> Part:
    if values.size == 0:
        return Part(0, 0.0, 0.0)
    # From the first value, so that the spread of a constant is exactly 0: on that a quadrant's score turns.
    offset = np.subtract(values, values[0], dtype=np.float64)
    mean = offset.mean()
    offset -= mean
    return Part(values.size, float(values[0]) + float(mean), float(np.square(offset, out=offset).sum()))


def _joined(parts: tuple[Part, ...]) -> Part:
    size = sum(part.size for part in parts)
    mean = sum(part.size * part.mean for part in parts) / size
    return Part(size, mean, sum(part.spread + part.size * (part.mean - mean) ** 2 for part in parts))


def _likeness(mean: float, part: Part) -> float:
    """How near pixels with this mean and the spread of `part` are to a constant 1 (the paper's O with λ = 1/2)."""
    return 2 * mean / (mean**2 + 1 + part.variance**0.5 + EPSILON)


def _similarity(inside: Part, outside: Part) -> float:
    """Structural similarity of a quadrant, of the prediction's pixels inside and outside the truth.

    The covariance needs no pixel: with the truth 1 and 0 it is the difference of the means times the truth's variance.
    """
    both = _joined((inside, outside)) if inside.size + outside.size else inside
    if 0 in (inside.size, outside.size):
        return float(both.spread == 0)
    x, y = both.mean, inside.size / both.size
    variance = inside.size * outside.size / both.size / (both.size - 1)
    covariance = (inside.mean - outside.mean) * variance
    return 4 * x * y * covariance / ((x**2 + y**2) * (both.variance + variance) + EPSILON)
