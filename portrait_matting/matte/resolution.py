"""Bringing a matte from the network's resolution to the photo's own."""

import torch
import torch.nn.functional as F
from torch import Tensor


def to_size(matte: Tensor, height: int, width: int) -> Tensor:
    """Resamples a matte (1, h, w) in [0, 1] to float32 (1, height, width), bilinearly; averages where it shrinks.

    The matte is resampled, not its logits: a bilinear mean of alphas is the alpha of the mean pixel.
    """
    matte = matte.float()
    if matte.shape[-2:] == (height, width):
        return matte
    with torch.autocast(matte.device.type, enabled=False):
        return F.interpolate(matte[None], size=(height, width), mode="bilinear", antialias=True)[0].clamp(0, 1)
