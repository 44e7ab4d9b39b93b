"""How well two outlines meet: the boundary F of video object segmentation, for mattes cut at 0.5.

Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation, CVPR 2016, section 4.1,
after Martin et al., TPAMI 2004; the tolerance is that of DAVIS' own evaluation (`db_eval_boundary`).
"""

import math

import cv2
import numpy as np

from portrait_matting.errors import InputError

TOLERANCE = 0.0075
"""As a share of the image's diagonal (DAVIS, `db_eval_boundary`): 17 pixels of 1080x1920, 8 of 600x800."""

_NEIGHBOURS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


def boundary_f(prediction: np.ndarray, alpha: np.ndarray, tolerance: float = TOLERANCE) -> float:
    """The harmonic mean of the outlines' precision and recall, in [0, 1], higher is better.

    An outline is the pixels above 0.5 with at least one of four neighbours that is not; the image's frame is no outline
    (DAVIS takes the pixels on either side, half a pixel off). Precision is the share of the predicted outline within
    ceil(tolerance * diagonal) pixels, centre to centre, of the true one, recall the other way round. No one-to-one
    matching: a frayed outline inside the tolerance costs nothing.

    Where neither has an outline, as of constant maps and one-pixel images: 1 if both are above 0.5 or both are not,
    else 0. (DAVIS gives 1 there: an all-white matte of a picture without anybody would be perfect.) 0 when only one of
    them has an outline, as with an empty prediction or an empty truth.

    Args:
        prediction, alpha: float (H, W) in [0, 1].
        tolerance: as a share of the diagonal, in [0, 0.1].

    Raises:
        InputError: a tolerance outside [0, 0.1].

    A bar that is three pixels too short, in an image whose tolerance is one pixel:

    >>> alpha = np.zeros((11, 11), np.float32)
    >>> alpha[5, 1:10] = 1  # nine pixels of outline
    >>> prediction = alpha.copy()
    >>> prediction[5, 7:] = 0  # six, all on it; seven of the nine are within a pixel of them
    >>> round(boundary_f(prediction, alpha), 4)  # 2 * 1 * 7/9 / (1 + 7/9)
    0.875
    """
    if not 0 <= tolerance <= 0.1:
        raise InputError(f"boundary tolerance {tolerance} is not in [0, 0.1]; give a share of the diagonal, 0.0075")
    radius = math.ceil(tolerance * math.hypot(*alpha.shape))
    predicted, true = _outline(prediction), _outline(alpha)
    if not (predicted.any() and true.any()):
        return float(predicted.any() == true.any() and (prediction.flat[0] > 0.5) == (alpha.flat[0] > 0.5))
    precision, recall = _met(predicted, true, radius), _met(true, predicted, radius)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _outline(matte: np.ndarray) -> np.ndarray:
    """The pixels above 0.5 with one of their four neighbours at or below it: uint8 (H, W), 0 or 1."""
    mask = np.ascontiguousarray(matte > 0.5).view(np.uint8)
    return mask - cv2.erode(mask, _NEIGHBOURS)  # beyond the frame nothing erodes


def _met(outline: np.ndarray, other: np.ndarray, radius: int) -> float:
    """The share of an outline's pixels that lie within `radius` of the other outline; both uint8 (H, W), 0 or 1."""
    # A dilation with a square is separable, with a disc it is not and takes 15 times as long. So the largest square
    # within the disc goes first, and the disc looks only where pixels are left.
    side = 2 * math.isqrt(radius**2 // 2) + 1
    length = cv2.countNonZero(outline)
    missed = outline & ~cv2.dilate(other, np.ones((side, side), np.uint8))
    x, y, width, height = cv2.boundingRect(missed)
    if width:
        around = other[max(0, y - radius) : y + height + radius, max(0, x - radius) : x + width + radius]
        top, left = min(y, radius), min(x, radius)
        near = cv2.dilate(around, _disc(radius))[top : top + height, left : left + width]
        missed = missed[y : y + height, x : x + width] & ~near
    return (length - cv2.countNonZero(missed)) / length


def _disc(radius: int) -> np.ndarray:
    at = np.arange(-radius, radius + 1)
    return (at**2 + at[:, None] ** 2 <= radius**2).astype(np.uint8)
