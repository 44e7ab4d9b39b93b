"""The learning rate range test (Smith 2015, arXiv 1506.01186, section 3.3) as a callback that records raw losses."""

import copy
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor
from torch.optim import Optimizer
from tqdm import tqdm

from portrait_matting.learning_rate.smoothing import scatter_of

BROKEN = 4.0  # times the scatter of single losses above the start, or above the lowest: the sweep has broken
LATEST = 3  # losses whose median says where a sweep stands
FIRST = 5  # losses whose median says where it began
WARM_UP = 4  # optimizer steps that tell the speed; the first is left out: it starts workers and chooses kernels

Size = Callable[[float], tuple[int, int]]
"""From the seconds of an optimizer step (NaN where they are not measured) to sweeps, and steps of each."""


class RangeTest(Callback):
    """Trains at rates that rise from `min_lr` to `max_lr`, one optimizer step a rate, several times over.

    Every sweep begins with the weights, the batch statistics and the optimizer that the training began with, and goes
    on with the batches that come next. It ends where its loss has broken, see `broken`. A parameter group is trained
    at `lr_scale` times the rate, as in training. Afterwards, and after an exception, the weights are as before.

    What it goes back to is kept in main memory, so that a card holds nothing twice.

    Args:
        min_lr, max_lr: of the ladder.
        size: how many sweeps, of how many steps.
        timed: train for `WARM_UP` steps at `min_lr` first, to tell `size` the speed.
        bar: show a progress bar on stdout, if that is a terminal.

    Attributes:
        lrs: float64 (rates,), ascending; known once the size is.
        losses: float64 (sweeps, rates), NaN where a sweep did not come to, or `training_step` returned None. With
            accumulation, the mean over the batches of the step; with several processes, over theirs.
        step_seconds: of an optimizer step in the warm-up; NaN without.
        steps: optimizer steps that were run.
        done: every sweep has come to its end.
        adam: the optimizer is one of Adam's kind, which has two betas.
    """

    def __init__(self, min_lr: float, max_lr: float, size: Size, timed: bool = False, bar: bool = True) -> None:
        self.lrs, self.losses = np.array([min_lr]), np.empty((0, 1))
        self.step_seconds, self.steps, self.done = float("nan"), 0, False
        self.adam = False
        self._max_lr, self._size, self._bar = max_lr, size, bar
        self._warm_up = WARM_UP if timed else 0
        self._ends: list[float] = []  # of the steps of the warm-up
        self._sweep = self._at = 0
        self._step: list[Tensor] = []  # losses of the optimizer step under way
        self._start: _Start | None = None
        self._progress: tqdm | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._start = _Start(trainer, pl_module)
        self.adam = all("betas" in group for optimizer in trainer.optimizers for group in optimizer.param_groups)
        if not self._warm_up:
            self._begin()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        for optimizer in trainer.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = float(self.lrs[self._at]) * group.get("lr_scale", 1.0)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self.done:
            return
        if outputs and "loss" in outputs:  # empty where training_step returned None
            # Lightning divided it by the batches that a step accumulates.
            self._step.append(outputs["loss"].detach().float() * trainer.accumulate_grad_batches)
        if trainer.global_step == self.steps:
            return  # it accumulates
        self.steps = trainer.global_step
        measured = bool(self._step)
        loss = torch.stack(self._step).mean() if measured else torch.tensor(float("nan"))
        self._step = []
        loss = float(trainer.strategy.reduce(loss.to(pl_module.device)))
        if len(self._ends) < self._warm_up:
            self._time(trainer, pl_module)
            return
        self.losses[self._sweep, self._at] = loss
        self._at += 1
        self._progress.update()
        if self._at == len(self.lrs) or (measured and broken(self.losses[self._sweep, : self._at])):
            self._next(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._progress is not None:
            self._progress.close()
        if self._start is not None:
            self._start.restore(trainer, pl_module)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self.on_train_end(trainer, pl_module)

    def _time(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._ends.append(time.perf_counter())
        if len(self._ends) == self._warm_up:
            # Of all processes together: each has to climb the same ladder.
            self.step_seconds = float(trainer.strategy.broadcast(float(np.median(np.diff(self._ends)))))
            self._start.restore(trainer, pl_module)
            self._begin()

    def _begin(self) -> None:
        sweeps, steps = self._size(self.step_seconds)
        self.lrs = np.geomspace(self.lrs[0], self._max_lr, steps)
        self.losses = np.full((sweeps, steps), np.nan)
        self._progress = tqdm(
            total=self.losses.size, desc="learning rate", disable=None if self._bar else True, file=sys.stdout,
            dynamic_ncols=True, leave=False,
        )  # fmt: skip

    def _next(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Goes back to the beginning for the next sweep, or ends the training after the last."""
        self._progress.update(len(self.lrs) - self._at)
        self._sweep, self._at = self._sweep + 1, 0
        self.done = trainer.should_stop = self._sweep == len(self.losses)
        if not self.done:
            self._start.restore(trainer, pl_module)


class _Start:
    """What a training began with: parameters, all buffers, the state of the optimizers and of the gradient scaler."""

    def __init__(self, trainer: Trainer, module: LightningModule) -> None:
        self._module = {name: _kept(value) for name, value in module.state_dict().items()}
        saved = self._module.keys()
        self._buffers = {name: _kept(value) for name, value in module.named_buffers() if name not in saved}
        self._optimizers = [_kept(optimizer.state_dict()) for optimizer in trainer.optimizers]
        # A scale that a broken sweep has halved many times would hide small gradients from the next one.
        self._scaler = getattr(trainer.precision_plugin, "scaler", None)
        self._scale = self._scaler.state_dict() if self._scaler is not None else None

    @torch.no_grad()
    def restore(self, trainer: Trainer, module: LightningModule) -> None:
        module.load_state_dict(self._module)
        for name, buffer in module.named_buffers():
            if name in self._buffers:
                buffer.copy_(self._buffers[name])
        for optimizer, state in zip(trainer.optimizers, self._optimizers, strict=True):
            _load(optimizer, state)
        if self._scaler is not None:
            self._scaler.load_state_dict(self._scale)


def _load(optimizer: Optimizer, state: dict[str, Any]) -> None:
    # Not `state.clear()`: Adagrad fills its state when it is built, and other optimizers keep some in their groups.
    optimizer.load_state_dict(copy.deepcopy(state))


def _kept(value: Any) -> Any:
    """A copy in main memory."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: _kept(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_kept(item) for item in value)
    return copy.deepcopy(value)


def broken(losses: np.ndarray) -> bool:
    """Whether a sweep with these losses so far has broken, so that a higher rate can show nothing more.

    It has where the last loss is not finite; where the median of the last three is back where the sweep began,
    after a fall that stands out from the scatter of single losses; or where it stands out above the beginning. Medians
    and scatter and no multiple of the lowest loss: an RMSE or a BCE of seven maps is bounded and never quadruples.
    Losses before the last that are not finite were not measured, and do not count.
    """
    if not np.isfinite(losses[-1]):
        return True
    losses = losses[np.isfinite(losses)]
    if len(losses) < FIRST + LATEST:
        return False
    start, latest = np.median(losses[:FIRST]), np.median(losses[-LATEST:])
    medians = np.median(np.lib.stride_tricks.sliding_window_view(losses, LATEST), axis=1)
    scatter = scatter_of(losses)
    fell = start - medians.min() > BROKEN * scatter
    return bool(latest > start + BROKEN * scatter or (fell and latest >= start))
