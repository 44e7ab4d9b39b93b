"""Pictures of a run: image | truth | matte | cut-out for the same few portraits, for every logger and for disk."""

from itertools import islice
from pathlib import Path

import lightning.pytorch as L
from lightning.pytorch.utilities import rank_zero_only

from portrait_matting.callbacks.shown_portraits import shown_portraits
from portrait_matting.images.network_input import resize
from portrait_matting.loggers.boards import log_picture
from portrait_matting.reporting.panel import panel, sheet, write_picture


class SamplePictures(L.Callback):
    """After every validation, and after the test, writes `samples.png` and shows it in the dashboards.

    Args:
        run_dir: the run's folder.
        portraits: how many of the first portraits of the split to show, of a mix each with its source. Those that
            cannot be read are passed over.
    """

    looks_on = True

    def __init__(self, run_dir: str, portraits: int = 6) -> None:
        self.path = Path(run_dir) / "samples.png"
        self.portraits = portraits

    @rank_zero_only
    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not trainer.sanity_checking:
            self._show(trainer, pl_module, "val")

    @rank_zero_only
    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._show(trainer, pl_module, "test")

    def _show(self, trainer: L.Trainer, module: L.LightningModule, split: str) -> None:
        shown = list(islice(shown_portraits(trainer, module, split), self.portraits))
        rows = [panel(resize(one.image, *one.truth.shape), one.truth, one.matte) for one in shown]
        if not rows:
            return
        data = trainer.datamodule
        mixed = data.portraits(split) if getattr(data, "is_mixed", False) else None
        picture = sheet(rows, [mixed.source_of(one.index) for one in shown] if mixed else ())
        write_picture(self.path, picture)
        log_picture(trainer.loggers, f"{split}/samples", picture, trainer.global_step)
