"""Real and drawn portraits as bytes on one device."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from portrait_matting.data.easyportrait import EasyPortraitDataset
from portrait_matting.images.network_input import DEFAULT, NORMALISATIONS, resize
from portrait_matting.synthetic import draw_layers

SIDE = 224  # of the squares that portraits are kept as: a crop of half the area has 158 pixels
DRAWN = {"train": 700, "val": 100, "test": 200}
SEED = 11  # of the drawings


class Portraits:
    """The splits of both sources, each read or drawn when it is first asked for, then kept.

    Args:
        root: real portraits with hard masks, in EasyPortrait's layout.
        most: of a split; None: all real ones, and as many drawn ones as DRAWN says.
        device: where they lie.

    Raises:
        InputError: on asking, if a folder is missing or a file is broken.
    """

    def __init__(self, root: Path, most: int | None, device: torch.device) -> None:
        self._root, self._most, self._device = root, most, device
        self._there: dict[tuple[str, str], Tensor] = {}

    def __call__(self, source: str, split: str) -> Tensor:
        """RGB and alpha of "real" or "drawn" portraits, uint8 (n, 4, SIDE, SIDE)."""
        if (source, split) not in self._there:
            one, count = self._drawn(split) if source == "drawn" else self._real(split)
            cv2.setNumThreads(1)
            with ThreadPoolExecutor() as pool:  # decoding and drawing leave Python's lock alone for most of the time
                pixels = np.stack(list(pool.map(one, range(count if self._most is None else min(count, self._most)))))
            self._there[source, split] = torch.from_numpy(pixels).to(self._device)
        return self._there[source, split]

    def _real(self, split: str) -> tuple[Callable[[int], np.ndarray], int]:
        dataset = EasyPortraitDataset(self._root, split, least_side=SIDE)
        return lambda index: _squared(*dataset[index]), len(dataset)

    def _drawn(self, split: str) -> tuple[Callable[[int], np.ndarray], int]:
        def draw(index: int) -> np.ndarray:
            layers = draw_layers(split, SEED, index, SIDE, SIDE)
            return _squared(layers.composite(), layers.alpha)

        return draw, DRAWN[split]


def normalised(image: Tensor) -> Tensor:
    """The network's input of RGB (n, 3, H, W), 0 to 1: float32, channels last."""
    mean, std = (
        torch.tensor(value, device=image.device).view(1, 3, 1, 1) / 255 for value in NORMALISATIONS[DEFAULT][:2]
    )
    return ((image - mean) / std).contiguous(memory_format=torch.channels_last)


def whole(pixels: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """What is validated: the network's input (n, 3, size, size), and alpha (n, 1, size, size) in [0, 1]."""
    small = F.interpolate(pixels.float() / 255, (size, size), mode="bilinear", antialias=True)
    return normalised(small[:, :3]), small[:, 3:]


def _squared(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """uint8 (4, SIDE, SIDE) of RGB uint8 (H, W, 3) and alpha float32 (H, W), or of another size."""
    alpha = np.rint(255 * np.clip(resize(alpha, SIDE, SIDE), 0, 1)).astype(np.uint8)
    image = np.clip(np.rint(resize(image.astype(np.float32), SIDE, SIDE)), 0, 255).astype(np.uint8)
    return np.concatenate([image.transpose(2, 0, 1), alpha[None]])
