"""The one place where images are augmented, resized and normalised for the network."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import albumentations as A
import cv2
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


class RandomResizedCrop(A.RandomResizedCrop):
    """albumentations' transform of this name with our `resize`, for image and alpha alike.

    Its own shrinks linearly, which aliases, or with `area_for_downscale=image_mask` enlarges alphas (not images) by
    INTER_AREA, which tears them into steps and shifts them by up to half a pixel (2.0.8).
    """

    def apply(self, img: np.ndarray, crop_coords: tuple[int, int, int, int], **params: Any) -> np.ndarray:
        left, top, right, bottom = crop_coords
        return resize(img[top:bottom, left:right], *self.size)

    def apply_to_mask(self, mask: np.ndarray, crop_coords: tuple[int, int, int, int], **params: Any) -> np.ndarray:
        return self.apply(mask, crop_coords)


@dataclass
class Augmentation:
    """Turns a portrait of any size into one training sample.

    Args:
        transforms: albumentations transforms, in order. Whatever size they leave is resized to the input.
        input_size: side in pixels of the square that the network sees.
    """

    transforms: Sequence[A.BasicTransform]
    input_size: int

    def __post_init__(self) -> None:
        # albumentations resamples masks by nearest neighbour unless told otherwise: that tears a soft alpha into steps.
        # strict: an unknown argument of a transform is an error, not a warning.
        self.compose = A.Compose(list(self.transforms), mask_interpolation=cv2.INTER_LINEAR, strict=True)

    @property
    def least_side(self) -> int:
        """Pixels that a photo's shorter side needs so that a square crop of the smallest scale fills the input.

        0 without transforms: then the input is to be what predict makes of the whole photo, to the bit.
        """
        if not self.transforms:
            return 0
        crops = [crop.scale[0] for crop in self.transforms if isinstance(crop, A.RandomResizedCrop)]
        return math.ceil(self.input_size / math.sqrt(min(crops, default=1.0)))

    def __call__(self, image: np.ndarray, alpha: np.ndarray, seed: int) -> dict[str, Tensor]:
        """Augments one portrait; the same seed gives the same sample in every process.

        Args:
            image: uint8 RGB (H, W, 3).
            alpha: float32 (H, W) in [0, 1]; of another size where the photo was reduced when it was read.
            seed: of this sample alone. albumentations keeps a random state of its own, which neither
                `seed_everything` nor Lightning's worker seeding reaches: without this, all workers draw alike.

        Returns:
            image: float32 (3, S, S) normalised. alpha: float32 (1, S, S) in [0, 1].
        """
        if alpha.shape != image.shape[:2]:  # by area, as the decoder has reduced the photo
            alpha = cv2.resize(alpha, image.shape[1::-1], interpolation=cv2.INTER_AREA)
        if self.transforms:
            self.compose.set_random_seed(seed)
            sample = self.compose(image=image, mask=alpha)
            image, alpha = sample["image"], sample["mask"]
        side = self.input_size
        alpha = np.clip(resize(alpha, side, side), 0, 1)
        return {
            "image": to_input(image, side),
            "alpha": torch.from_numpy(np.ascontiguousarray(alpha, dtype=np.float32))[None],
        }
