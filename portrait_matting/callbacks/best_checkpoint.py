"""`best.ckpt`, the network that a validation found best; a resumed run keeps it, wherever its folder stands."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from portrait_matting.errors import InputError
from portrait_matting.metrics import training_metrics
from portrait_matting.metrics.catalogue import METRICS

NAME = "best"


class BestCheckpoint(ModelCheckpoint):
    """Writes `best.ckpt` after each validation that is better than all before.

    Lightning remembers the best by an absolute path, and forgets it in a folder that was moved, copied or is reached by
    another name: the next validation, however bad, would be written over it. Here `best.ckpt` itself says how good it
    is, so that what lies in the folder counts, also where it was written after the checkpoint that the run resumes.

    Args:
        dirpath: the folder.
        monitor: val/METRIC, by which it is chosen, or of one source of a mix val/SOURCE/METRIC.
        mode: min or max; auto: as the metric is better.

    Raises:
        InputError: no metric of a validation, or a mode that would keep the worst.
    """

    def __init__(
        self, dirpath: str | Path, monitor: str = "val/mad", mode: Literal["auto", "min", "max"] = "auto"
    ) -> None:
        names = [name for metric in training_metrics().values() for name in metric.names]
        known = {f"val/{name}": "max" if METRICS[name].higher else "min" for name in names}
        whole = re.sub(r"^val/[^/]+/", "val/", monitor)
        if whole not in known:
            raise InputError(f"callbacks.best.monitor={monitor} is measured in no validation: {', '.join(known)} are")
        if mode not in ("auto", known[whole]):
            raise InputError(f"callbacks.best.mode={mode} keeps the worst {monitor}: choose auto")
        super().__init__(dirpath, NAME, monitor, mode=known[whole], enable_version_counter=False)

    @property
    def state_key(self) -> str:
        return super().state_key.replace(type(self).__qualname__, ModelCheckpoint.__qualname__)  # of earlier runs

    @property
    def path(self) -> Path:
        """Where the best one is, or is going to be."""
        return Path(self.dirpath) / f"{NAME}{self.FILE_EXTENSION}"

    def on_load_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        self.take_up(checkpoint)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Does nothing: `take_up` has looked at the file itself."""

    def take_up(self, checkpoint: Mapping[str, Any]) -> None:
        """Goes on from the `best.ckpt` in the folder, if there is one. `checkpoint` is the one that the run resumes: it
        tells how good a `best.ckpt` is that says nothing of itself, as one of weights alone.
        """
        if not self.path.is_file():
            return
        score = scores(read(self.path)).get(self.monitor, scores(checkpoint).get(self.monitor))
        if score is not None:
            self.best_model_path = self.kth_best_model_path = str(self.path)
            self.best_model_score = self.kth_value = self.current_score = torch.tensor(score, dtype=torch.float64)
            self.best_k_models = {self.best_model_path: self.best_model_score}


def read(path: Path) -> dict[str, Any]:
    """A checkpoint whose tensors stay in the file until they are used.

    Raises:
        InputError: it is no checkpoint, or is truncated.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch raises many types for the many ways in which a file can be broken
        raise InputError(f"{path} is no checkpoint, or is truncated: copy it again, or delete it") from error


def scores(checkpoint: Mapping[str, Any]) -> dict[str, float]:
    """By metric, how good the best network was when a checkpoint was written, which a `best.ckpt` is itself."""
    states: Iterable[Mapping[str, Any]] = checkpoint.get("callbacks", {}).values()
    watched = [state for state in states if state.get("best_model_score") is not None]
    return {state["monitor"]: float(state["best_model_score"]) for state in watched}
