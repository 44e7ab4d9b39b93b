"""What a foreign network takes: its shape, read from the model, and a photo brought to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F

from portrait_matting.errors import InputError
from portrait_matting.images.network_input import NORMALISATIONS as TRAINED
from portrait_matting.images.network_input import Normalisation, to_input
from portrait_matting.labelling.network_choice import NetworkChoice

NORMALISATIONS = {
    "unit": Normalisation((0.0,) * 3, (255.0,) * 3),  # 0 to 1
    "raw": Normalisation((0.0,) * 3, (1.0,) * 3),  # 0 to 255
    **TRAINED,
}
"""By the name that `--normalisation` takes: two more than networks of ours are trained with."""
DEFAULT = "unit"

_LEAST, _MOST = 16, 4096  # pixels of a side
_NEAR = 0.02  # of the whole range, by which that of whole numbers may miss a normalisation's


@dataclass(frozen=True)
class ModelInput:
    """The one input of a model.

    Attributes:
        height, width: in pixels.
        channels_last: (1, H, W, 3), as TensorFlow has it, not (1, 3, H, W).
        dtype: of its numbers.
        normalisation: one of NORMALISATIONS.
        fit: squash or pad.
        step, zero: of a quantised input, the value that one step is worth and the number that stands for 0.
    """

    height: int
    width: int
    channels_last: bool
    dtype: np.dtype
    normalisation: str
    fit: str
    step: float = 1.0
    zero: int = 0

    def array(self, image: np.ndarray) -> np.ndarray:
        """A photo, uint8 RGB (H, W, 3), as the model takes it."""
        height, width = self.seen(*image.shape[:2])
        planes = to_input(image, (height, width), NORMALISATIONS[self.normalisation])
        planes = F.pad(planes, (0, self.width - width, 0, self.height - height))
        values = (planes.permute(1, 2, 0) if self.channels_last else planes).contiguous().numpy()[None]
        if np.issubdtype(self.dtype, np.integer):
            limits = np.iinfo(self.dtype)
            values = np.clip(np.rint(values / self.step + self.zero), limits.min, limits.max)
        return np.ascontiguousarray(values, dtype=self.dtype)

    def seen(self, height: int, width: int) -> tuple[int, int]:
        """Height and width, in the input's pixels, of the upper left part that a photo of `height` x `width` fills."""
        if self.fit == "squash":
            return self.height, self.width
        scale = min(self.height / height, self.width / width)
        return max(1, round(height * scale)), max(1, round(width * scale))

    def cut(self, matte: np.ndarray, height: int, width: int) -> np.ndarray:
        """The part of a matte (h, w), of whatever resolution, that is of a photo of `height` x `width`."""
        rows, columns = self.seen(height, width)
        return matte[
            : max(1, round(matte.shape[0] * rows / self.height)), : max(1, round(matte.shape[1] * columns / self.width))
        ]


def model_input(
    shape: Sequence[int | None], dtype: np.dtype, choice: NetworkChoice, step: float = 1.0, zero: int = 0
) -> ModelInput:
    """The input of a model by the shape that it gives, None where a side is free.

    Of whole numbers, what they stand for by `step` and `zero` says how colours are normalised, where nothing else does:
    0 to 1, -1 to 1 or 0 to 255.

    Raises:
        InputError: it takes no single RGB picture, or a size that is not the one asked for, or none is known.
    """
    name, sizes = choice.path, "x".join("?" if side is None else str(side) for side in shape)
    if len(shape) != 4 or (3 not in (shape[1], shape[3]) and None not in (shape[1], shape[3])):
        raise InputError(
            f"{name} takes {sizes or 'a number'}, no RGB picture: give a network that takes 1x3xHxW or 1xHxWx3"
        )
    if shape[0] not in (None, 1):
        raise InputError(f"{name} takes {shape[0]} pictures at once ({sizes}): export it with a batch of 1")
    channels_last = shape[3] == 3 and shape[1] != 3
    height, width = shape[1:3] if channels_last else shape[2:4]
    asked = choice.input_size
    if asked is None and None in (height, width):
        raise InputError(
            f"{name} takes pictures of any size ({sizes}): say with --input-size which it was trained with"
        )
    if asked is not None and {height, width} - {None, asked}:
        raise InputError(f"{name} takes pictures of {height}x{width}, not of --input-size {asked}: leave that out")
    height, width = height or asked, width or asked
    if not all(_LEAST <= side <= _MOST for side in (height, width)):
        raise InputError(f"{name} takes {sizes}, no photo: sides of {_LEAST} to {_MOST} pixels can be")
    normalisation = choice.normalisation
    if np.issubdtype(dtype, np.integer):
        own = _of_range(dtype, step, zero)
        if (step, zero) == (1.0, 0) and normalisation not in (None, own):
            raise InputError(f"{name} takes whole numbers, 0 to 255, not --normalisation {normalisation}: leave it out")
        normalisation = normalisation or own
    return ModelInput(height, width, channels_last, np.dtype(dtype), normalisation or DEFAULT, choice.fit, step, zero)


def _of_range(dtype: np.dtype, step: float, zero: int) -> str | None:
    """The normalisation whose colours fill what whole numbers of a type stand for; None where there is none."""
    limits = np.iinfo(dtype)
    low, high = (limits.min - zero) * step, (limits.max - zero) * step
    for name, ends in (("unit", (0, 1)), ("half", (-1, 1)), ("raw", (0, 255))):
        if np.allclose((low, high), ends, atol=_NEAR * (ends[1] - ends[0])):
            return name
    return None
