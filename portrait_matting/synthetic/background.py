"""Backgrounds: what stands behind a person, from a plain gradient to a cluttered room."""

from dataclasses import dataclass

import cv2
import numpy as np

from portrait_matting.synthetic import scenery, texture
from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.palette import Colour, any_colour, near

_TEXTURES = {
    "gradient": texture.gradient,
    "clouds": texture.clouds,
    "wood": texture.wood,
    "bricks": texture.bricks,
    "wallpaper": texture.wallpaper,
}
_SCENERY = {
    "bokeh": scenery.bokeh,
    "room": scenery.room,
    "shelves": scenery.shelves,
    "garden": scenery.garden,
    "street": scenery.street,
}
_SHARP = 0.3  # pixels, sigma of a blur below which nothing is seen of it
_LEAST, _SMALL = 1.1, 4  # sigma in pixels of what was painted small, and how many times smaller that may be
KINDS = (*_TEXTURES, *_SCENERY)


@dataclass(frozen=True)
class Background:
    """A kind of KINDS and its colours; `blur` is the sigma of the defocus as a share of the frame's height."""

    kind: str
    colours: tuple[Colour, ...]
    blur: float
    seed: int


def sample_background(rng: np.random.Generator, like: list[Colour]) -> Background:
    """A random background; one in five takes its colours from `like`, so that it is hard to tell from the person."""
    value = rng.choice([0.3, 0.55, 0.85])
    colours = [any_colour(rng, (0.05, 0.6), (value - 0.15, value + 0.15)) for _ in range(5)]
    if like and rng.random() < 0.2:
        colours[:2] = [near(like[i], rng, 18) for i in rng.integers(0, len(like), 2)]
    return Background(
        kind=str(rng.choice(KINDS, p=(0.1, 0.07, 0.07, 0.08, 0.1, 0.12, 0.16, 0.12, 0.1, 0.08))),
        colours=tuple(colours),
        blur=rng.choice([0.0, 0.003, 0.012, 0.025]) * rng.uniform(0.6, 1.2),
        seed=int(rng.integers(2**32)),
    )


def draw_background(background: Background, height: int, width: int) -> np.ndarray:
    """Paints the background: uint8 (H, W, 3) RGB. One out of focus is painted small, where it costs less."""
    rng, colours = np.random.default_rng(background.seed), list(background.colours)
    sigma = background.blur * height
    step = 1 if sigma < _SHARP else max(1, min(_SMALL, int(sigma / _LEAST)))
    size = max(1, round(height / step)), max(1, round(width / step))
    if background.kind in _TEXTURES:
        image = _TEXTURES[background.kind](rng, colours, *size)
    else:
        canvas = np.full((*size, 4), 255, np.uint8)
        _SCENERY[background.kind](rng, Brush(canvas, (0, 0), size[0]), size[1] / size[0], colours)
        image = cv2.cvtColor(canvas, cv2.COLOR_RGBA2RGB)
    if sigma >= _SHARP:
        image = cv2.GaussianBlur(image, (0, 0), sigma / step)
    return image if step == 1 else cv2.resize(image, (width, height))


def defocused(image: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur of `sigma` pixels, a wide one at a lower resolution, where it costs less."""
    if sigma < _SHARP:
        return image
    step = max(1, int(sigma / 1.5))
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / step), (width, height))
