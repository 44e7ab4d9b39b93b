"""The callback that validates, tests and keeps averaged weights: Lightning's own, also where a run is stopped."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging
from torch import Tensor

_BEGIN = 8  # as benchmarks/portraits_network/train.py, which trained the network in the box


class AveragedWeights(EMAWeightAveraging):
    """Keeps an exponential moving average of the weights, which takes their place in validation and in checkpoints.

    Besides what Lightning's does (2.6): it lies on the run's device, since from the CPU each step would wait for a
    copy of all weights; what looks on at the end of a validation, such as `samples.png`, sees the averaged weights,
    which were scored; a run that is stopped, in a validation too, goes on with both as they were; and in the first
    updates it forgets faster, so that a short run is not scored with the weights that it began with.

    Args:
        decay: how much of the average an update leaves, in [0, 1); of the n-th at most n / (n + 8).
        update_every_n_steps: optimizer steps from one update to the next.
        options: the others of `EMAWeightAveraging`.
    """

    def __init__(self, decay: float = 0.999, update_every_n_steps: int = 1, **options: Any) -> None:
        super().__init__(decay=decay, update_every_n_steps=update_every_n_steps, **options)
        self._kwargs.pop("avg_fn")
        self._kwargs["multi_avg_fn"] = partial(_update, decay)
        self._in_place = False  # the average is in the network, and the network's weights are kept here

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self._device is None:  # Lightning copies the network before it comes to the device
            self._average_model.to(pl_module.device)

    def on_validation_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self._average_model is not None and not self._in_place:
            self._swap_models(pl_module)
            self._in_place = True

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Does nothing: there is more to a validation than its scores."""

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # After those that show pictures and before those that write checkpoints, which Lightning puts last.
        self._put_back(pl_module)

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        """Makes complete what a stop interrupted, before the last checkpoint is written."""
        if self._average_model is not None:
            self._put_back(pl_module)
            # A callback before this one may have stopped the run at the end of a step, which counts.
            self.on_train_batch_end(trainer, pl_module, None, None, 0)

    def _put_back(self, pl_module: L.LightningModule) -> None:
        if self._in_place:
            self._swap_models(pl_module)
            self._in_place = False


def _update(decay: float, averages: Sequence[Tensor], weights: Sequence[Tensor], updates: Tensor) -> None:
    """Takes weights, all of one type, into their averages of so many updates, in place. Counters have none."""
    if averages[0].is_floating_point():
        torch._foreach_lerp_(averages, weights, 1 - min(decay, float(updates / (updates + _BEGIN))))
    else:
        torch._foreach_copy_(averages, weights)
