"""What a training run survives: Ctrl-C, obeyed between two steps, and a disk that fills under a checkpoint."""

import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import lightning.pytorch as L
from lightning.pytorch.plugins.io import TorchCheckpointIO


class WholeCheckpoints(TorchCheckpointIO):
    """Writes a checkpoint beside its place and moves it there when it is whole: the old one stays until then.

    Lightning writes to the system's temporary folder first. Where that is another disk, its move is a copy onto the
    old checkpoint, which is lost if the disk is full.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        place = Path(path)
        unfinished = place.with_name(f"{place.name}.unfinished")
        try:
            super().save_checkpoint(checkpoint, unfinished, storage_options)
            os.replace(unfinished, place)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(place)) from error
        finally:
            unfinished.unlink(missing_ok=True)


class StopBetweenSteps(L.Callback):
    """Holds a first SIGINT until the step is complete; a second one acts at once.

    Where an optimizer update is done but not yet counted, the checkpoint that Lightning writes on Ctrl-C holds the new
    weights and the old count, and a resumed run would make that update twice.
    """

    looks_on = True

    def __init__(self) -> None:
        self._asked = False
        self._before: Any = None

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._hold)

    def on_train_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        self._obey()

    def on_validation_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        self._obey()

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._release()

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        self._release()

    def _hold(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def _obey(self) -> None:
        if self._asked:
            raise KeyboardInterrupt

    def _release(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None
