"""The portraits that callbacks show: those of a split that can be read, each with the matte that the network makes."""

from collections.abc import Iterator
from typing import NamedTuple

import lightning.pytorch as L
import numpy as np
import torch

from portrait_matting.errors import InputError
from portrait_matting.matte.resolution import to_size


class ShownPortrait(NamedTuple):
    """A portrait of a split, by its index there.

    Args:
        index: in the split.
        image: uint8 RGB (H', W', 3); it may be smaller than the alpha.
        truth, matte: float32 (H, W) in [0, 1].
    """

    index: int
    image: np.ndarray
    truth: np.ndarray
    matte: np.ndarray


def shown_portraits(
    trainer: L.Trainer, module: L.LightningModule, split: str, spread: int | None = None
) -> Iterator[ShownPortrait]:
    """Goes through the portraits of a split, or so many of them, `evenly_spread`; what cannot be read is passed over.

    The network sees a portrait when it is asked for, and not before.
    """
    portraits = trainer.datamodule.portraits(split)
    for index in range(len(portraits)) if spread is None else evenly_spread(len(portraits), spread):
        try:
            image, truth = portraits[index]
        except InputError:  # its loader has warned of it
            continue
        yield ShownPortrait(index, image, truth, matte_of(trainer, module, image, truth.shape))


def evenly_spread(total: int, portraits: int) -> list[int]:
    """Which of `total` portraits are shown: the first, and then evenly spread.

    >>> evenly_spread(202, 4)
    [0, 50, 101, 151]
    """
    shown = min(portraits, total)
    return [index * total // shown for index in range(shown)]


def matte_of(trainer: L.Trainer, module: L.LightningModule, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The matte of a portrait, uint8 RGB (H', W', 3), as the run scores it: float32 `size`, (H, W), in [0, 1]."""
    batch = trainer.datamodule.to_input(image)[None].to(module.device)
    with torch.inference_mode(), trainer.strategy.precision_plugin.forward_context():
        return to_size(module(batch)[0], *size)[0].cpu().numpy()
