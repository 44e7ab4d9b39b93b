"""Binary cross-entropy against a soft alpha, the loss that U²-Net was published with (arXiv 2005.09007, equation 2)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def bce(logits: Tensor, alpha: Tensor) -> Tensor:
    """Return the mean cross-entropy in nats of each map, float32 (B, K).

    `logits` is (B, K, H, W) of any float dtype, `alpha` (B, 1, H, W) in [0, 1]. It is computed in float32, under
    autocast too. Against a soft alpha the least possible value is the entropy of alpha, not 0.
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits = logits.float()
        target = alpha.float().expand_as(logits)
        return F.binary_cross_entropy_with_logits(logits, target, reduction="none").mean((2, 3))


class BCE(nn.Module):
    """`bce` as a criterion: logits (B, K, H, W) and alpha (B, 1, H, W) to (B, K)."""

    def forward(self, logits: Tensor, alpha: Tensor) -> Tensor:
        return bce(logits, alpha)
