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
    """Paints the background: float32 (H, W, 3) RGB in [0, 1]."""
    rng, colours = np.random.default_rng(background.seed), list(background.colours)
    if background.kind in _TEXTURES:
        image = _TEXTURES[background.kind](rng, colours, height, width)
    else:
        canvas = np.full((height, width, 4), 255, np.uint8)
        _SCENERY[background.kind](rng, Brush(canvas, (0, 0), height), width / height, colours)
        image = canvas[..., :3].astype(np.float32)
    return defocused(image, background.blur * height) / np.float32(255)


def defocused(image: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur of `sigma` pixels, a wide one at a lower resolution, where it costs less."""
    if sigma < 0.3:
        return image
    step = max(1, int(sigma / 1.5))
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / step), (width, height))
