"""Root mean square error of alpha, with more weight in the transition band, where a cut-out is judged."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from portrait_matting.errors import InputError
from portrait_matting.images.transition_band import TOLERANCE, WIDTH, check_band, edge_mask


def boundary_rmse(logits: Tensor, alpha: Tensor, edge: Tensor, edge_weight: float, eps: float = 1e-6) -> Tensor:
    """Return sqrt(sum(w (sigmoid(logits) - alpha)²) / sum(w) + eps²) of each map, float32 (B, K), between eps and 1.

    `logits` is (B, K, H, W) of any float dtype, `alpha` (B, 1, H, W) in [0, 1], `edge` (B, 1, H, W) with 1 in the band
    and 0 outside. The weight w is `edge_weight` (> 0) in the band and 1 outside. Three choices matter:

    - divided by the sum of the weights, not by the pixels of the band, so that the scale does not follow the area of
      the band and a picture without one gets its plain RMSE instead of 0 / 0;
    - the root is taken per image, so that a figure does not depend on the rest of the batch;
    - eps is inside the root, whose slope at zero error would otherwise be infinite and its gradient NaN.

    It is computed in float32, under autocast too: the squares of small errors vanish in half precision.
    """
    with torch.autocast(logits.device.type, enabled=False):
        matte = torch.sigmoid(logits.float())  # (B, K, H, W): all that is kept for the backward pass of every map
        weight = 1 + (edge_weight - 1) * edge.float()  # (B, 1, H, W)
        # mse_loss needs no map of the errors for its gradient, as a subtraction and a square do.
        square = F.mse_loss(matte, alpha.float().expand_as(matte), reduction="none")
        mean_square = square.mul_(weight).sum((2, 3)) / weight.sum((2, 3))  # (B, K)
        return torch.sqrt(mean_square + eps**2)


class BoundaryRMSE(nn.Module):
    """`boundary_rmse` as a criterion that finds the band itself: logits (B, K, H, W), alpha (B, 1, H, W) to (B, K).

    `width` and `tolerance` are those of `edge_mask`. Raises InputError when they or `edge_weight` are out of range.
    """

    def __init__(self, width: float = WIDTH, edge_weight: float = 5.0, tolerance: float = TOLERANCE) -> None:
        super().__init__()
        check_band(width, tolerance)
        if not (edge_weight > 0 and math.isfinite(edge_weight)):
            raise InputError(f"edge_weight {edge_weight} is not a positive number; 1 weighs all pixels alike")
        self.width = width
        self.edge_weight = edge_weight
        self.tolerance = tolerance

    def forward(self, logits: Tensor, alpha: Tensor) -> Tensor:
        return boundary_rmse(logits, alpha, edge_mask(alpha, self.width, self.tolerance), self.edge_weight)
