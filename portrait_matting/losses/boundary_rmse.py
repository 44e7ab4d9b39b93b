"""Root mean square error of alpha, with more weight in the transition band, where a cut-out is judged."""

import torch
import torch.nn.functional as F
from torch import Tensor

from portrait_matting.images.transition_band import TOLERANCE, WIDTH
from portrait_matting.losses.criterion import Criterion


def boundary_rmse(logits: Tensor, alpha: Tensor, weight: Tensor | None = None, eps: float = 1e-6) -> Tensor:
    """sqrt(sum(w (sigmoid(logits) - alpha)²) / sum(w) + eps²) of each map, float32 (B, K), between eps and 1.

    `logits` is (B, K, H, W) of any float dtype, `alpha` (B, 1, H, W) in [0, 1], `weight` w that of each pixel,
    (B, 1, H, W), above 0, as `band_weights` gives it; None weighs all alike. Three choices matter:

    - divided by the sum of the weights, not by the pixels of the band, so that the scale does not follow the area of
      the band and a picture without one gets its plain RMSE instead of 0 / 0;
    - the root is taken per image, so that a number does not depend on the rest of the batch;
    - eps is inside the root, whose slope at zero error would otherwise be infinite and its gradient NaN.

    It is computed in float32, under autocast too: the squares of small errors vanish in half precision.
    """
    with torch.autocast(logits.device.type, enabled=False):
        matte = torch.sigmoid(logits.float())  # (B, K, H, W): all that is kept for the backward pass of every map
        # mse_loss needs no map of the errors for its gradient, as a subtraction and a square do.
        square = F.mse_loss(matte, alpha.float().expand_as(matte), reduction="none")
        mean = square.mean((2, 3)) if weight is None else square.mul_(weight).sum((2, 3)) / weight.sum((2, 3))
        return torch.sqrt(mean + eps**2)  # (B, K)


class BoundaryRMSE(Criterion):
    """`boundary_rmse` as a criterion that finds the band itself."""

    def __init__(self, width: float = WIDTH, edge_weight: float = 5.0, tolerance: float = TOLERANCE) -> None:
        super().__init__(width, edge_weight, tolerance)

    def measure(self, logits: Tensor, alpha: Tensor, weight: Tensor | None) -> dict[str, Tensor]:
        return {"loss": boundary_rmse(logits, alpha, weight)}
