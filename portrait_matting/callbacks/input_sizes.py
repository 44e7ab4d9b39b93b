"""The callback that trains at several sizes: each batch is made smaller by one of a few factors, by its step alone."""

from collections.abc import Sequence
from typing import Any

import lightning.pytorch as L
import numpy as np
import torch.nn.functional as F
from torch import Tensor

from portrait_matting.errors import InputError

_MULTIPLE = 32  # of a side: five halvings, of U²-Net


class InputSizes(L.Callback):
    """Makes the pictures and alphas of each training batch as large as one of `factors` times the input size.

    The input size stays the largest, so that what the planner says of memory holds. Which factor a batch gets is
    decided by `seed` and the optimizer step, so that a resumed run has the same ones, and several processes too.

    Args:
        factors: of a side, above 0 and at most 1; sides are rounded to multiples of 32, as U²-Net halves five times,
            but to no more than the input's.
        seed: of the choice.

    Raises:
        InputError: no factor, or one that is none.
    """

    def __init__(self, factors: Sequence[float], seed: int = 0) -> None:
        if not factors or not all(isinstance(factor, int | float) and 0 < factor <= 1 for factor in factors):
            raise InputError(
                f"callbacks.sizes.factors={list(factors)}: give shares of hardware.input_size above 0, at most 1"
            )
        self.factors, self.seed = [float(factor) for factor in factors], seed

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: dict[str, Any], batch_idx: int
    ) -> None:
        rng = np.random.default_rng((self.seed, trainer.global_step))
        factor = self.factors[int(rng.integers(len(self.factors)))]
        for name in ("image", "alpha"):
            batch[name] = _reduced(batch[name], factor)


def _reduced(pictures: Tensor, factor: float) -> Tensor:
    """Pictures (B, C, H, W) at the nearest multiples of 32 of `factor` times their sides, antialiased, never larger."""
    sides = tuple(pictures.shape[-2:])
    size = tuple(min(side, max(_MULTIPLE, round(side * factor / _MULTIPLE) * _MULTIPLE)) for side in sides)
    if size == sides or factor == 1:
        return pictures
    return F.interpolate(pictures, size=size, mode="bilinear", align_corners=False, antialias=True)
