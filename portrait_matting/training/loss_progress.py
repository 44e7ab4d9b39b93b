"""The callback that tells a loss how far the run is, for terms that teach for a part of it."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from portrait_matting.learning_rate.cycle import LearningRateCycle
from portrait_matting.losses import WeightedSum


class LossProgress(Callback):
    """Sets `done` of every weighted sum in the module's loss before each batch, to that of the cycle.

    Args:
        cycle: the run's, which knows what is done also of a run that ends at a time, and of one that was resumed.
    """

    def __init__(self, cycle: LearningRateCycle) -> None:
        self.cycle = cycle

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        for part in pl_module.loss.modules():
            if isinstance(part, WeightedSum):
                part.done = self.cycle.done
