"""Deep supervision: the same criterion on every matte that a network returns (U²-Net, arXiv 2005.09007, equation 1)."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from portrait_matting.losses.weighted_sum import check_names, check_weights


class DeepSupervision(nn.Module):
    """A loss: the weighted sum of a criterion over the outputs of a network, each of them logits of a matte.

    Args:
        criterion: logits (B, K, H, W) and alpha (B, 1, H, W) to (B, K). One that has `parts` has them logged.
        weights: of the outputs by their names, such as {"matte": 1, "side1": 0.5}. An output of weight 0, or without
            one, is left out of the computation and of the result. None: 1 each, as in the paper.

    Raises:
        InputError: a negative weight, or weights that are all zero.
    """

    def __init__(self, criterion: nn.Module, weights: Mapping[str, float] | None = None) -> None:
        super().__init__()
        if weights is not None:
            check_weights(weights)
        self.criterion = criterion
        self.weights = None if weights is None else {name: float(weight) for name, weight in weights.items() if weight}

    def forward(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """{"loss", "loss_matte", "loss_side1", …, and the parts of the criterion}: scalars, all but "loss" detached.

        "loss" is the weighted sum, "loss_OUTPUT" the unweighted mean over the batch, and a part of the criterion the
        sum over the outputs of what it adds, before its own weight. Outputs (B, 1, h, w) of another size than
        `batch["alpha"]` (B, 1, H, W) in [0, 1] are resized to it, as U²-Net's side outputs are.

        Raises:
            InputError: a weight is of an output that the network does not have.
        """
        alpha = batch["alpha"]
        weights = dict.fromkeys(outputs, 1.0) if self.weights is None else self.weights
        check_names(weights, outputs)
        # One tensor, so that the criterion finds the band of alpha once for all maps.
        logits = torch.cat([_to_size_of(alpha, outputs[name]) for name in weights], 1)  # (B, K, H, W)
        named = hasattr(self.criterion, "parts")
        parts = self.criterion.parts(logits, alpha) if named else {"loss": self.criterion(logits, alpha)}
        means = {name: values.mean(0) for name, values in parts.items()}  # (K,) each
        sums = {name: _weighted(values, list(weights.values())) for name, values in means.items()}
        by_output = dict(zip(weights, means["loss"].detach().unbind(), strict=True))
        return {
            "loss": sums.pop("loss"),
            **{f"loss_{name}": value for name, value in by_output.items()},
            **{name: value.detach() for name, value in sums.items()},
        }


def _weighted(values: Tensor, weights: list[float]) -> Tensor:
    if set(weights) == {1.0}:
        return values.sum()
    return sum(map(torch.mul, values.unbind(), weights))  # numbers: a tensor of them would be copied to the card


def _to_size_of(alpha: Tensor, logits: Tensor) -> Tensor:
    if logits.shape[-2:] == alpha.shape[-2:]:
        return logits
    return F.interpolate(logits, size=alpha.shape[-2:], mode="bilinear", align_corners=False)
