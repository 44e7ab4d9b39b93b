"""From a portrait to a training sample: augmented, then resized and normalised for the network."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import albumentations as A
import cv2
import numpy as np
import torch
from torch import Tensor

from portrait_matting.images.network_input import DEFAULT, NORMALISATIONS, Normalisation, resize, to_input


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
        normalisation: of the image.
    """

    transforms: Sequence[A.BasicTransform]
    input_size: int
    normalisation: Normalisation = NORMALISATIONS[DEFAULT]

    def __post_init__(self) -> None:
        # albumentations resamples masks by nearest neighbour by default: that tears a soft alpha into steps.
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
            # Not set_random_seed, which begins one stream anew in each transform (2.0.8): they would all be applied
            # to the same samples, and every mirror image would stand before a new background.
            self.compose.set_random_state(np.random.default_rng(seed), random.Random(seed))
            sample = self.compose(image=image, mask=alpha)
            image, alpha = sample["image"], sample["mask"]
        side = self.input_size
        alpha = np.clip(resize(alpha, side, side), 0, 1)
        return {
            "image": to_input(image, side, self.normalisation),
            "alpha": torch.from_numpy(np.ascontiguousarray(alpha, dtype=np.float32))[None],
        }
