"""The place behind people: a photograph, drawn scenery or a studio's backdrop, in linear light and all in focus.

A lens puts it out of focus later (lens.defocus), when it is known which.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from portrait_matting.people.photography.tone import to_linear
from portrait_matting.people.places.backdrop import draw_backdrop
from portrait_matting.people.places.thicket import draw_thicket, overgrown, textured
from portrait_matting.synthetic.background import draw_background, sample_background
from portrait_matting.synthetic.backgrounds import FolderBackgrounds

STUDIO = 0.16
"""The share of places that are a studio's backdrop."""
_DRAWN_BESIDE = 0.06  # of places with a folder of pictures that are drawn all the same: walls close behind
_THICKETS, _THICKETS_BESIDE = 0.3, 0.1  # of all places, without and with a folder
_OVERGROWN_BESIDE = 0.16  # of places with a folder: its pictures with leaves, grass or stones before them
_CRISP = 2.0  # at most, of what is fine in a picture is added to it
_TEXTURED = 0.6  # of the other drawings: their surfaces are too clean
_DRAWN = 260  # pixels of a drawing's shorter side, at most: its cost grows with its area
_OVERGROWN = STUDIO + _DRAWN_BESIDE + _OVERGROWN_BESIDE
_WALLS = ("gradient", "clouds", "wood", "bricks", "wallpaper")  # of the drawn kinds


Pictures = str | Path | FolderBackgrounds
"""Pictures without people, or the folder that they are in."""


class Place(NamedTuple):
    """Attributes:
    light: linear RGB, float32 (H, W, 3), 0 or more; lamps and skies are above 1.
    wall: it hangs or stands close behind people: nobody walks there, and they may throw a shadow on it.
    """

    light: np.ndarray
    wall: bool


def draw_place(
    rng: np.random.Generator,
    height: int,
    width: int,
    like: np.ndarray,
    backgrounds: Pictures | None = None,
    backdrops: bool = True,
) -> Place:
    """A place without people.

    Args:
        rng: of the place.
        height, width: of the picture.
        like: (n, 3) linear RGB, colours of the person, which a backdrop sometimes has too.
        backgrounds: pictures without people, or their folder; None: scenery is drawn.
        backdrops: whether there are studios' backdrops, and beside the pictures of a folder a few drawings: a third of
            the places then, and one in six is a picture with leaves, grass or stones drawn before it. Without, all are
            pictures of the folder, or drawn scenery.

    Raises:
        InputError: the folder is missing or holds no picture, or one cannot be decoded.
    """
    kind = rng.random()
    if not backdrops:
        kind = 0.5 if backgrounds is not None else STUDIO + (1 - STUDIO) * kind
    if kind < STUDIO:
        return Place(draw_backdrop(rng, height, width, like), wall=True)
    beside = _THICKETS if backgrounds is None else _THICKETS_BESIDE
    exposure = np.exp(rng.normal(0.1, 0.28) + 0.03 * rng.normal(size=3)).astype(np.float32)
    if kind > 1 - beside:
        return Place(draw_thicket(rng, height, width) * exposure, wall=False)
    if backgrounds is None or kind < STUDIO + _DRAWN_BESIDE:
        picture, wall = _drawn(rng, height, width, like)
        light = to_linear(picture) * exposure
        return Place(textured(light, rng) if rng.random() < _TEXTURED else light, wall)
    picture = pictures_of(backgrounds).sharp(rng, height, width)
    picture = crisp(picture, rng)
    if backdrops and kind < _OVERGROWN:
        picture = overgrown(picture, rng)
    return Place(to_linear(picture) * exposure, wall=False)


def crisp(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture, uint8 RGB, as sharp as people before it are: most files of places are enlarged or softly scaled.

    Behind twenty real selfies (AISegment's, scaled to a height of 384) the mean absolute Laplacian is 13 to 31 of 255,
    on the people 9 to 20; in pictures from such files it is 2 to 11.
    """
    amount = _CRISP * rng.random()
    return cv2.addWeighted(picture, 1 + amount, cv2.GaussianBlur(picture, (5, 5), 1.0), -amount, 0)


def pictures_of(backgrounds: Pictures) -> FolderBackgrounds:
    """The pictures themselves; a folder is looked through once.

    Raises:
        InputError: the folder is missing, cannot be opened or holds no picture.
    """
    return backgrounds if isinstance(backgrounds, FolderBackgrounds) else _looked_through(backgrounds)


@lru_cache(4)
def _looked_through(root: str | Path) -> FolderBackgrounds:
    return FolderBackgrounds(str(root), "data.backgrounds")


def _drawn(rng: np.random.Generator, height: int, width: int, like: np.ndarray) -> tuple[np.ndarray, bool]:
    shown = [tuple(float(value) for value in 255 * np.clip(colour, 0, 1) ** (1 / 2.2)) for colour in like]
    background = replace(sample_background(rng, shown), blur=0.0)
    scale = min(1, _DRAWN / min(height, width))
    drawn = draw_background(background, max(1, round(scale * height)), max(1, round(scale * width)))
    picture = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_CUBIC)
    return picture, background.kind in _WALLS
