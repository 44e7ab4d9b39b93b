"""The gradient error of a matte: how far its slopes are from the true ones, where over-smoothing and jags show.

Rhemann et al., A Perceptually Motivated Online Benchmark for Image Matting, CVPR 2009, section 3, computed as in the
benchmark's own MATLAB code: first-order Gaussian derivatives, sigma 1.4, filters cut off where the Gaussian falls below
0.01 and brought to unit L2 norm, edge pixels repeated, the squared difference of the magnitudes, summed, / 1,000.

Published scores come in three variants, which cannot be compared freely. mmagic and PaddleSeg use the same filter but
stretch both mattes from their least to their greatest value first: alpha * 0.5 then costs nothing, and a faint matte is
not noticed. P3M does not stretch, leaves the filter unnormalised (`scipy.ndimage.gaussian_filter`) and divides by 10,
which comes within some 5 % of this one. Nothing is stretched here.
"""

import math

import cv2
import numpy as np

from portrait_matting.errors import InputError

SIGMA = 1.4
EPSILON = 0.01  # the filter ends where the Gaussian falls below it


def gradient_error(
    prediction: np.ndarray, alpha: np.ndarray, region: np.ndarray | None = None, sigma: float = SIGMA
) -> float:
    """The sum of `gradient_error_map` / 1,000, at least 0, lower is better; it grows with the length of the edges.

    0, up to rounding, for equal mattes, constant maps, whatever their values, one-pixel images and an empty region. An
    empty prediction costs the squared gradient of the truth, and the other way round.

    Args:
        prediction, alpha: float (H, W) in [0, 1].
        region: bool (H, W), the pixels whose errors count, such as the transition band; None: all. Their gradients are
            those of the whole image in any case.
        sigma: of the Gaussian in pixels.

    Raises:
        InputError: a sigma that is not above 0.

    A hard vertical edge, 100 pixels long; at half its height it costs a quarter of what its absence does:

    >>> alpha = np.zeros((100, 40), np.float32)
    >>> alpha[:, 20:] = 1
    >>> round(gradient_error(0 * alpha, alpha), 4), round(gradient_error(0.5 * alpha, alpha), 4)
    (1.9591, 0.4898)
    """
    error = gradient_error_map(prediction, alpha, sigma)
    if region is not None:
        np.multiply(error, region, out=error)
    return float(error.sum(dtype=np.float64)) / 1000


def gradient_error_map(prediction: np.ndarray, alpha: np.ndarray, sigma: float = SIGMA) -> np.ndarray:
    """The squared difference of the gradients' magnitudes at each pixel, lower is better; float32 (H, W).

    A hard straight edge costs up to 7.1 a pixel with sigma 1.4. Arguments and errors as in `gradient_error`.

    >>> alpha = np.zeros((9, 20), np.float32)
    >>> alpha[:, 10:] = 1
    >>> gradient_error_map(0 * alpha, alpha)[4, 6:14].astype(float).round(3).tolist()
    [0.009, 0.278, 2.422, 7.086, 7.086, 2.422, 0.278, 0.009]
    """
    if not sigma > 0:
        raise InputError(f"gradient sigma {sigma} is not above 0; give pixels, such as {SIGMA}")
    bell, slope = _filters(sigma)
    error = _magnitude(prediction, bell, slope)
    np.subtract(error, _magnitude(alpha, bell, slope), out=error)
    return np.multiply(error, error, out=error)


def _filters(sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """The Gaussian and its derivative, of unit L2 norm, so that their outer product has it too."""
    height = 1 / (math.sqrt(2 * math.pi) * sigma)
    half = math.ceil(sigma * math.sqrt(max(0.0, 2 * math.log(height / EPSILON))))
    at = np.arange(-half, half + 1, dtype=np.float64)
    bell = np.exp(-(at**2) / (2 * sigma**2))
    slope = at * bell
    return bell / np.linalg.norm(bell), slope / (np.linalg.norm(slope) or 1.0)


def _magnitude(matte: np.ndarray, bell: np.ndarray, slope: np.ndarray) -> np.ndarray:
    matte = np.ascontiguousarray(matte, dtype=np.float32)
    across = cv2.sepFilter2D(matte, cv2.CV_32F, slope, bell, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(matte, cv2.CV_32F, bell, slope, borderType=cv2.BORDER_REPLICATE)
    # cv2.magnitude and cv2.sumElems differ in the last digit with the place of the array in memory; NumPy does not.
    np.multiply(across, across, out=across)
    np.multiply(down, down, out=down)
    return np.sqrt(np.add(across, down, out=across), out=across)
