"""The callback that takes a given share of each weight away over a run, whatever the height of the learning rate."""

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch.optim import Optimizer

from portrait_matting.learning_rate.schedule import Schedule


class DecayOverRun(Callback):
    """Shrinks the weights of each parameter group that has `decay_per_run`, before each optimizer step.

    A step multiplies them by (1 - decay_per_run) ^ (its rate / the sum of the run's rates), so that a run's product is
    1 - decay_per_run: the decay follows the shape of the schedule, as AdamW's does, but hangs neither on its height nor
    on the number of steps nor on a group's `lr_scale` (Loshchilov and Hutter 2017, arXiv 1711.05101, section 3 and
    appendix B.1, who normalise by the square root of the number of steps instead).

    Args:
        schedule: what the rate is at each step.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.total_steps, self._sum = 0, 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.total_steps = int(trainer.estimated_stepping_batches)
        self._sum = sum(self.schedule.learning_rate(step, self.total_steps) for step in range(self.total_steps))

    def share_of_run(self, step: int) -> float:
        """The share of the run's decay that the 0-based optimizer `step` has; all of them add up to 1."""
        return self.schedule.learning_rate(step, self.total_steps) / self._sum

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        shrink(optimizer.param_groups, self.share_of_run(trainer.global_step))


@torch.no_grad()
def shrink(groups: list[dict[str, Any]], share_of_run: float) -> None:
    """Takes a share of a run's decay from the weights of every group that has one."""
    for group in groups:
        if group.get("decay_per_run"):
            torch._foreach_mul_(group["params"], (1 - group["decay_per_run"]) ** share_of_run)
