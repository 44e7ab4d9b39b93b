"""The transition band of an alpha matte: the pixels around its edges, and everything semi-transparent."""

import torch
import torch.nn.functional as F
from torch import Tensor

from portrait_matting.errors import InputError

WIDTH = 0.05
"""Full width of the band as a share of the shorter side. MODNet's self-supervised step takes 5 % of the mean side
(ZHKKKe/MODNet, src/trainer.py)."""

TOLERANCE = 1 / 255
"""One 8-bit step. A resampled matte holds 0.9999 deep inside the person; without a tolerance that would all be band."""


def edge_mask(alpha: Tensor, width: float = WIDTH, tolerance: float = TOLERANCE) -> Tensor:
    """The edge mask: 1 where the neighbourhood of a pixel is neither all background nor all foreground, else 0.

    The neighbourhood is a square of side 2 r + 1 with r = max(1, round(width * min(H, W) / 2)), so that the band of a
    hard edge is 2 r pixels wide: `width` of the shorter side, whatever the resolution. A pixel is in the band when the
    dilation of alpha exceeds `tolerance` and its erosion stays below 1 - `tolerance`. For hard masks that is dilation
    minus erosion; a veil of constant alpha is in the band too. Outside the image there is neither background nor
    foreground, so the frame itself makes no edge.

    `alpha` is (B, 1, H, W), or any (..., H, W), in [0, 1]. The mask is float32 of the same shape, without gradient.

    Raises:
        InputError: `width` is outside (0, 1] or `tolerance` outside [0, 0.5).
    """
    check_band(width, tolerance)
    radius = max(1, round(width * min(alpha.shape[-2:]) / 2))
    with torch.no_grad():
        alpha = alpha.float()  # bfloat16 has no number between 0.996 and 1
        # Thresholding commutes with dilation and erosion, so that one byte carries both: bit 0 says "not background",
        # bit 1 "not foreground". The running OR of bytes takes a CPU 1/20 to 1/50 of the time of float max-pools.
        bits = (alpha > tolerance).byte() | (alpha < 1 - tolerance).byte() * 2
        bits = _spread(_spread(bits, radius, dim=-1), radius, dim=-2)
        return (bits == 3).float()


def check_band(width: float, tolerance: float) -> None:
    """Refuses a band that has no pixels or leaves no background.

    Raises:
        InputError: `width` is outside (0, 1] or `tolerance` outside [0, 0.5).
    """
    if not 0 < width <= 1:
        raise InputError(
            f"edge band width {width} is not in (0, 1]; give its share of the shorter side, such as {WIDTH}"
        )
    if not 0 <= tolerance < 0.5:
        raise InputError(f"edge band tolerance {tolerance} is not in [0, 0.5); one 8-bit step is {TOLERANCE:.4f}")


def _spread(bits: Tensor, radius: int, dim: int) -> Tensor:
    """The OR of `bits` (uint8) over a window of 2 radius + 1 along the last (-1) or last but one (-2) dimension.

    Each round ORs the tensor with itself, shifted, and so doubles the window: log2 rounds instead of one per pixel.
    """
    bits = F.pad(bits, (radius, radius) if dim == -1 else (0, 0, radius, radius))
    window, span = 2 * radius + 1, 1
    while span < window:
        shift = min(span, window - span)
        length = bits.shape[dim] - shift
        bits = bits.narrow(dim, 0, length) | bits.narrow(dim, shift, length)
        span += shift
    return bits
