"""A soft matte from a hard mask: alpha estimated from the photo's colours in a thin band around the mask's edge.

Closed-form matting (Levin, Lischinski and Weiss, A Closed-Form Solution to Natural Image Matting, PAMI 2008) assumes
that the colours of foreground and of background each lie on a line within every 3x3 window. Where the colours cannot
tell, a weak prior draws alpha towards the blurred mask, as the paper's lambda draws it towards a user's scribbles. The
Laplacian is pymatting's. Outside the band alpha is the mask: exactly 0 and 1.

What it recovers: edges a fraction of a pixel wide, edges that the mask has wrong by a pixel or two, and strands from
the mask's edge as far as the band reaches, 3 pixels at 512. What it cannot: strands beyond the band, pieces that the
mask lost, edges between like colours, errors of the mask wider than half the band; a pattern of the background within
the band leaves ghosts. Where the mask is exact and the edge merely blurred, a blurred mask comes closer to the truth.
The measurements, and how the constants were chosen, are in EXPERIMENTS.md; `benchmarks/soft_targets.py` prints them.
"""

import cv2
import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.matte.closed_form import solve

BAND = 0.01
"""Full width of the band as a share of the shorter side, 6 pixels at 512. Wider reaches more strands and mends larger
errors of the mask, but lets in more of the background's patterns."""

EPSILON = 1e-5
"""The paper's regularisation of the windows' colour covariance, for colours in [0, 1]. Larger is smoother, hazier."""

PRIOR = 0.01
"""Weight of the blurred mask at each pixel of the band; the Laplacian's diagonal is of the order of 8."""


def soft_alpha(
    image: np.ndarray, mask: np.ndarray, band: float = BAND, epsilon: float = EPSILON, prior: float = PRIOR
) -> np.ndarray:
    """Estimates the alpha of the person in `mask` inside the transition band of its edge, the same bytes at each call.

    A mask without an edge has no band, and a picture below 3 pixels holds no window: then the mask is returned.

    Args:
        image: uint8 RGB (H, W, 3).
        mask: bool or uint8 (H, W); whatever is not 0 is the person.
        band: full width of the band as a share of the shorter side, in (0, 1]; see transition_band.
        epsilon: regularisation of the colour covariance, above 0.
        prior: weight of the blurred mask, above 0. Its sigma is half the band's radius.

    Returns:
        float32 (H, W) in [0, 1]; exactly 0 or 1 outside the band.

    Raises:
        InputError: pymatting is not installed, sizes differ, or a number is out of its range.
    """
    if image.shape != (*mask.shape, 3):
        raise InputError(f"image {image.shape} does not fit mask {mask.shape}: give (H, W, 3) and (H, W) of one size")
    if not (epsilon > 0 and prior > 0):
        raise InputError(f"epsilon={epsilon} and prior={prior} must be above 0; the defaults are {EPSILON} and {PRIOR}")
    mask = mask > 0
    unknown = transition_band(mask, band)
    alpha = mask.astype(np.float32)
    if not unknown.any() or min(mask.shape) < 3:
        return alpha
    blurred = cv2.GaussianBlur(alpha, (0, 0), _radius(mask, band) / 2, borderType=cv2.BORDER_REPLICATE)
    alpha[unknown] = np.clip(solve(image, mask, unknown, blurred[unknown], epsilon, prior), 0, 1)
    return alpha


def transition_band(mask: np.ndarray, width: float = BAND) -> np.ndarray:
    """The pixels, bool (H, W), whose neighbourhood holds both person and background: dilation minus erosion.

    The neighbourhood is that of losses.edge_mask: a square of side 2 r + 1, r = max(1, round(width * min(H, W) / 2)),
    of which nothing outside the image counts.

    Raises:
        InputError: the width is outside (0, 1].
    """
    if not 0 < width <= 1:
        raise InputError(f"band width {width} is not in (0, 1]; give its share of the shorter side, such as {BAND}")
    square, person = np.ones((2 * _radius(mask, width) + 1,) * 2, np.uint8), (mask > 0).astype(np.uint8)
    return cv2.dilate(person, square) != cv2.erode(person, square)


def _radius(mask: np.ndarray, width: float) -> int:
    return max(1, round(width * min(mask.shape) / 2))
