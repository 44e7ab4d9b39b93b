"""One object: a photo goes in, its matte and the cut-out person come out, at the photo's own resolution."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.matte.composite import over, to_rgba
from portrait_matting.matte.foreground import estimate_foreground
from portrait_matting.matte.predictor import Predictor
from portrait_matting.matte.refine import REFINEMENT, check_refinement, refine
from portrait_matting.weights.shipped import shipped


@dataclass(frozen=True)
class CutOut:
    """A person without the background.

    Args:
        alpha: float32 (H, W) in [0, 1].
        foreground: uint8 RGB (H, W, 3), the person's own colours; of no meaning where alpha is 0.
    """

    alpha: np.ndarray
    foreground: np.ndarray

    def rgba(self) -> np.ndarray:
        """uint8 (H, W, 4), colours not multiplied by alpha, as PNG and WebP store them."""
        return to_rgba(self.foreground, self.alpha)

    def over(self, background: tuple[int, int, int] | np.ndarray) -> np.ndarray:
        """The person before a colour, or before a picture, uint8 RGB of any size: uint8 RGB (H, W, 3)."""
        return over(self.foreground, self.alpha, background)


class Matter:
    """Photo to cut-out.

        photo = np.asarray(Image.open("photo.jpg").convert("RGB"))
        matter = Matter()  # by the network that comes with the package; Matter("best.ckpt") by another one
        cut_out = matter(photo)  # of uint8 RGB (H, W, 3), any size
        Image.fromarray(cut_out.rgba()).save("photo_cut_out.png")

    Args:
        network: a checkpoint's path, or, as text, the name of a network that comes with the package, such as
            "portraits"; or a `Predictor`, photo to matte at the network's resolution. None: the package's default.
        refinement: how the matte comes to the photo's resolution, one of `refine.REFINEMENTS`.
        foreground: estimates the person's own colours; else the photo's stay, with the old background in soft edges.
        options: those of `Predictor.from_checkpoint`; of a `Predictor`, which has its own, none.

    Raises:
        InputError: there is no such refinement, or the checkpoint or an option cannot be.
    """

    def __init__(
        self,
        network: str | Path | Predictor | None = None,
        refinement: str = REFINEMENT,
        foreground: bool = True,
        **options: Any,
    ) -> None:
        self.refinement, self.foreground = check_refinement(refinement), foreground
        if network is None or isinstance(network, str | os.PathLike):
            self.predictor = Predictor.from_checkpoint(shipped() if network is None else network, **options)
        elif options:
            raise InputError(f"a Predictor has options of its own: give it {', '.join(options)}")
        else:
            self.predictor = network

    @classmethod
    def from_checkpoint(
        cls, path: str | Path, refinement: str = REFINEMENT, foreground: bool = True, **options: Any
    ) -> "Matter":
        """By a checkpoint's network; `options` are those of `Predictor.from_checkpoint`."""
        return cls(path, refinement, foreground, **options)

    def __call__(self, photo: np.ndarray) -> CutOut:
        """The cut-out of a photo, uint8 RGB (H, W, 3) of any size.

        Raises:
            InputError: the array is no such photo.
        """
        if not (isinstance(photo, np.ndarray) and photo.dtype == np.uint8 and photo.shape[2:] == (3,) and photo.size):
            what = f"{photo.dtype} {photo.shape}" if isinstance(photo, np.ndarray) else type(photo).__name__
            raise InputError(f"a photo is a uint8 array (H, W, 3) of RGB, not {what}")
        photo = np.ascontiguousarray(photo)
        [matte] = self.predictor([photo])
        return self.cut_out(photo, matte)

    def mattes(self, photos: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The first half of the way, for several photos at once: their mattes at the network's resolution."""
        return self.predictor(photos)

    def cut_out(self, photo: np.ndarray, matte: np.ndarray) -> CutOut:
        """The second half: a photo (H, W, 3) and its matte from `mattes`, float32 (h, w), to the cut-out."""
        alpha = refine(matte, photo, self.refinement)
        return CutOut(alpha, estimate_foreground(photo, alpha) if self.foreground else photo)
