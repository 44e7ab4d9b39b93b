"""The callback that drives an optimizer along a learning rate schedule, one value per optimizer step."""

import logging
import math
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.schedule import Schedule

log = logging.getLogger(__name__)


class LearningRateCycle(Callback):
    """Sets and logs the learning rate and the momentum of every optimizer step.

    A callback and not a Lightning scheduler, because torch's schedulers keep state: OneCycleLR refuses to resume a run
    with more epochs than it was built for, and a rate found after it was built never reaches it. Here the rate is a
    function of `trainer.global_step` alone. A parameter group may carry `lr_scale`, a factor on its rate (default 1).

    Logs `lr` (before any `lr_scale`) and, where it is driven, `momentum`.

    Args:
        schedule: what the rate and the momentum are at each step.

    Raises:
        InputError: when training starts: the run has no end, or `cycle_momentum` is on for an optimizer that has no
            momentum.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.total_steps = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        total = trainer.estimated_stepping_batches
        if not math.isfinite(total) or total < 1:  # Lightning says inf, or -1 for a loader of unknown length
            raise InputError(
                "the run has no end to stretch the learning rate over: set trainer.max_epochs or max_steps"
            )
        self.total_steps = int(total)
        for group in _groups(trainer):
            if self.schedule.momentum(0, self.total_steps) is not None and not {"momentum", "betas"} & group.keys():
                name = type(trainer.optimizers[0]).__name__
                raise InputError(f"{name} has no momentum to cycle: set learning_rate.cycle.cycle_momentum=false")

        if trainer.global_step and trainer.is_global_zero:
            self._say_how_it_goes_on(trainer)

    def _say_how_it_goes_on(self, trainer: Trainer) -> None:
        """Of a resumed run: the schedule is stretched over the run as it is now, which may be longer than it was."""
        step, group = trainer.global_step, _groups(trainer)[0]
        before, after = group["lr"] / group.get("lr_scale", 1.0), self.schedule.learning_rate(step, self.total_steps)
        expected = self.schedule.learning_rate(step - 1, self.total_steps)
        if step >= self.total_steps:
            how = "the run as it is now is shorter than what is done, so that the rate stays where the curve ends"
        elif math.isclose(before, expected, rel_tol=1e-6):
            how = "its curve as before"
        else:
            how = f"stretched over the run as it is now, after {before:.3g} of its curve so far"
        policy, last = self.schedule.policy, self.total_steps
        log.info("goes on after step %d of %d at a learning rate of %.3g: %s, %s", step, last, after, policy, how)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        lr = self.schedule.learning_rate(trainer.global_step, self.total_steps)
        momentum = self.schedule.momentum(trainer.global_step, self.total_steps)
        for group in _groups(trainer):
            group["lr"] = lr * group.get("lr_scale", 1.0)
            if momentum is not None and "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])
            elif momentum is not None:
                group["momentum"] = momentum
        # As CPU tensors: a plain number would be copied to the GPU, and that copy waits for it at every step.
        values = {"lr": lr} if momentum is None else {"lr": lr, "momentum": momentum}
        pl_module.log_dict({name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()})


def _groups(trainer: Trainer) -> list[dict[str, Any]]:
    return [group for optimizer in trainer.optimizers for group in optimizer.param_groups]
