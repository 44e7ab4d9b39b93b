"""`gallery/` in a run's folder, read again: the same few test portraits in every run, as image, truth and matte."""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.images.io import read_alpha, read_image

log = logging.getLogger(__name__)

FOLDER = "gallery"
IMAGE, TRUTH, MATTE = "image.jpg", "truth.png", "matte.png"
"""How the names of a portrait's files end: INDEX_NAME.image.jpg and so on."""


class Shown(NamedTuple):
    """A portrait in a gallery: uint8 RGB (H, W, 3), and float32 (H, W) in [0, 1] of the truth and of the matte."""

    name: str
    image: np.ndarray
    truth: np.ndarray
    matte: np.ndarray


def read_gallery(folder: Path) -> list[Shown]:
    """The portraits of a gallery by their index; none where there is no such folder.

    Passed over is what a killed run has left unfinished, and, with a warning, what cannot be read.
    """
    portraits = []
    for file in sorted(folder.glob(f"[!.]*.{IMAGE}")):
        stem = file.name.removesuffix(f".{IMAGE}")
        greys = [folder / f"{stem}.{kind}" for kind in (TRUTH, MATTE)]
        if not all(grey.is_file() for grey in greys):
            continue
        try:
            shown = Shown(stem.partition("_")[2], read_image(file), *map(read_alpha, greys))
        except InputError as error:
            log.warning("%s", error)
            continue
        portraits.append(shown)
    return portraits
