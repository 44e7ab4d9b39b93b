"""How fast a run trains and how much memory it holds."""

import time
from typing import Any

import lightning.pytorch as L
import psutil
import torch

from portrait_matting.loggers.boards import log_metrics, shown_by

_GIB = 1024**3


class Throughput(L.Callback):
    """Shows, every `log_every_n_steps` optimizer steps, `speed/images_per_second` and `speed/memory_gib`.

    The images are those of all processes, waiting for data included and validation not. The memory is on a card the
    most that torch has allocated there so far, on a CPU what this process holds now.
    """

    looks_on = True

    def __init__(self) -> None:
        self._images, self._began = 0, 0.0

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._restart()

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._restart()

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: dict[str, Any], batch_idx: int
    ) -> None:
        self._images += len(batch["image"])
        every = trainer.log_every_n_steps
        accumulating = (batch_idx + 1) % trainer.accumulate_grad_batches and not trainer.is_last_batch
        if not every or trainer.global_step % every or accumulating or not shown_by(trainer):
            return
        seconds = time.perf_counter() - self._began
        metrics = {
            "speed/images_per_second": self._images * trainer.world_size / seconds,
            "speed/memory_gib": memory(pl_module.device) / _GIB,
        }
        log_metrics(trainer.loggers, metrics, trainer.global_step - 1)
        self._restart()

    def _restart(self) -> None:
        self._images, self._began = 0, time.perf_counter()


def memory(device: torch.device) -> int:
    """Bytes: of a card the most that was allocated so far, of a CPU what this process holds."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return psutil.Process().memory_info().rss
