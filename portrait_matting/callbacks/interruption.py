"""What a training run survives: Ctrl-C and SIGTERM, obeyed between two steps."""

import signal
import threading
from types import FrameType
from typing import Any

import lightning.pytorch as L
import torch

from portrait_matting.errors import Terminated

_STOPS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}


class StopBetweenSteps(L.Callback):
    """Holds SIGINT (Ctrl-C) and SIGTERM until the step is complete; a second Ctrl-C acts at once.

    Where an optimizer update is done but not yet counted, the checkpoint that Lightning writes when a run is stopped
    holds the new weights and the old count, and a resumed run would make that update twice.

    SIGTERM is taken out of Lightning's hands: it would end the run with exit code 0, which Slurm takes for success. A
    second SIGTERM changes nothing, since srun and Slurm may each send one. Several processes stop after the same step
    though only one of them was told; that costs an exchange of one number at each step, at which Lightning has just
    made them wait for each other for the same question.
    """

    looks_on = True

    def __init__(self) -> None:
        self._asked = 0  # the signal that came
        self._in_steps = self._ending = False
        self._before: dict[int, Any] = {}

    def on_sanity_check_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._take()  # Lightning's own handler would talk to other processes amid their talk

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._take()
        self._in_steps = True

    def on_train_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        self._obey(trainer)

    def on_validation_batch_end(self, trainer: L.Trainer, *_: Any) -> None:
        if trainer.world_size == 1:  # else each process may have another number of them
            self._obey(trainer)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._release()

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._obey(trainer)  # one that came after the last step

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        self._ending = True  # the checkpoint is written after this; Lightning then puts all handlers back

    def _take(self) -> None:
        if not self._before and threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._hold) for number in _STOPS}

    def _hold(self, number: int, frame: FrameType | None) -> None:
        if self._ending:
            return
        if not self._in_steps or (self._asked and number == signal.SIGINT):
            raise _STOPS[number]
        self._asked = self._asked or number

    def _obey(self, trainer: L.Trainer) -> None:
        asked = self._asked
        if trainer.world_size > 1:
            received = torch.tensor(asked, device=trainer.strategy.root_device)
            asked = int(trainer.strategy.reduce(received, reduce_op="max"))
        if asked:
            raise _STOPS[asked]

    def _release(self) -> None:
        self._in_steps = False
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
