"""A network that is no U²-Net, to see that the package asks a network for nothing but what `models.network` says."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from portrait_matting.images.network_input import Normalisation
from portrait_matting.models.network import Network


class TwoScales(Network):
    """A backbone that learns at a tenth of the rate, and two heads: the matte, and a coarse one at an eighth of it."""

    normalisation = Normalisation((127.5, 120.0, 110.0), (64.0, 60.0, 56.0))
    multiple = 32

    def __init__(self, width: int = 8, activation: str = "relu", strides: tuple[int, ...] = (2, 4)) -> None:
        super().__init__()
        self.activation = getattr(F, activation)
        first, second = strides
        self.backbone = nn.Sequential(
            nn.Conv2d(3, width, 3, stride=first, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, stride=second, padding=1), nn.BatchNorm2d(width),
        )  # fmt: skip
        self.coarse = nn.Conv2d(width, 1, 1)
        self.fine = nn.Conv2d(width + 3, 1, 3, padding=1)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        deep = self.activation(self.backbone(image))  # (B, width, H / 8, W / 8)
        wide = F.interpolate(deep, size=image.shape[-2:], mode="bilinear", align_corners=False)
        return {"coarse": self.coarse(deep), "matte": self.fine(torch.cat((wide, image), 1))}

    def parameter_groups(self) -> list[dict[str, Any]]:
        heads = [*self.coarse.parameters(), *self.fine.parameters()]
        return [{"params": list(self.backbone.parameters()), "lr_scale": 0.1}, {"params": heads}]


def two_scales(width: int = 8) -> TwoScales:
    """As a function, as recipes may name it."""
    return TwoScales(width)
