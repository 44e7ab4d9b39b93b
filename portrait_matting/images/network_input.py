"""From a photo to what a network sees: resized, smoothed where it shrinks, normalised. Nothing else does either."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from portrait_matting.errors import InputError


class Normalisation(NamedTuple):
    """How colours become a network's input: (value - mean) / std, RGB, for values of 0 to 255.

    With `by_maximum` the picture is first divided by its own largest value and multiplied by 255.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    by_maximum: bool = False


_IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))  # 0.485, 0.456, 0.406 and 0.229, 0.224, 0.225
NORMALISATIONS = {
    # EasyPortrait's own statistics over its training split (hukenovs/easyportrait, segformer-ps.py).
    "easyportrait": Normalisation((143.5527, 132.9671, 126.9492), (60.2625, 60.3274, 59.3099)),
    "imagenet": Normalisation(*_IMAGENET),
    # What U²-Net's published weights were trained with: each picture divided by its own maximum, not by 255
    # (xuebinqin/U-2-Net, data_loader.py, ToTensorLab).
    "imagenet_by_maximum": Normalisation(*_IMAGENET, by_maximum=True),
    "half": Normalisation((127.5,) * 3, (127.5,) * 3),  # -1 to 1
}
"""By the name that `model.normalisation` takes."""
DEFAULT = "easyportrait"
AUTO = "auto"
"""Of the weights that a run starts from; without any, the network's own."""
_LEAST_MAXIMUM = 1e-6  # of 1: a black picture stays black


def normalisation_of(value: str | Mapping[str, Any] | Normalisation) -> Normalisation:
    """The normalisation that a recipe's `model.normalisation` names, or spells out as {mean, std, by_maximum}.

    Raises:
        InputError: an unknown name or key, not three numbers, or a deviation that is not positive.
    """
    if isinstance(value, Normalisation):
        return value
    if isinstance(value, str):
        if value not in NORMALISATIONS:
            raise InputError(
                f"model.normalisation={value} is unknown: give one of {', '.join(NORMALISATIONS)}, or "
                "{mean: [R, G, B], std: [R, G, B]} for values of 0 to 255"
            )
        return NORMALISATIONS[value]
    try:
        given = Normalisation(**value)
        mean, std = (tuple(float(number) for number in numbers) for numbers in given[:2])
    except (TypeError, ValueError) as error:
        raise InputError(
            f"model.normalisation={dict(value)} cannot be read ({error}): give mean and std, three numbers each"
        ) from error
    if len(mean) != 3 or len(std) != 3 or min(std) <= 0:
        raise InputError(
            f"model.normalisation={dict(value)}: mean and std are three numbers each, those of std above 0"
        )
    return Normalisation(mean, std, bool(given.by_maximum))


def to_input(
    image: np.ndarray,
    size: int | tuple[int, int] | None = None,
    normalisation: Normalisation = NORMALISATIONS[DEFAULT],
) -> Tensor:
    """Normalises a photo for the network, resized first if `size` is given, a side or (h, w).

    uint8 RGB (H, W, 3) to float32 (3, H, W) or (3, h, w).
    """
    height, width = image.shape[:2] if size is None else (size, size) if isinstance(size, int) else size
    planes = _resized(image, height, width).contiguous().float()
    if normalisation.by_maximum:
        planes = planes.mul_(255 / max(float(planes.max()), 255 * _LEAST_MAXIMUM))
    mean, std = (torch.tensor(statistic)[:, None, None] for statistic in normalisation[:2])
    return planes.sub_(mean).div_(std)


def to_photo(image: Tensor, normalisation: Normalisation = NORMALISATIONS[DEFAULT]) -> np.ndarray:
    """Undoes `to_input`, but for the size and the maximum: float32 (3, H, W) to uint8 RGB (H, W, 3)."""
    planes = image.detach().float().cpu().numpy().transpose(1, 2, 0)
    scaled = planes * np.float32(normalisation.std) + np.float32(normalisation.mean)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes (H, W) or (H, W, C), uint8 or float32, linearly, and smoothed where a side shrinks.

    torch's antialiased filter, a triangle as wide as two pixels of the coarser grid: thin hair does not alias. For
    photos it takes a quarter of the time of OpenCV's INTER_AREA, which is near to nearest neighbour where a side grows.
    """
    if image.shape[:2] == (height, width):
        return image
    planes = list(_resized(image, height, width).contiguous().numpy())
    # OpenCV interleaves planes several times faster than a copy of the permuted array does.
    return planes[0] if image.ndim == 2 else cv2.merge(planes).reshape(height, width, -1)


def _resized(image: np.ndarray, height: int, width: int) -> Tensor:
    # torch takes no negative strides (BGR turned by [..., ::-1]), and warns of what it may not write into (np.asarray
    # of a picture of Pillow).
    planes = torch.from_numpy(np.require(np.atleast_3d(image), requirements="CW")).permute(2, 0, 1)
    if image.shape[:2] == (height, width):
        return planes
    return F.interpolate(planes[None], (height, width), mode="bilinear", antialias=True)[0]
