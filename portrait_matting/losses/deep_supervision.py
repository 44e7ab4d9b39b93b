"""Deep supervision: the same criterion on every map that a network returns (U²-Net, arXiv 2005.09007, equation 1)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from portrait_matting.errors import InputError
from portrait_matting.losses.weighted_sum import check_weights


class DeepSupervision(nn.Module):
    """Weighted sum of a criterion over the fused map and the side outputs, in the order of the network's list.

    `criterion` maps logits (B, K, H, W) and alpha (B, 1, H, W) to (B, K). The default weights are the paper's: one each
    for the seven maps of U²-Net. An output of weight 0 is left out of the computation and of the result. Raises
    InputError for a negative weight or for weights that are all zero.
    """

    def __init__(self, criterion: nn.Module, weights: Sequence[float] = (1.0,) * 7) -> None:
        super().__init__()
        check_weights(weights)
        self.criterion = criterion
        self.outputs = len(weights)
        self.used = [index for index, weight in enumerate(weights) if weight > 0]
        self.names = ["loss_fused" if index == 0 else f"loss_side{index}" for index in self.used]
        used_weights = torch.tensor([float(weights[index]) for index in self.used])
        self.register_buffer("weights", used_weights, persistent=False)  # the recipe holds them, not the checkpoint

    def forward(self, outputs: Sequence[Tensor], alpha: Tensor) -> dict[str, Tensor]:
        """Return {"loss", "loss_fused", "loss_side1", ...}: scalars, all but "loss" detached.

        `outputs` are logits (B, 1, H, W), `alpha` is (B, 1, H, W) in [0, 1]. "loss" is the weighted sum, the others are
        the unweighted means over the batch. Raises InputError when there is not one weight per output.
        """
        if len(outputs) != self.outputs:
            raise InputError(
                f"{self.outputs} deep supervision weights for {len(outputs)} network outputs; give one each"
            )
        # One tensor, so that the criterion finds the band of alpha once for all maps.
        logits = torch.cat([outputs[index] for index in self.used], 1)  # (B, K, H, W)
        losses = self.criterion(logits, alpha).mean(0)  # (K,)
        parts = dict(zip(self.names, losses.detach().unbind(), strict=True))
        return {"loss": (self.weights * losses).sum(), **parts}
