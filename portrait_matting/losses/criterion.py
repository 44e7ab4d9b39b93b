"""What every criterion shares: errors in the transition band may weigh more than those outside it."""

import math

from torch import Tensor, nn

from portrait_matting.errors import InputError
from portrait_matting.images.transition_band import TOLERANCE, WIDTH, check_band, edge_mask


def band_weights(alpha: Tensor, edge_weight: float, width: float = WIDTH, tolerance: float = TOLERANCE) -> Tensor:
    """The weight of each pixel's error, float32 (B, 1, H, W): `edge_weight` in the transition band, 1 outside it.

    `alpha` is (B, 1, H, W) in [0, 1]; `width` and `tolerance` are those of `edge_mask`.
    """
    return 1 + (edge_weight - 1) * edge_mask(alpha, width, tolerance)


class Criterion(nn.Module):
    """A criterion: logits (B, K, H, W) and alpha (B, 1, H, W) to float32 (B, K), one number per image and map.

    A subclass says in `measure` what it is. The weights of the pixels are found once for all K maps.

    Args:
        width: of the band, as a share of the shorter side, see `edge_mask`.
        edge_weight: of an error in the band, above 0; 1 weighs all pixels alike, and the band is not looked for.
        tolerance: an alpha this close to 0 or 1 counts as 0 or 1.

    Raises:
        InputError: one of them is out of range.
    """

    def __init__(self, width: float = WIDTH, edge_weight: float = 1.0, tolerance: float = TOLERANCE) -> None:
        super().__init__()
        check_band(width, tolerance)
        if not (edge_weight > 0 and math.isfinite(edge_weight)):
            raise InputError(f"edge_weight {edge_weight} is not a positive number; 1 weighs all pixels alike")
        self.width, self.edge_weight, self.tolerance = width, edge_weight, tolerance

    @property
    def band(self) -> tuple[float, float, float]:
        """Width, edge weight and tolerance."""
        return self.width, self.edge_weight, self.tolerance

    def forward(self, logits: Tensor, alpha: Tensor) -> Tensor:
        return self.parts(logits, alpha)["loss"]

    def parts(self, logits: Tensor, alpha: Tensor) -> dict[str, Tensor]:
        """{"loss": what `forward` returns, and of a sum each term by its name}."""
        weight = None if self.edge_weight == 1 else band_weights(alpha, self.edge_weight, self.width, self.tolerance)
        return self.measure(logits, alpha, weight)

    def measure(self, logits: Tensor, alpha: Tensor, weight: Tensor | None) -> dict[str, Tensor]:
        """{"loss": (B, K), and the parts of a sum}, errors weighed by `weight` (B, 1, H, W); None: all alike."""
        raise NotImplementedError
