"""The same few validation portraits after every validation: image, truth, matte, errors, and their scores."""

import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import lightning.pytorch as L
import numpy as np
import torch
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger

from portrait_matting.callbacks.shown_portraits import shown_portraits
from portrait_matting.errors import InputError
from portrait_matting.loggers.boards import log_picture, shown_by
from portrait_matting.metrics import functional
from portrait_matting.metrics.image_metric import transition_band
from portrait_matting.reporting.pictures import portrait_row

HEIGHT = 224  # pixels of a picture, at most
COLUMNS = ("epoch", "step", "portrait", "MAD", "MAD in the band", "IoU", "image", "truth", "matte", "error")
_PART = 20  # of the time so far, the least that lies between two tables: wandb joins some hundred of them, not more


class PortraitRow(NamedTuple):
    """A portrait: its scores, and image, truth, matte and error map, uint8 RGB (h, w, 3) of one size."""

    name: str
    scores: list[float | None]
    pictures: list[np.ndarray]


class ValidationTable(L.Callback):
    """After a validation shows some of its portraits: in wandb as rows of one table, `portraits`, which sorts by any
    column over all epochs, in TensorBoard as `portraits/NAME`, with a slider for the step.

    Args:
        portraits: how many, spread evenly over the validation split. Those that cannot be read are passed over.
        share: of the training time that this may take, in (0, 1]: where validations follow one another more quickly,
            some are not shown. The first one always is. 1: all are.

    Raises:
        InputError: a share outside (0, 1].
    """

    looks_on = True

    def __init__(self, portraits: int = 6, share: float = 0.01) -> None:
        if not 0 < share <= 1:
            raise InputError(f"callbacks.portraits.share={share} is no share: choose more than 0 and at most 1")
        self.portraits, self.share = portraits, share
        self._table: Any = None
        self._began = self._next = 0.0

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._began = time.perf_counter()

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.sanity_checking or not shown_by(trainer) or time.perf_counter() < self._next:
            return
        began = time.perf_counter()
        rows = list(_rows(trainer, pl_module, self.portraits))
        for logger in shown_by(trainer):
            if isinstance(logger, WandbLogger):
                self._extend(logger, rows, trainer)
            elif isinstance(logger, TensorBoardLogger):
                for row in rows:
                    strip = np.concatenate(row.pictures, axis=1)
                    log_picture([logger], f"portraits/{row.name}", strip, trainer.global_step)
        ended = time.perf_counter()
        if self.share < 1:
            self._next = ended + max((ended - began) / self.share, (ended - self._began) / _PART)

    def _extend(self, logger: WandbLogger, rows: list[PortraitRow], trainer: L.Trainer) -> None:
        import wandb

        if self._table is None:  # incremental: each call sends the new rows, and wandb shows all as one table
            self._table = wandb.Table(columns=list(COLUMNS), log_mode="INCREMENTAL")
        for row in rows:
            pictures = [wandb.Image(picture, file_type="jpg") for picture in row.pictures]
            self._table.add_data(trainer.current_epoch, trainer.global_step, row.name, *row.scores, *pictures)
        logger.log_metrics({"portraits": self._table}, trainer.global_step)


def _rows(trainer: L.Trainer, module: L.LightningModule, count: int) -> Iterator[PortraitRow]:
    names = trainer.datamodule.names("val")
    for index, image, truth, matte in shown_portraits(trainer, module, "val", count):
        yield PortraitRow(names[index][1], scores(matte, truth), portrait_row(image, truth, [matte], HEIGHT))


def scores(matte: np.ndarray, truth: np.ndarray) -> list[float | None]:
    """MAD, MAD in the transition band (None where there is no band) and IoU of float32 (H, W) in [0, 1]."""
    predicted, true = (torch.from_numpy(alpha)[None] for alpha in (matte, truth))
    band = transition_band(true)
    inside = functional.mad(predicted, true, band).item() if band.any() else None
    return [functional.mad(predicted, true).item(), inside, functional.iou(predicted, true).item()]
