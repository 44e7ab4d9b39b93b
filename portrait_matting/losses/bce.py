"""Binary cross-entropy against a soft alpha, the loss that U²-Net was published with (arXiv 2005.09007, equation 2)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from portrait_matting.losses.criterion import Criterion


def bce(logits: Tensor, alpha: Tensor, weight: Tensor | None = None) -> Tensor:
    """The mean cross-entropy in nats of each map, float32 (B, K).

    `logits` is (B, K, H, W) of any float dtype, `alpha` (B, 1, H, W) in [0, 1], `weight` that of each pixel,
    (B, 1, H, W), above 0; None is the plain mean. It is computed in float32, under autocast too. Against a soft alpha
    the least possible value is the entropy of alpha, not 0.
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits = logits.float()
        target = alpha.float().expand_as(logits)
        nats = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return nats.mean((2, 3)) if weight is None else (weight * nats).sum((2, 3)) / weight.sum((2, 3))


class BCE(Criterion):
    """`bce` as a criterion. The published one has no edge weight: 1, the default."""

    def measure(self, logits: Tensor, alpha: Tensor, weight: Tensor | None) -> dict[str, Tensor]:
        return {"loss": bce(logits, alpha, weight)}
