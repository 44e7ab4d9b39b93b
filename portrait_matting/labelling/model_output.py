"""What a foreign network gives: which of its outputs is the matte, what its numbers are, and the alpha in them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from portrait_matting.errors import InputError

_SLACK = 0.02  # beyond [0, 1] that rounding, float16 and quantised numbers may come to
_SUM = 0.02  # by which probabilities of all channels may miss 1
_LEAST = 8  # pixels of a side
_MOST_CHANNELS = 256


def is_map(shape: Sequence[int | None]) -> bool:
    """Whether an output of this shape, None where it is free, may be one matte, or one map for each class."""
    shape = shape[1:] if len(shape) == 4 or (len(shape) == 3 and shape[0] == 1) else shape
    sides = [side for side in shape if side is None or side >= _LEAST]
    return len(shape) in (2, 3) and len(sides) >= 2


def planes(raw: np.ndarray, path: Path) -> np.ndarray:
    """An output as float32 (C, h, w): its batch of one left out, its shortest side taken for the channels.

    uint8 is brought to [0, 1].

    Raises:
        InputError: it is no map, or holds NaN.
    """
    values = raw
    while values.ndim > 3 and values.shape[0] == 1:
        values = values[0]
    if values.ndim == 2:
        values = values[None]
    if values.ndim == 3 and values.shape[0] > min(values.shape[1:]):
        values = np.moveaxis(values, -1, 0)
    if values.ndim != 3 or min(values.shape[1:]) < _LEAST or values.shape[0] > _MOST_CHANNELS:
        size = "x".join(map(str, raw.shape))
        raise InputError(
            f"{path} gives {size or 'a number'}, no matte: give a network whose output is 1x1xHxW or 1xHxWx1"
        )
    scale = 255 if raw.dtype == np.uint8 else 1
    values = np.ascontiguousarray(values, np.float32) / np.float32(scale)
    if not np.isfinite(values).all():
        raise InputError(f"{path} predicts NaN: its weights are broken, or float16 overflows")
    return values


def find_values(samples: Sequence[np.ndarray], path: Path) -> str:
    """What the numbers of an output are, alpha or logits, by outputs (C, h, w) of several pictures.

    Raises:
        InputError: they may be either, or neither.
    """
    low, high = min(sample.min() for sample in samples), max(sample.max() for sample in samples)
    if low < -_SLACK:
        return "logits"
    cure = "say with --values what they are: alpha (0 to 1), levels (0 to 255) or logits (of any size)"
    if high > 1 + _SLACK:
        raise InputError(
            f"{path} gives numbers from {low:.3g} to {high:.3g}, neither alphas nor sure to be logits: {cure}"
        )
    if len(samples[0]) > 1 and any(np.abs(sample.sum(0) - 1).max() > _SUM for sample in samples):
        raise InputError(f"{path} gives {len(samples[0])} maps of 0 to 1 that do not add up to 1: {cure}")
    return "alpha"


def alpha_of(maps: np.ndarray, values: str, channel: int | None, path: Path) -> np.ndarray:
    """The matte, float32 (h, w) in [0, 1], of an output (C, h, w).

    Of several channels it is what is not in the first, the background, or the one given.

    Raises:
        InputError: there is no such channel, or the numbers are not what `values` says.
    """
    if channel is not None and channel >= len(maps):
        raise InputError(f"{path} has {len(maps)} channels, no --channel {channel}: the first is 0")
    if values == "logits":
        maps = _softmax(maps) if len(maps) > 1 else _sigmoid(maps)
    if values == "levels":
        maps = maps / np.float32(255)
    if maps.min() < -_SLACK or maps.max() > 1 + _SLACK:
        raise InputError(
            f"{path} gives {values} from {maps.min():.3g} to {maps.max():.3g}, no alphas: give --values logits"
        )
    background = channel is None and len(maps) > 1
    matte = 1 - maps[0] if background else maps[channel or 0]
    return np.clip(matte, 0, 1, dtype=np.float32)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * logits))  # the same function, which does not overflow


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(0))
    return powers / powers.sum(0)
