"""Batches of augmented portraits, computed on the device that the portraits lie on."""

import math

import torch
import torch.nn.functional as F
from portraits import normalised
from torch import Tensor

from portrait_matting.errors import InputError

AREA = (0.5, 1.0)  # of a crop; this and what follows are those of conf/augment/light.yaml, without the hue
RATIO = 1.3333  # of a crop's sides, or 1 over it
BRIGHTNESS, CONTRAST, SATURATION, LIGHT = 0.2, 0.2, 0.3, 0.8
AT_ONCE = 20  # batches: an epoch at once would take 184 MB of 700 portraits at 128², for each training


class Batches:
    """Endless batches: in each epoch all portraits in a new order, each in a new crop, light, perhaps mirrored.

    Args:
        pixels: uint8 (n, 4, H, W), RGB and alpha.
        batch: portraits; those that are left over at the end of an epoch are left out of it.
        size: of the network's input.
        seed: of the order and of what is drawn, which are the same on every device.

    Raises:
        InputError: there are fewer portraits than a batch holds.
    """

    def __init__(self, pixels: Tensor, batch: int, size: int, seed: int) -> None:
        if batch > len(pixels):
            raise InputError(f"--batch {batch} is more than the {len(pixels)} portraits of a split: give a smaller one")
        self._pixels, self._batch, self._size = pixels, batch, size
        self._generator = torch.Generator().manual_seed(seed)
        self._epoch: list[tuple[Tensor, Tensor]] = []  # portraits and random numbers, a chunk each
        self._ready: list[tuple[Tensor, Tensor]] = []

    def __next__(self) -> tuple[Tensor, Tensor]:
        """Input float32 (batch, 3, size, size), normalised, and alpha (batch, 1, size, size) in [0, 1]."""
        if not self._ready:
            if not self._epoch:
                self._begin_epoch()
            image, alpha = augmented(self._pixels, *self._epoch.pop(0), self._size)
            self._ready = list(zip(image.split(self._batch), alpha.split(self._batch), strict=True))
        return self._ready.pop(0)

    def _begin_epoch(self) -> None:
        count = len(self._pixels)
        numbers = torch.rand((count, 9), generator=self._generator)
        order = torch.randperm(count, generator=self._generator)
        kept, chunk = count // self._batch * self._batch, AT_ONCE * self._batch
        parts = zip(order[:kept].split(chunk), numbers[:kept].split(chunk), strict=True)
        self._epoch = [(chosen.to(self._pixels.device), of.to(self._pixels.device)) for chosen, of in parts]


@torch.no_grad()
def augmented(pixels: Tensor, chosen: Tensor, numbers: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The portraits `chosen` (n,), augmented by `numbers` (n, 9), uniform in [0, 1): input and alpha."""
    sample = _cropped(pixels[chosen].float() / 255, numbers, size)
    image, alpha = sample[:, :3], sample[:, 3:]
    lit = (numbers[:, 8] < LIGHT).float()
    factors = 1 + (2 * numbers[:, 5:8] - 1) * torch.tensor(
        [BRIGHTNESS, CONTRAST, SATURATION], device=pixels.device
    )  # fmt: skip
    brightness, contrast, saturation = (1 + (factors - 1) * lit[:, None])[..., None, None, None].unbind(1)
    image = image * brightness
    mean = image.mean((1, 2, 3), keepdim=True)
    image = mean + contrast * (image - mean)
    grey = image.mean(1, keepdim=True)
    image = (grey + saturation * (image - grey)).clamp(0, 1)
    # What interpolation leaves of 0 and 1 is no transition.
    alpha = torch.where(alpha < 1.5 / 255, 0.0, torch.where(alpha > 253.5 / 255, 1.0, alpha))
    return normalised(image), alpha


def _cropped(sample: Tensor, numbers: Tensor, size: int) -> Tensor:
    area = AREA[0] + (AREA[1] - AREA[0]) * numbers[:, 0]
    ratio = torch.exp((2 * numbers[:, 1] - 1) * math.log(RATIO))
    width, height = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    theta = torch.zeros(len(sample), 2, 3, device=sample.device)
    theta[:, 0, 0] = torch.where(numbers[:, 4] < 0.5, -width, width)
    theta[:, 1, 1] = height
    theta[:, 0, 2], theta[:, 1, 2] = (1 - width) * (2 * numbers[:, 2] - 1), (1 - height) * (2 * numbers[:, 3] - 1)
    grid = F.affine_grid(theta, [len(sample), 4, size, size], align_corners=False)
    return F.grid_sample(sample, grid, mode="bilinear", padding_mode="border", align_corners=False)
