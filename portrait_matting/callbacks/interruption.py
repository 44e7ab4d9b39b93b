"""What a training run survives: Ctrl-C, obeyed between two steps."""

import signal
import threading
from types import FrameType
from typing import Any

import lightning.pytorch as L


class StopBetweenSteps(L.Callback):
    """Holds a first SIGINT until the step is complete; a second one acts at once.

    Where an optimizer update is done but not yet counted, the checkpoint that Lightning writes on Ctrl-C holds the new
    weights and the old count, and a resumed run would make that update twice.
    """

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
