"""`gallery/` in a run's folder: the same few test portraits in every run, each as image, truth and matte."""

import re
from pathlib import Path

import lightning.pytorch as L
import numpy as np
from lightning.pytorch.utilities import rank_zero_only

from portrait_matting.callbacks.shown_portraits import shown_portraits
from portrait_matting.images.network_input import resize
from portrait_matting.reporting.panel import write_picture
from portrait_matting.runs.gallery import FOLDER, IMAGE, MATTE, TRUTH, Shown

HEIGHT = 360  # pixels of a picture, at most
_NAME = 80  # bytes of a portrait's name in a file's, which may have 255


def write_shown(folder: Path, index: int, shown: Shown) -> None:
    """Writes INDEX_NAME.{image.jpg,truth.png,matte.png}, reduced to `HEIGHT`; raises OSError on a full disk."""
    scale = min(1.0, HEIGHT / shown.truth.shape[0])
    size = [max(round(side * scale), 1) for side in shown.truth.shape]
    name = re.sub(r"[^\w-]", "_", shown.name).encode()[:_NAME].decode(errors="ignore")
    stem = f"{index:05d}_{name}"
    truth, matte = (np.rint(resize(grey, *size) * 255).astype(np.uint8) for grey in (shown.truth, shown.matte))
    for kind, picture in {IMAGE: resize(shown.image, *size), TRUTH: truth, MATTE: matte}.items():
        write_picture(folder / f"{stem}.{kind}", picture)


class Gallery(L.Callback):
    """After the test, writes `gallery/`.

    Args:
        run_dir: the run's folder.
        portraits: how many of the test split. Those that cannot be read are passed over.
    """

    looks_on = True

    def __init__(self, run_dir: str, portraits: int = 10) -> None:
        self.folder = Path(run_dir) / FOLDER
        self.portraits = portraits

    @rank_zero_only
    def on_test_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        names = trainer.datamodule.names("test")
        self.folder.mkdir(exist_ok=True)
        for index, *portrait in shown_portraits(trainer, pl_module, "test", self.portraits):
            write_shown(self.folder, index, Shown(names[index][1], *portrait))
