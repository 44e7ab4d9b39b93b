"""Pictures of a run: image | truth | matte | cut-out for the same few portraits, for every logger and for disk."""

from pathlib import Path

import lightning.pytorch as L
import numpy as np
import torch
from lightning.pytorch.utilities import rank_zero_only

from portrait_matting.data.datamodule import PortraitDataModule
from portrait_matting.errors import InputError
from portrait_matting.images.network_input import resize
from portrait_matting.loggers.boards import log_picture
from portrait_matting.matte.resolution import to_size
from portrait_matting.reporting.panel import panel, sheet, write_picture


def matte_of(trainer: L.Trainer, module: L.LightningModule, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The matte of a portrait, uint8 RGB (H', W', 3), as the run scores it: float32 `size`, (H, W), in [0, 1]."""
    batch = trainer.datamodule.to_input(image)[None].to(module.device)
    with torch.inference_mode(), trainer.strategy.precision_plugin.forward_context():
        return to_size(module(batch)[0], *size)[0].cpu().numpy()


class SamplePictures(L.Callback):
    """After every validation, and after the test, writes `samples.png` and shows it in the dashboards.

    Args:
        run_dir: the run's folder.
        portraits: how many of the first portraits of the split to show. Those that cannot be read are passed over.
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
        data: PortraitDataModule = trainer.datamodule
        portraits = data.portraits(split)
        rows = []
        for index in range(len(portraits)):
            if len(rows) == self.portraits:
                break
            try:
                image, alpha = portraits[index]
            except InputError:  # its loader has warned of it
                continue
            matte = matte_of(trainer, module, image, alpha.shape)
            rows.append(panel(resize(image, *alpha.shape), alpha, matte))
        if not rows:
            return
        picture = sheet(rows)
        write_picture(self.path, picture)
        log_picture(trainer.loggers, f"{split}/samples", picture, trainer.global_step)
