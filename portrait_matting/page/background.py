"""What a person is put before on the page: from what the page's fields say to a colour, a picture or a blur."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.prediction import cutout_file

Kind = Literal["transparent", "colour", "picture", "blur"]
_SQUARES = 48  # of a checkerboard, along its longer side
_LIGHT, _DARK = 255, 204
_PART = r"\s*(\d+\.?\d*)\s*"
_RGBA = re.compile(rf"rgba?\({_PART},{_PART},{_PART}(?:,[\s\d.]+)?\)")


@dataclass(frozen=True)
class Background:
    """The fields of the page: the colour is its picker's, #rrggbb or rgba(…), the picture is a file.

    Raises:
        InputError: there is no such kind.
    """

    kind: Kind = "transparent"
    colour: str = "#ffffff"
    picture: Path | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise InputError(f"background {self.kind!r} is unknown: choose one of {', '.join(get_args(Kind))}")

    @property
    def is_transparent(self) -> bool:
        """Whether nothing is behind the person: also while no picture has been chosen yet."""
        return self.kind == "transparent" or (self.kind == "picture" and self.picture is None)

    def behind(self, read: Callable[[Path], np.ndarray]) -> cutout_file.Background | None:
        """What `cutout_file.Style` takes; None where it is transparent. `read` gives a file's picture.

        Raises:
            InputError: the colour is none, or the picture cannot be read.
        """
        if self.is_transparent:
            return None
        if self.kind == "colour":
            return rgb(self.colour)
        return "blur" if self.kind == "blur" else read(self.picture)


def rgb(colour: str) -> tuple[int, int, int]:
    """#rrggbb or rgb(r, g, b), either with an alpha that is left out, as (r, g, b), 0-255.

    Raises:
        InputError: it is no colour.
    """
    colour = str(colour)
    if re.fullmatch(r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?", colour):
        return tuple(bytes.fromhex(colour[1:7]))
    if match := _RGBA.fullmatch(colour):
        return tuple(min(255, round(float(part))) for part in match.groups())
    raise InputError(f"{colour!r} is no colour: give #rrggbb")


def checkerboard(height: int, width: int) -> np.ndarray:
    """Light squares, which say that nothing is here: uint8 (height, width, 3)."""
    square = max(1, max(height, width) // _SQUARES)
    rows, columns = np.arange(height) // square, np.arange(width) // square
    grey = np.where((rows[:, None] + columns) % 2, _DARK, _LIGHT).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)
