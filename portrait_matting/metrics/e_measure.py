"""E-measure: how well a prediction as a mask aligns with the truth, pixel by pixel and in the mean of the image."""

import numpy as np

from portrait_matting.metrics.precision_recall import counts_above

EPSILON = np.finfo(np.float64).eps  # the authors' guard: MATLAB's eps


def e_measure(prediction: np.ndarray, mask: np.ndarray) -> float:
    """The mean of `e_curve` over its 256 thresholds, higher is better.

    At threshold 0 every pixel is foreground, so that even the mask itself misses 1: of N pixels it scores
    (255 + 1/4) / 256 · N / (N - 1) where it has both kinds, 255/256 · N / (N - 1) where it is empty, N / (N - 1) where
    it is full.

    Args:
        prediction: float32 (H, W) in [0, 1].
        mask: bool (H, W), the truth.

    >>> round(e_measure(np.float32([[1.0, 1.0, 0.0, 0.0]]), np.array([[True, True, False, False]])), 6)
    1.329427
    >>> round(255.25 / 256 * 4 / 3, 6)
    1.329427
    """
    return float(e_curve(prediction, mask).mean())


def e_curve(prediction: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The enhanced alignment at every threshold (Fan et al., "Enhanced-alignment Measure for Binary Foreground Map
    Evaluation", IJCAI 2018); equal to PySODMetrics without its min-max stretch.

    Of a prediction P as a mask and the truth G, each less its mean, a and b: the mean over the pixels of (ξ + 1)² / 4
    with ξ = 2ab / (a² + b²). There are four kinds of pixels only, so that four counts per threshold suffice. For an
    empty truth it is the share of pixels that P leaves out, for a full one the share that it has. The authors' code
    divides by N - 1 and not by N, the pixels, and so do published tables: values reach up to N / (N - 1). One pixel
    is divided by 1.

    Args:
        prediction: float32 (H, W) in [0, 1].
        mask: bool (H, W), the truth.

    Returns:
        float64 (256,) for the thresholds 255 to 0, in [0, N / (N - 1)], higher is better.

    >>> curve = e_curve(np.float32([[1.0, 0.5, 0.0, 0.0]]), np.array([[True, True, False, False]]))
    >>> curve[[0, 128, 255]].round(4).tolist()  # at 255, 127 and 0
    [0.8515, 1.3333, 0.3333]
    """
    true, false = counts_above(prediction, mask)
    area, size = true[-1], mask.size
    if area == 0:
        aligned = size - false
    elif area == size:
        aligned = true
    else:
        pixels = np.stack([true, false, area - true, size - area - false])
        mean, mean_true = (true + false) / size, area / size
        a = np.stack([1 - mean, 1 - mean, -mean, -mean])
        b = np.array([[1 - mean_true], [-mean_true], [1 - mean_true], [-mean_true]])
        alignment = 2 * a * b / (a**2 + b**2 + EPSILON)
        aligned = (pixels * (alignment + 1) ** 2 / 4).sum(axis=0)
    return aligned / max(size - 1, 1)
