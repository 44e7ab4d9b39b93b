"""The digest of all that a result depends on beside its photo: the network, and the options that change a pixel."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from portrait_matting.prediction.cutout_file import Background, Style
from portrait_matting.prediction.mark import digest, digest_of_content

_LOSSY = ("webp", "jpg")


@dataclass(frozen=True)
class Settings:
    """How results are made, as far as it changes them. The device does not: cards and CPUs differ by rounding.

    Args:
        checkpoint: the network's file, known by its content, wherever it lies.
        style: what is written of a photo.
        refinement, foreground, input_size, precision, fit, flip: as `Matter.from_checkpoint` takes them; None where
            that is the network's own.
        smoothing: of videos.
    """

    checkpoint: Path
    style: Style
    refinement: str = ""
    foreground: bool = True
    input_size: int | None = None
    precision: str = "auto"
    fit: str = "squash"
    flip: bool = False
    smoothing: float = 0.0

    @cached_property
    def of_photos(self) -> str:
        """The digest for photos."""
        style = self.style
        quality = style.quality if style.format in _LOSSY else None
        return self._digest(style.format, style.matte, quality)

    @cached_property
    def of_videos(self) -> str:
        """The digest for videos, which have no format or quality, but smoothing."""
        return self._digest("video", self.smoothing)

    def _digest(self, *more: object) -> str:
        options = (self.refinement, self.foreground, self.input_size, self.precision, self.fit, self.flip)
        return digest(repr((self._network, *options, _described(self.style.background), *more)).encode())

    @cached_property
    def _network(self) -> str:
        return digest_of_content(self.checkpoint)


def _described(background: Background | None) -> object:
    if isinstance(background, np.ndarray):
        return background.shape, digest(np.ascontiguousarray(background).tobytes())
    return background
