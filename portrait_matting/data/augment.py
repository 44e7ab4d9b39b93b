"""The one place where images are augmented, resized and normalised for the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import albumentations as A
import cv2
import numpy as np
import torch
from torch import Tensor

# RGB, 0-255. EasyPortrait's own statistics over its training split (hukenovs/easyportrait, segformer-ps.py).
MEAN = (143.5527, 132.9671, 126.9492)
STD = (60.2625, 60.3274, 59.3099)


def to_input(image: np.ndarray) -> Tensor:
    """Normalises a photo for the network: uint8 RGB (H, W, 3) to float32 (3, H, W), zero mean and unit spread."""
    scaled = (image.astype(np.float32) - np.float32(MEAN)) / np.float32(STD)
    return torch.from_numpy(np.ascontiguousarray(scaled.transpose(2, 0, 1)))


def to_photo(image: Tensor) -> np.ndarray:
    """Undoes `to_input`: float32 (3, H, W) to uint8 RGB (H, W, 3)."""
    scaled = image.detach().float().cpu().numpy().transpose(1, 2, 0) * np.float32(STD) + np.float32(MEAN)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def resize(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes (H, W) or (H, W, C): by area along sides that shrink, so that thin hair does not alias, else linearly."""
    # OpenCV averages areas only where no side grows; where one does, its INTER_AREA is near to nearest neighbour.
    smaller = min(image.shape[0], height), min(image.shape[1], width)
    if image.shape[:2] != smaller:
        image = cv2.resize(image, smaller[::-1], interpolation=cv2.INTER_AREA)
    if smaller != (height, width):
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    return image


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

    def __call__(self, image: np.ndarray, alpha: np.ndarray, seed: int) -> dict[str, Tensor]:
        """Augments one portrait; the same seed gives the same sample in every process.

        Args:
            image: uint8 RGB (H, W, 3).
            alpha: float32 (H, W) in [0, 1].
            seed: of this sample alone. albumentations keeps a random state of its own, which neither
                `seed_everything` nor Lightning's worker seeding reaches: without this, all workers draw alike.

        Returns:
            image: float32 (3, S, S) normalised. alpha: float32 (1, S, S) in [0, 1].
        """
        self.compose.set_random_seed(seed)
        sample = self.compose(image=image, mask=alpha)
        side = self.input_size
        alpha = np.clip(resize(sample["mask"], side, side), 0, 1)
        return {
            "image": to_input(resize(sample["image"], side, side)),
            "alpha": torch.from_numpy(np.ascontiguousarray(alpha, dtype=np.float32))[None],
        }
