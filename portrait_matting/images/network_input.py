"""From a photo to what a network sees: resized, smoothed where it shrinks, normalised. Nothing else does either."""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


class Normalisation(NamedTuple):
    """Mean and standard deviation of each colour, RGB, 0-255."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


# EasyPortrait's own statistics over its training split (hukenovs/easyportrait, segformer-ps.py).
OURS = Normalisation((143.5527, 132.9671, 126.9492), (60.2625, 60.3274, 59.3099))
# What the reference project's weights were trained with (xuebinqin/U-2-Net, data_loader.py, times 255).
IMAGENET = Normalisation((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))


def to_input(
    image: np.ndarray, size: int | tuple[int, int] | None = None, normalisation: Normalisation = OURS
) -> Tensor:
    """Normalises a photo for the network, resized if `size` is given, a side or (h, w): zero mean and unit spread.

    uint8 RGB (H, W, 3) to float32 (3, H, W) or (3, h, w).
    """
    height, width = image.shape[:2] if size is None else (size, size) if isinstance(size, int) else size
    planes = _resized(image, height, width).contiguous().float()
    mean, std = (torch.tensor(statistic)[:, None, None] for statistic in normalisation)
    return planes.sub_(mean).div_(std)


def to_photo(image: Tensor) -> np.ndarray:
    """Undoes `to_input`: float32 (3, H, W) to uint8 RGB (H, W, 3)."""
    scaled = image.detach().float().cpu().numpy().transpose(1, 2, 0) * np.float32(OURS.std) + np.float32(OURS.mean)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes (H, W) or (H, W, C), uint8 or float32, linearly, and smoothed where a side shrinks.

    torch's antialiased filter, a triangle as wide as two pixels of the coarser grid: thin hair does not alias. For
    photos it takes a quarter of the time of OpenCV's INTER_AREA, which is near to nearest neighbour where a side grows.
    """
    if image.shape[:2] == (height, width):
        return image
    planes = _resized(image, height, width)
    return np.ascontiguousarray(planes.permute(1, 2, 0).numpy() if image.ndim == 3 else planes[0].numpy())


def _resized(image: np.ndarray, height: int, width: int) -> Tensor:
    planes = torch.from_numpy(np.atleast_3d(image)).permute(2, 0, 1)
    if image.shape[:2] == (height, width):
        return planes
    return F.interpolate(planes[None], (height, width), mode="bilinear", antialias=True)[0]
