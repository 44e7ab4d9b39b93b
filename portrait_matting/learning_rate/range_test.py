"""The learning rate range test (Smith 2015, arXiv 1506.01186, section 3.3) as a callback: short sweeps at a rising rate."""

import copy
import sys
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor
from tqdm import tqdm

BROKEN = 4.0  # times the scatter of single losses above the start, or above the lowest: the sweep has broken
LATEST = 3  # losses whose median says where a sweep stands
FIRST = 5  # losses whose median says where it began


class RangeTest(Callback):
    """Trains at each of `lrs`, one optimizer step a rate, several times over, and records the loss of each step.

    Every sweep begins with the weights, the batch statistics and the empty optimizer state that the first one had, and
    goes on with the batches that come next. It ends where its loss has broken, see `broken`. A parameter group is
    trained at `lr_scale` times the rate, as in training.

    Args:
        lrs: the rates, ascending.
        sweeps: how often.
        bar: show a progress bar on stdout, if that is a terminal.

    Attributes:
        losses: float64 (sweeps, rates), NaN where a sweep did not come to. With accumulation, the mean over the
            batches of the step; with several processes, over theirs.
    """

    def __init__(self, lrs: np.ndarray, sweeps: int, bar: bool = True) -> None:
        self.lrs, self.sweeps = lrs, sweeps
        self.losses = np.full((sweeps, len(lrs)), np.nan)
        self._bar = bar
        self._sweep = self._at = 0
        self._step: list[Tensor] = []  # losses of the optimizer step under way

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._start = copy.deepcopy(pl_module.state_dict())
        scaler = getattr(trainer.precision_plugin, "scaler", None)
        self._scale = copy.deepcopy(scaler.state_dict()) if scaler else None
        self._progress = tqdm(
            total=self.losses.size, desc="learning rate", disable=None if self._bar else True, file=sys.stdout,
            dynamic_ncols=True, leave=False,
        )  # fmt: skip

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        for optimizer in trainer.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.lrs[self._at] * group.get("lr_scale", 1.0)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if outputs is not None:  # Lightning divided it by the batches that a step accumulates
            self._step.append(outputs["loss"].detach().float() * trainer.accumulate_grad_batches)
        if trainer.fit_loop._should_accumulate():
            return
        loss = torch.stack(self._step).mean() if self._step else torch.tensor(float("nan"))
        self._step = []
        self.losses[self._sweep, self._at] = float(trainer.strategy.reduce(loss.to(pl_module.device)))
        self._at += 1
        self._progress.update()
        if self._at == len(self.lrs) or broken(self.losses[self._sweep, : self._at]):
            self._next(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._progress.close()
        pl_module.load_state_dict(self._start)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        if hasattr(self, "_start"):
            self.on_train_end(trainer, pl_module)

    def _next(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Goes back to the beginning for the next sweep, or ends the training after the last."""
        self._progress.update(len(self.lrs) - self._at)
        self._sweep, self._at = self._sweep + 1, 0
        if self._sweep == self.sweeps:
            trainer.should_stop = True
            self._sweep, self._at = self.sweeps - 1, len(self.lrs) - 1
            return
        pl_module.load_state_dict(self._start)
        for optimizer in trainer.optimizers:
            optimizer.state.clear()
        if self._scale is not None:
            trainer.precision_plugin.scaler.load_state_dict(self._scale)


def broken(losses: np.ndarray) -> bool:
    """Whether a sweep with these losses so far has broken, so that a higher rate can show nothing more.

    It has where the last loss is not finite; where the median of the last three is back where the sweep began,
    after a fall that stands out from the scatter of single losses; or where it stands out above the beginning. Medians
    and scatter and no multiple of the lowest loss: an RMSE or a BCE of seven maps is bounded and never quadruples.
    """
    if not np.isfinite(losses[-1]):
        return True
    if len(losses) < FIRST + LATEST:
        return False
    start, latest = np.median(losses[:FIRST]), np.median(losses[-LATEST:])
    medians = np.median(np.lib.stride_tricks.sliding_window_view(losses, LATEST), axis=1)
    # Of differences of neighbours, whose standard deviation is √2 that of a single loss; 0.6745: the normal's quartile.
    scatter = float(np.median(np.abs(np.diff(losses)))) / 0.6745 / 2**0.5
    fell = start - medians.min() > BROKEN * scatter
    return bool(latest > start + BROKEN * scatter or (fell and latest >= start))
