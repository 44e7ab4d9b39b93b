"""The callback that drives an optimizer along a learning rate schedule, one value per optimizer step."""

import logging
import math
from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.deadline import Deadline, WorkingTime
from portrait_matting.learning_rate.schedule import Schedule
from portrait_matting.learning_rate.timed_curve import TimedCurve

log = logging.getLogger(__name__)


class LearningRateCycle(Callback):
    """Sets and logs the learning rate and the momentum of every optimizer step.

    A callback and not a Lightning scheduler, because torch's schedulers keep state: OneCycleLR refuses to resume a run
    with more epochs than it was built for, and a rate found after it was built never reaches it. Here the rate is a
    function of the place on the curve: of `trainer.global_step` alone, or where the run has to end at a time, of that
    and of the time (`TimedCurve`), which then also ends the run. A parameter group may carry `lr_scale`, a factor on
    its rate (default 1).

    Logs `lr` (before any `lr_scale`) and, where it is driven, `momentum`. A checkpoint holds the seconds of work so far
    and the place on the curve.

    Args:
        schedule: what the rate and the momentum are at each step.
        deadline: until when the run has to be over, its validation and its test too; None: it ends by its steps.
        working: measures the time of work; by default that of `deadline`, else from now on.
        logged_every: with a deadline, of the optimizer steps of a run to those between two points of its curves:
            decided by it as soon as the steps are known about, after three; None: as the trainer has it.

    Raises:
        InputError: when training starts: the run has no end, or `cycle_momentum` is on for an optimizer that has no
            momentum, or the time is too short. The last is known after two steps.
    """

    def __init__(
        self,
        schedule: Schedule,
        deadline: Deadline | None = None,
        working: WorkingTime | None = None,
        logged_every: Callable[[int], int] | None = None,
    ) -> None:
        self.schedule, self.deadline, self.logged_every = schedule, deadline, logged_every
        self.working = deadline.working if deadline else working or WorkingTime()
        self.total_steps = 0
        self._timed: TimedCurve | None = None
        self._done = 0.0
        self.place = 0.0  # of the optimizer step that is under way, on a curve of `total_steps`
        self._saved: dict[str, Any] = {}

    @property
    def done(self) -> float:
        """The share of the cycle that is done, in [0, 1]."""
        return self._done

    def state_dict(self) -> dict[str, Any]:
        timed = self._timed.state() if self._timed else {}
        return {"spent": self.working.spent, "done": self._done, **timed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._saved = state_dict
        self.working.before = state_dict.get("spent", 0.0)
        self._done = state_dict.get("done", 0.0)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        total = trainer.estimated_stepping_batches
        ends = math.isfinite(total) and total >= 1  # Lightning says inf, or -1 for a loader of unknown length
        if not ends and not self.deadline:
            raise InputError(
                "the run has no end to stretch the learning rate over: set trainer.max_epochs or max_steps"
            )
        if self.deadline:
            self._timed = TimedCurve(self.deadline, trainer, int(total) if ends else None, self._saved)
        self.total_steps = self._timed.total if self._timed else int(total)
        for group in _groups(trainer):
            if self.schedule.momentum(0, self.total_steps) is not None and not {"momentum", "betas"} & group.keys():
                name = type(trainer.optimizers[0]).__name__
                raise InputError(f"{name} has no momentum to cycle: set learning_rate.cycle.cycle_momentum=false")

        if trainer.global_step and trainer.is_global_zero:
            self._say_how_it_goes_on(trainer)

    def _say_how_it_goes_on(self, trainer: Trainer) -> None:
        """Of a resumed run: the schedule is stretched over the run as it is now, which may be longer than it was."""
        step, group = trainer.global_step, _groups(trainer)[0]
        at = self._timed.place if self._timed else step - 1
        before, expected = group["lr"] / group.get("lr_scale", 1.0), self._rate(at, step - 1)
        after = expected if self._timed else self._rate(step, step)
        if not self._timed and step >= self.total_steps:
            how = "the run as it is now is shorter than what is done, so that the rate stays where the curve ends"
        elif math.isclose(before, expected, rel_tol=1e-6):
            how = "its curve as before"
        else:
            how = f"stretched over the run as it is now, after {before:.3g} of its curve so far"
        end = self._timed.end if self._timed else f"{self.total_steps}"
        policy = self.schedule.policy
        log.info("goes on after step %d of %s at a learning rate of %.3g: %s, %s", step, end, after, policy, how)

    def _rate(self, place: float, step: int) -> float:
        return self.schedule.learning_rate(place, self.total_steps, step)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        step = trainer.global_step
        place = self._timed.advance(trainer) if self._timed else step
        if self._timed and self.logged_every and self._timed.steps:
            trainer.log_every_n_steps = self.logged_every(self._timed.steps)
            self.logged_every = None
        self.place = place
        lr = self.schedule.learning_rate(place, self.total_steps, step)
        momentum = self.schedule.momentum(place, self.total_steps, step)
        for group in _groups(trainer):
            group["lr"] = lr * group.get("lr_scale", 1.0)
            if momentum is not None and "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])
            elif momentum is not None:
                group["momentum"] = momentum
        # As CPU tensors: a plain number would be copied to the GPU, and that copy waits for it at every step.
        values = {"lr": lr} if momentum is None else {"lr": lr, "momentum": momentum}
        pl_module.log_dict({name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()})

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        if self._timed:
            self._timed.batch_ends(trainer)
        self._done = self._timed.done if self._timed else min(1.0, trainer.global_step / self.total_steps)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._timed and not trainer.sanity_checking:
            self.deadline.validation_begins()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._timed:
            self.deadline.validation_ends()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._timed:
            self._timed.say_its_end(trainer)
        self._say_what_is_missing(trainer, "ended")

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        if isinstance(exception, KeyboardInterrupt) and self.total_steps:
            self._say_what_is_missing(trainer, "was stopped")

    def _say_what_is_missing(self, trainer: Trainer, how: str) -> None:
        if self._done < 1 and self.schedule.policy != "constant" and trainer.is_global_zero and trainer.optimizers:
            group = _groups(trainer)[0]
            rate, last = group["lr"] / group.get("lr_scale", 1.0), self._rate(self.total_steps - 1, trainer.global_step)
            cycle = 100 * self._done
            log.warning(
                "the run %s after %.0f %% of its cycle, at a learning rate of %.3g and not %.3g", how, cycle, rate, last
            )


def _groups(trainer: Trainer) -> list[dict[str, Any]]:
    return [group for optimizer in trainer.optimizers for group in optimizer.param_groups]
