"""The callback that validates, tests and keeps averaged weights: Lightning's own, also where a run is stopped."""

from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import EMAWeightAveraging


class AveragedWeights(EMAWeightAveraging):
    """Keeps an exponential moving average of the weights, which takes their place in validation and in checkpoints.

    Besides what Lightning's does (2.6): it lies on the run's device, since from the CPU each step would wait for a
    copy of all weights; what looks on at the end of a validation, such as `samples.png`, sees the averaged weights,
    which were scored; and a run that is stopped, in a validation too, goes on with both as they were.

    Args:
        decay: how much of the average a step leaves, in [0, 1).
        update_every_n_steps: optimizer steps from one update to the next.
        options: the others of `EMAWeightAveraging`.
    """

    def __init__(self, decay: float = 0.999, update_every_n_steps: int = 1, **options: Any) -> None:
        super().__init__(decay=decay, update_every_n_steps=update_every_n_steps, **options)
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
