"""The training step: what Lightning calls, knowing neither files nor pictures."""

from collections.abc import Callable, Sequence
from typing import Any

import lightning.pytorch as L
import torch
from torch import Tensor, nn
from torchmetrics import MetricCollection

from portrait_matting.matte.resolution import to_size
from portrait_matting.metrics import Origins, all_metrics, by_source, training_metrics
from portrait_matting.models.network import MATTE, Network, trainable_groups
from portrait_matting.models.optimizer import build_optimizer
from portrait_matting.training.optimizer_state import fitting, parameter_names, regrouped

_PARAMETERS = "optimizer_parameters"
"""In a checkpoint: the names of the parameters that the optimizer's state is of, by group."""


class MattingModule(L.LightningModule):
    """Trains and scores one network.

    Args:
        net: image (B, 3, S, S) to named outputs, of which "matte" (B, 1, S, S) is the result's logits.
        loss: outputs and batch to named scalars, of which "loss" is minimised; all are logged.
        optimizer: groups of parameters and `lr` to an optimizer.
        lr: what the optimizer is built with; the LR finder and the cycle set their own.
        config: the recipe as plain data, written into every checkpoint.
        channels_last: keep images and weights in channels-last order.
        sources: of a mix, whose portraits are scored; each has its metrics besides those of all together.
    """

    def __init__(
        self,
        net: Network,
        loss: nn.Module,
        optimizer: Callable[..., torch.optim.Optimizer],
        lr: float,
        config: dict[str, Any],
        channels_last: bool = True,
        sources: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.net = net.to(memory_format=self.memory_format)
        self.loss, self.optimizer, self.lr, self.config = loss, optimizer, lr, config
        self.sources = list(sources)
        self.val_metrics = training_metrics().clone(prefix="val/")
        self.test_metrics = all_metrics().clone(prefix="test/")
        self.val_origins, self.test_origins = Origins(), Origins()
        self._first_batch: int | None = None  # that was trained on in this epoch since the start of this process
        self.tested: list[int] = []  # indices of the test portraits, in the order of the metrics' rows

    def forward(self, image: Tensor) -> Tensor:
        """Image (B, 3, S, S), normalised, to matte float32 (B, 1, S, S) in [0, 1]."""
        return self.net(image.contiguous(memory_format=self.memory_format))[MATTE].float().sigmoid()

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        outputs = self.net(batch["image"].contiguous(memory_format=self.memory_format))
        losses = self.loss(outputs, batch)
        # Not with prog_bar, which makes a number of it at every batch, for which a card is waited for.
        self.log("train/loss", losses["loss"], on_step=True, on_epoch=True)
        self.log_dict({f"train/{name}": value for name, value in losses.items() if name != "loss"})
        return losses["loss"]

    def on_train_start(self) -> None:
        self._first_batch = None

    def on_train_epoch_start(self) -> None:
        self._first_batch = None

    def on_train_batch_start(self, batch: dict[str, Tensor], batch_idx: int) -> None:
        if self._first_batch is None:
            self._first_batch = batch_idx  # not 0 where a run goes on in the middle of an epoch

    def backward(self, loss: Tensor) -> None:
        # Lightning divides each loss by accumulate_grad_batches, and steps after fewer batches at an epoch's end.
        missing = self.trainer.accumulate_grad_batches / self._window()
        (loss if missing == 1 else loss * missing).backward()

    def _window(self) -> int:
        """How many batches the optimizer step that is under way has: fewer at an epoch's end, or just resumed."""
        whole, at = self.trainer.accumulate_grad_batches, self.trainer.fit_loop.batch_idx
        begin = at // whole * whole
        return min(begin + whole, self.trainer.num_training_batches) - max(begin, self._first_batch or 0)

    def on_validation_epoch_start(self) -> None:
        self.val_metrics.reset()
        self.val_origins.reset()

    def validation_step(self, batch: dict[str, Any], batch_idx: int) -> None:
        self._score(batch, self.val_metrics, self.val_origins)

    def on_validation_epoch_end(self) -> None:
        self._log(self.val_metrics, self.val_origins)

    def on_test_epoch_start(self) -> None:
        self.test_metrics.reset()
        self.test_origins.reset()
        self.tested = []

    def test_step(self, batch: dict[str, Any], batch_idx: int) -> None:
        self._score(batch, self.test_metrics, self.test_origins)
        counted = zip(batch["index"], batch["counted"], strict=True)
        self.tested += [index for index, counts in counted if counts]

    def on_test_epoch_end(self) -> None:
        self._log(self.test_metrics, self.test_origins)

    def _score(self, batch: dict[str, Any], metrics: MetricCollection, origins: Origins) -> None:
        scored = zip(self(batch["image"]), batch["alpha"], batch["counted"], strict=True)
        pairs = [(matte, alpha) for matte, alpha, counted in scored if counted]
        alphas = [alpha for _, alpha in pairs]  # each (1, H, W), of its own size: scored there, not at the network's
        metrics.update([to_size(matte, *alpha.shape[-2:]) for matte, alpha in pairs], alphas)
        if self.sources:
            counted = zip(batch["source"], batch["counted"], strict=True)
            origins.update([source for source, counts in counted if counts])

    def _log(self, metrics: MetricCollection, origins: Origins) -> None:
        # Computed here, not by Lightning, which takes no metric of several values. Every process has the figures of
        # all: nothing is left to average.
        for name, value in metrics.compute().items():
            self.log(name, value, prog_bar=name.endswith(("/mad", "/iou")))
        if self.sources:
            self.log_dict(by_source(metrics, origins, self.sources))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return build_optimizer(self.optimizer, self.net, self.lr)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["config"] = self.config
        if checkpoint.get("optimizer_states"):
            groups = self.optimizers(use_pl_optimizer=False).param_groups
            checkpoint[_PARAMETERS] = parameter_names(groups, self)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        if not checkpoint.get("optimizer_states"):
            return
        [state], built = checkpoint["optimizer_states"], self.configure_optimizers()
        if not (names := parameter_names(built.param_groups, self)):
            return
        # Earlier versions kept no names: their optimizers had the network's own groups, in its order.
        saved = checkpoint.get(_PARAMETERS) or fitting(state, parameter_names(trainable_groups(self.net), self), names)
        checkpoint["optimizer_states"] = [regrouped(state, saved, built, names, getattr(self.optimizer, "given", ()))]
