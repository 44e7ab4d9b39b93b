"""`last.ckpt`, which a stopped run goes on from: written every few minutes, not after every epoch."""

import time
from pathlib import Path
from typing import Any

import lightning.pytorch as L
from lightning.pytorch.callbacks import ModelCheckpoint

from portrait_matting.errors import InputError, Terminated

_LOOKED = 10  # optimizer steps between two looks at the clock: the processes of a run agree on each


class LastCheckpoint(ModelCheckpoint):
    """Writes `last.ckpt` when so many minutes have gone by since it was written, at the end, on Ctrl-C and on a crash.

    It is half a gigabyte of the full network with its optimizer: after each of 60 short epochs that is 30 GB. A run
    that is killed loses what it did since the last one, also in the middle of a long epoch.

    Args:
        dirpath: the folder.
        every_minutes: the least time between two; 0: after every epoch, and only then.
        save_on_exception: on Ctrl-C and on a crash, so that these lose nothing. Of several processes, on Ctrl-C and
            SIGTERM alone: of a crash the others do not know, and each would wait for the other for ever.

    Raises:
        InputError: a negative time.
    """

    looks_on = True

    def __init__(self, dirpath: str | Path, every_minutes: float = 5.0, save_on_exception: bool = True) -> None:
        if every_minutes < 0:
            raise InputError(f"callbacks.last.every_minutes={every_minutes} is no time: choose 0 or more")
        super().__init__(
            dirpath,
            "last",
            save_on_train_epoch_end=True,  # also after epochs without validation
            save_on_exception=save_on_exception,
            enable_version_counter=False,
        )
        self.every_minutes, self._written = every_minutes, 0.0

    @property
    def state_key(self) -> str:
        return super().state_key.replace(type(self).__qualname__, ModelCheckpoint.__qualname__)  # of earlier runs

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Does nothing: its place is the folder of this run, wherever the one that is resumed stood."""

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        self._written = time.monotonic()

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        between_steps = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        # The last batch of an epoch is left to the epoch's end: its validation is part of what is saved.
        if not self.every_minutes or not between_steps or trainer.is_last_batch or trainer.global_step % _LOOKED:
            return
        if self._due(trainer):
            self._write(trainer)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if _is_last(trainer) or self._due(trainer):
            self._write(trainer)

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        if trainer.world_size == 1 or isinstance(exception, KeyboardInterrupt | Terminated):
            super().on_exception(trainer, pl_module, exception)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._write(trainer)  # where the end came unforeseen; does nothing where this step is written

    def _due(self, trainer: L.Trainer) -> bool:
        return trainer.strategy.broadcast(time.monotonic() - self._written >= 60 * self.every_minutes)

    def _write(self, trainer: L.Trainer) -> None:
        if not self._should_skip_saving_checkpoint(trainer):
            self._save_topk_checkpoint(trainer, self._monitor_candidates(trainer))
            self._written = time.monotonic()


def _is_last(trainer: L.Trainer) -> bool:
    """Whether training ends with the epoch that has just ended."""
    epochs = trainer.max_epochs not in (None, -1) and trainer.current_epoch + 1 >= trainer.max_epochs
    steps = trainer.max_steps != -1 and trainer.global_step >= trainer.max_steps
    return trainer.should_stop or epochs or steps
