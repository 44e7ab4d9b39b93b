"""The callback that takes a given share of each weight away over a run, whatever the height of the learning rate."""

from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch.optim import Optimizer

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.cycle import LearningRateCycle
from portrait_matting.learning_rate.schedule import Schedule


class DecayOverRun(Callback):
    """Shrinks the weights of each parameter group that has `decay_per_run`, before each optimizer step.

    A step multiplies them by (1 - decay_per_run) ^ (its rate / the sum of the run's rates), so that a run's product is
    1 - decay_per_run: the decay follows the shape of the schedule, as AdamW's does, but hangs neither on its height nor
    on the number of steps nor on a group's `lr_scale`. (Loshchilov and Hutter 2017, arXiv 1711.05101, appendix B.1,
    normalise by the square root of the number of steps instead.) A run that is lengthened when it goes on takes from
    then on what the longer run would take.

    Args:
        cycle: the run's, which says where on the schedule each step is.

    Raises:
        InputError: when training starts: the schedule counts steps (`gamma`), and the run is to end at a time.
    """

    def __init__(self, cycle: LearningRateCycle) -> None:
        self.cycle = cycle
        self._shares: Shares | None = None
        self._before: float | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._shares, self._before = None, None
        schedule, groups = self.cycle.schedule, [group for one in trainer.optimizers for group in one.param_groups]
        counts_steps = schedule.policy == "exp_range" and schedule.gamma is not None
        if counts_steps and self.cycle.deadline and any(group.get("decay_per_run") for group in groups):
            raise InputError(
                "learning_rate.cycle.gamma counts the steps of a run, and nobody knows how many trainer.max_time "
                "leaves: leave out gamma or optimizer.decay_per_run"
            )

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        if not any(group.get("decay_per_run") for group in optimizer.param_groups):
            return
        if self._shares is None:
            self._shares = Shares(self.cycle.schedule, self.cycle.total_steps)
        place = self.cycle.place
        shrink(optimizer.param_groups, self._shares.between(self._before, place))
        self._before = place


_POINTS = 10_000  # of a schedule's area: that of a run that ends at a time has a million places


class Shares:
    """The share of a run's decay that each of its steps has, by the area under the schedule: they add up to 1.

    Args:
        schedule: what the rate is at each place.
        total: steps of the run.
    """

    def __init__(self, schedule: Schedule, total: int) -> None:
        self._places = np.linspace(0, total, min(total, _POINTS) + 1)
        middles = (self._places[:-1] + self._places[1:] - 1) / 2  # of a run of fewer steps: each step
        area = np.cumsum([0.0, *(schedule.learning_rate(place, total) for place in middles)])
        self._done = area / area[-1]

    def between(self, before: float | None, place: float) -> float:
        """Of the step at `place`, 0-based, after the one at `before`, by default the one a whole step before it."""
        first = place if before is None else before + 1
        whole = np.interp((first, place + 1), self._places, self._done)
        return float(whole[1] - whole[0])


@torch.no_grad()
def shrink(groups: list[dict[str, Any]], share_of_run: float) -> None:
    """Takes a share of a run's decay from the weights of every group that has one."""
    for group in groups:
        if group.get("decay_per_run"):
            torch._foreach_mul_(group["params"], (1 - group["decay_per_run"]) ** share_of_run)
