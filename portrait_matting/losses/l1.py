"""The mean absolute error of alpha, which is what MAD measures: where it is unsure, a network does best by deciding."""

import torch
import torch.nn.functional as F
from torch import Tensor

from portrait_matting.losses.criterion import Criterion


def l1(logits: Tensor, alpha: Tensor, weight: Tensor | None = None) -> Tensor:
    """sum(w |sigmoid(logits) - alpha|) / sum(w) of each map, float32 (B, K), in [0, 1].

    `logits` is (B, K, H, W) of any float dtype, `alpha` (B, 1, H, W) in [0, 1], `weight` w that of each pixel,
    (B, 1, H, W), above 0; None weighs all alike. It is computed in float32, under autocast too.

    Its least expectation is at the median of the alphas that are possible, where that of squares and of cross-entropy
    is at their mean: those leave grey what may be either. Its gradient is as small where a network is sure and wrong as
    where it is sure and right, so that it is for the end of a training, not its beginning.
    """
    with torch.autocast(logits.device.type, enabled=False):
        matte = torch.sigmoid(logits.float())
        error = F.l1_loss(matte, alpha.float().expand_as(matte), reduction="none")
        return error.mean((2, 3)) if weight is None else (weight * error).sum((2, 3)) / weight.sum((2, 3))


class L1(Criterion):
    """`l1` as a criterion."""

    def measure(self, logits: Tensor, alpha: Tensor, weight: Tensor | None) -> dict[str, Tensor]:
        return {"loss": l1(logits, alpha, weight)}
