"""The connectivity error of a matte: how much of it hangs on to nothing.

Rhemann et al., A Perceptually Motivated Online Benchmark for Image Matting, CVPR 2009, section 3; theta and the levels
as in the benchmark's own MATLAB code, which mmagic and PaddleSeg follow. (PaddleSeg says that its scores come out some
5 % below MATLAB's; no score here was compared with MATLAB's either.)
"""

import cv2
import numpy as np

from portrait_matting.errors import InputError

STEP = 0.1
THETA = 0.15
"""Differences below it do not count (Rhemann et al. 2009)."""

GRID = 64  # points along the shorter side among which a start for the flood is sought


def connectivity_error(
    prediction: np.ndarray, alpha: np.ndarray, region: np.ndarray | None = None, step: float = STEP
) -> float:
    """The sum of `connectivity_error_map` / 1,000, at least 0, lower is better; it grows with the area of the image.

    0 for equal mattes, constant maps among them, for an empty region, and for a prediction without a value of THETA or
    more against an empty truth. An empty prediction, or an empty truth, costs all that is THETA or more in the other,
    since no level has a component. One-pixel images need no special rule.

    Args:
        prediction, alpha: float (H, W) in [0, 1].
        region: bool (H, W), the pixels whose errors count, such as the transition band; None: all. The components are
            those of the whole image in any case, as in the benchmark's code.
        step: between the levels.

    Raises:
        InputError: a step that does not divide 1.

    Below, the prediction lacks the bridge of 0.2, so that the 0.8 hang on to nothing in both mattes, alike. An empty
    prediction lacks everything:

    >>> alpha = np.float32([[1, 1, 1, 0.2, 0.8, 0.8]])
    >>> prediction = np.float32([[1, 1, 1, 0.0, 0.8, 0.8]])
    >>> round(connectivity_error(prediction, alpha), 6), round(connectivity_error(0 * prediction, alpha), 6)
    (0.0002, 0.0048)
    """
    error = connectivity_error_map(prediction, alpha, step)
    if region is not None:
        np.multiply(error, region, out=error)
    # cv2.sumElems differs in the last digit with the place of the array in memory.
    return float(error.sum(dtype=np.float64)) / 1000


def connectivity_error_map(prediction: np.ndarray, alpha: np.ndarray, step: float = STEP) -> np.ndarray:
    """The difference of the degrees of connectedness at each pixel, in [0, 1], lower is better; float32 (H, W).

    The source region at a level is the largest 4-connected component of the pixels where both mattes reach it; of
    components of one size the one that comes first, row by row. A pixel that leaves the source region at level i was
    connected up to level i - 1, `l`, and its degree of connectedness is 1 - (value - l) where value - l >= THETA, else
    1. Where a level has no component every pixel left leaves. (P3M skips such levels, so that an empty prediction costs
    nothing there.)

    Arguments and errors as in `connectivity_error`.

    >>> alpha = np.float32([[1, 1, 0, 0.5]])  # the pixel of 0.5 is connected to nothing
    >>> connectivity_error_map(np.float32([[1, 1, 0, 0.3]]), alpha).astype(float).round(6).tolist()
    [[0.0, 0.0, 0.0, 0.2]]
    """
    prediction, alpha = (np.ascontiguousarray(matte, dtype=np.float32) for matte in (prediction, alpha))
    # In float32, as 0.2 is 51/255 there, and an 8-bit 51 reaches the level 0.2.
    levels = _levels(step)
    least = cv2.min(prediction, alpha)
    connected = cv2.LUT(_source_counts(least, levels), np.pad(levels, (1, 255 - len(levels)))[None])
    beyond = _beyond(prediction, connected, least)  # into arrays that are no longer needed: new ones cost time
    return cv2.absdiff(beyond, _beyond(alpha, connected, connected), dst=beyond)


def _levels(step: float) -> np.ndarray:
    count = round(1 / step) if step > 0 else 0
    if not (0 < count < 256 and np.isclose(count * step, 1, rtol=1e-9)):
        raise InputError(f"connectivity step {step} does not divide 1 into 1 to 255 levels; give 0.1, or 1/16")
    return (np.arange(1, count + 1) / count).astype(np.float32)


def _beyond(matte: np.ndarray, connected: np.ndarray, out: np.ndarray) -> np.ndarray:
    """`matte` - `connected` where that is THETA or more, else 0."""
    just_below = float(np.nextafter(np.float32(THETA), np.float32(0)))  # since the threshold itself is not kept
    return cv2.threshold(cv2.subtract(matte, connected, dst=out), just_below, 0, cv2.THRESH_TOZERO, dst=out)[1]


def _source_counts(least: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """In how many source regions each pixel of `least`, the lesser of the mattes, is before it leaves; uint8 (H, W).

    The pixels that reach a level reach those below, so that a component lies within one of the level below. Hence the
    source region, once known, is followed by a flood from a point within: what the flood has reached is the new one if
    all else is smaller, and all else is known to be at most `rest`. Only where that does not tell are the components of
    the whole image labelled, which takes ten to twenty times as long.
    """
    counts = np.zeros(least.shape, np.uint8)
    x, y, width, height = cv2.boundingRect((least >= levels[0]).view(np.uint8))
    if not width:
        return counts
    box = slice(y, y + height), slice(x, x + width)
    least, boxed = least[box], counts[box]
    stride = max(1, min(least.shape) // GRID)
    # Start deep inside: at grid points that are high and have high neighbours.
    depth = cv2.blur(least[::stride, ::stride], (5, 5)) * least[::stride, ::stride]
    source, area = np.ones(least.shape, np.uint8), least.size  # level 0 is reached everywhere
    within, reached = np.empty_like(source), np.empty(least.shape, bool)
    rest = 0  # no component of the last level other than the source region has more pixels
    for level in levels:
        np.greater_equal(least, level, out=reached)
        remaining = cv2.countNonZero(np.bitwise_and(source, reached.view(np.uint8), out=within))
        if not remaining:
            break
        if remaining < area:
            row, column = (
                int(at) * stride for at in np.unravel_index(np.argmax(depth * within[::stride, ::stride]), depth.shape)
            )
            area = cv2.floodFill(within, None, (column, row), 2, flags=4)[0] if within[row, column] else 0
            rest = max(rest, remaining - area)
            if area > rest:
                np.right_shift(within, 1, out=within)
            else:
                component, area, rest = _largest(reached.view(np.uint8))
                if not cv2.countNonZero(np.bitwise_and(source, component, out=within)):
                    break
            source, within = within, source
        boxed += source
    return counts


def _largest(mask: np.ndarray) -> tuple[np.ndarray, int, int]:
    """The largest 4-connected component of a mask that has one, the first of equal ones; its area, the next one's."""
    labels = cv2.connectedComponents(mask, connectivity=4)[1]
    areas = np.bincount(labels.ravel(), minlength=3)
    areas[0] = 0  # the background
    largest = int(np.argmax(areas))
    area, areas[largest] = int(areas[largest]), 0
    return (labels == largest).view(np.uint8), area, int(areas.max())
