"""Where on its curve a run is that has to end at a time, and when it ends: the hands of `pace` and `deadline`."""

import logging
import math
from typing import Any

from lightning.pytorch import Trainer

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.deadline import Deadline
from portrait_matting.learning_rate.duration import written
from portrait_matting.learning_rate.pace import next_place
from portrait_matting.learning_rate.validation_calendar import ValidationCalendar

log = logging.getLogger(__name__)

_ENDLESS = 1_000_001  # steps of a curve whose run no number of steps ends: its corners fall on millionths
_KNOWN = 3  # optimizer steps after which the length of the run is known about
_SHARE = 0.9  # of the time: a run that its steps end in less is told of it
_HANDFUL = 5  # optimizer steps that are too few for a cycle to mean anything
_ENOUGH = 20  # that a run should have at least, where one is refused


class TimedCurve:
    """The place on the curve of each optimizer step of a run that ends at a time, or before by its steps.

    The process that counts the time tells the others how many steps are left, so that all are at one place and end
    after one step. The last step is the last place of the curve: its end is always reached, also where the time is
    over, in six steps at most.

    Args:
        deadline: the end.
        trainer: about to train.
        total: optimizer steps that end the run, if any do.
        saved: the state of the run that is resumed, {} of one without. As long as the run has the end that it had, it
            goes on from its place; with another, from the larger of the shares of steps and of time that are done.

    Raises:
        InputError: no time is left to train in.
    """

    def __init__(self, deadline: Deadline, trainer: Trainer, total: int | None, saved: dict[str, Any]) -> None:
        self.deadline, self._steps = deadline, total
        self.total = total or _ENDLESS
        self.last = float(self.total - 1)
        self._validates = bool(trainer.enable_validation)
        self._calendar = _calendar(trainer)
        self._least = max((trainer.min_epochs or 0) * _steps_of_epochs(self._calendar), trainer.min_steps or 0)
        self._began_at = trainer.global_step
        first = self._first(trainer.global_step, saved) if trainer.is_global_zero else None
        self._at, self.place, self._moved = trainer.strategy.broadcast(first)
        self._over = False
        self._started = math.nan  # seconds of work when the first step began
        self.steps = 0  # of the whole run, about; 0 while nobody knows
        if trainer.is_global_zero:
            self._check(deadline.left(self._validates) <= 0 and not self._began_at and not self._least, 0)
        deadline.start()
        self._started = deadline.working.spent

    @property
    def done(self) -> float:
        """The share of the curve that is behind the run, in [0, 1]."""
        return self.place / self.last if self.last else 1.0

    @property
    def end(self) -> str:
        """The end of the run in words."""
        steps = f"{self._steps}, or " if self._steps else ""
        whole, spent = written(self.deadline.seconds), written(self.deadline.working.spent)
        return f"{steps}{whole} of work, of which {spent} are over"

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "seconds": self.deadline.seconds,
            "place": self.place,
            "last": self.last,
            "moved": self._moved,
            "step": self._at,
            "timed_out": self._over,
        }

    def advance(self, trainer: Trainer) -> float:
        """Goes on to the optimizer step that is about to be made, and returns its place."""
        self.deadline.validation_ends()
        if (step := trainer.global_step) == self._at:
            return self.place  # the next batch of a step, or the step at which the run was stopped
        left = self._steps_left(step) if trainer.is_global_zero else 0
        left = trainer.strategy.broadcast(left)
        if step == self._began_at + _KNOWN and trainer.is_global_zero:
            self._say_what_ends_it(step, left)
        self.steps = step + left if step >= self._began_at + _KNOWN else 0
        place = next_place(self.place, self.last, left, self._moved) if step else 0.0
        self._at, self.place, self._moved = step, place, place - self.place
        return place

    def batch_ends(self, trainer: Trainer) -> None:
        """A batch has been trained on: ends the run where it was the curve's last step."""
        if trainer.global_step == self._at:
            return  # the step has more batches
        self.deadline.step_ends()
        if self.place < self.last or (self._steps and trainer.global_step >= self._steps):
            return
        self._over = trainer.should_stop = True
        if self._validates:
            trainer.check_val_every_n_epoch = trainer.check_val_every_n_epoch and 1  # else this epoch may have none

    def say_its_end(self, trainer: Trainer) -> None:
        """Says, of a run that its time has ended, after how many steps."""
        if self._over and trainer.is_global_zero:
            spent = written(self.deadline.working.spent)
            log.info("the time ends the training after %d steps and %s; the test is left", trainer.global_step, spent)

    def _steps_left(self, step: int) -> int:
        left = self.deadline.steps_left(step, self._calendar, self._validates, self._steps)
        left = max(left, self._least - step)
        if step == 2 and not self._began_at:
            self._check(step + left < min(_HANDFUL, self._steps or _HANDFUL), step + left)
        return left

    def _say_what_ends_it(self, step: int, left: int) -> None:
        """Says so where the steps end the run long before the time, as the epochs that nobody thought of do."""
        if self._steps == step + left and self.deadline.needs(left) < _SHARE * self.deadline.left(self._validates):
            log.info("its %d steps end the run, before its time: trainer.max_epochs=-1 leaves it to that", self._steps)

    def _check(self, short: bool, steps: int) -> None:
        if not short:
            return
        deadline = self.deadline
        after = deadline.seconds_of_test() + (deadline.seconds_of_validation() if self._validates else 0.0)
        step = deadline.speed.seconds
        step = 1.0 if math.isnan(step) else step
        started = deadline.working.spent if math.isnan(self._started) else self._started
        enough = 1.05 * (started + after + _ENOUGH * step) + 5
        each = f", a step {step:.2g} s" if steps else ""
        raise InputError(
            f"trainer.max_time={written(deadline.seconds)} is too short for a cycle, it holds {steps or 'no'} "
            f"optimizer steps: {started:.0f} s are over when training starts, validation and test take about "
            f"{after:.0f} s{each}; choose at least trainer.max_time={written(enough)}"
        )

    def _first(self, step: int, saved: dict[str, Any]) -> tuple[int, float, float]:
        """The step that the run is at, its place, and by how much it went on last."""
        same = saved.get("last") == self.last and (
            self.deadline.renewed or saved.get("seconds") == self.deadline.seconds
        )
        if same:
            return saved["step"], saved["place"], saved["moved"]
        if not step:
            return -1, 0.0, 0.0
        by_steps = step - 1.0 if self._steps else 0.0
        by_time = saved.get("spent", 0.0) / self.deadline.seconds * self.last
        return step - 1, min(max(by_steps, by_time), self.last), 0.0


def _calendar(trainer: Trainer) -> ValidationCalendar:
    every = getattr(trainer, "val_check_batch", None)
    return ValidationCalendar(
        in_epoch=trainer.num_training_batches,
        accumulate=trainer.accumulate_grad_batches,
        every=every if every and trainer.enable_validation else math.inf,
        epochs=trainer.check_val_every_n_epoch,
        interval=getattr(trainer, "_val_check_time_interval", None) or math.inf,
    )


def _steps_of_epochs(calendar: ValidationCalendar) -> int:
    return 0 if math.isinf(calendar.in_epoch) else calendar.steps_of_epoch
