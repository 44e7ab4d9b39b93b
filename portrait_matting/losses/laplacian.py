"""The Laplacian pyramid loss: errors of detail, scale by scale (Hou and Liu 2019, arXiv 1909.09725, equation 6)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from portrait_matting.errors import InputError
from portrait_matting.losses.criterion import Criterion

LEVELS = 5  # as published
_BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)  # Burt and Adelson 1983, with a = 3/8


def laplacian(logits: Tensor, alpha: Tensor, levels: int = LEVELS) -> Tensor:
    """sum over levels s of 2^s mean |L_s(sigmoid(logits)) - L_s(alpha)| of each map, float32 (B, K), at least 0.

    L_s is what a 5 × 5 binomial blur takes away at level s, each level half as large as the one before, as published;
    the mean takes the place of the sum, so that the number does not follow the size. The coarsest blur is left out: a
    matte that is wrong by a constant has no error, so that the loss is for use beside another one. Sizes whose coarsest
    level would be smaller than 3 pixels have fewer levels.

    `logits` is (B, K, H, W) of any float dtype, `alpha` (B, 1, H, W) in [0, 1]. It is computed in float32, under
    autocast too.
    """
    with torch.autocast(logits.device.type, enabled=False):
        # The pyramid is linear: that of the difference is the difference of the pyramids.
        error = torch.sigmoid(logits.float()) - alpha.float()  # (B, K, H, W)
        loss = error.new_zeros(error.shape[:2])
        for level in range(levels):
            if min(error.shape[-2:]) < 3:
                break
            coarse = _blur(error)
            loss = loss + 2**level * (error - coarse).abs().mean((2, 3))
            error = coarse[..., ::2, ::2]
        return loss


def _blur(x: Tensor) -> Tensor:
    """A 5 × 5 binomial blur of each map, mirrored at the borders."""
    kernel = x.new_tensor(_BINOMIAL)
    flat = F.pad(x.flatten(0, 1)[:, None], (2, 2, 2, 2), mode="reflect")
    return F.conv2d(F.conv2d(flat, kernel.view(1, 1, 1, 5)), kernel.view(1, 1, 5, 1)).view(x.shape)


class Laplacian(Criterion):
    """`laplacian` as a criterion. It has no band: details are at edges as it is.

    Args:
        levels: of the pyramid, at least 1.

    Raises:
        InputError: fewer levels.
    """

    def __init__(self, levels: int = LEVELS) -> None:
        super().__init__()
        if levels < 1:
            raise InputError(f"a Laplacian pyramid of {levels} levels has no detail: give levels=1 or more")
        self.levels = levels

    def measure(self, logits: Tensor, alpha: Tensor, weight: Tensor | None) -> dict[str, Tensor]:
        return {"loss": laplacian(logits, alpha, self.levels)}
