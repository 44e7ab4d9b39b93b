"""Backgrounds: what stands behind a person, from a plain gradient to a cluttered room."""

from dataclasses import dataclass

import cv2
import numpy as np

from portrait_matting.synthetic import foliage, scenery, texture
from portrait_matting.synthetic.bars import BARS, draw_bars
from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.palette import Colour, any_colour, near

_TEXTURES = {
    "gradient": texture.gradient,
    "clouds": texture.clouds,
    "wood": texture.wood,
    "bricks": texture.bricks,
    "wallpaper": texture.wallpaper,
    "leaves": foliage.leaves,
    "grass": foliage.grass,
    "twigs": foliage.twigs,
    "gravel": foliage.gravel,
    "foam": foliage.foam,
}
_SCENERY = {
    "bokeh": scenery.bokeh,
    "room": scenery.room,
    "shelves": scenery.shelves,
    "garden": scenery.garden,
    "street": scenery.street,
}
# Highlights count about as much more as they do in linear light, in 8 bits: 255 x^1.8, and back.
_TO_LIGHT = np.rint(255 * (np.arange(256) / 255) ** 1.8).astype(np.uint8)
_FROM_LIGHT = np.rint(255 * (np.arange(256) / 255) ** (1 / 1.8)).astype(np.uint8)
_SHARP = 0.3  # pixels, sigma of a blur below which nothing is seen of it
_LEAST, _SMALL = 1.1, 6  # sigma in pixels of what was painted small, and how many times smaller that may be
KINDS = (*_TEXTURES, *_SCENERY)
_SHARES = (0.07, 0.06, 0.05, 0.06, 0.07, 0.09, 0.05, 0.06, 0.05, 0.04, 0.08, 0.12, 0.07, 0.07, 0.06)
_ALIKE, _BARRED = 0.26, 0.2  # shares that take the person's colours, and that have bars


@dataclass(frozen=True)
class Background:
    """A kind of KINDS and its colours; `blur` is the sigma of the defocus as a share of the frame's height.

    `bars` of BARS stand before it; `lens` blurs by discs, as a wide aperture does, in place of a bell.
    """

    kind: str
    colours: tuple[Colour, ...]
    blur: float
    seed: int
    bars: str = "none"
    lens: bool = False


def sample_background(rng: np.random.Generator, like: list[Colour]) -> Background:
    """A random background; one in four takes its colours from `like`, so that it is hard to tell from the person.

    Half of these are plain walls: a dark coat before a dark one, a white shirt before a bright one.
    """
    value = pick(rng, [0.3, 0.55, 0.85])
    colours = [any_colour(rng, (0.05, 0.6), (value - 0.15, value + 0.15)) for _ in range(5)]
    kind = pick(rng, KINDS, _SHARES)
    if like and rng.random() < _ALIKE:
        colours[:2] = [near(like[i], rng, 18) for i in rng.integers(0, len(like), 2)]
        if rng.random() < 0.5:
            kind, colours[1] = pick(rng, ("gradient", "clouds")), near(colours[0], rng, 18)
    return Background(
        kind=kind,
        colours=tuple(colours),
        blur=pick(rng, [0.0, 0.003, 0.012, 0.025]) * rng.uniform(0.6, 1.2),
        seed=int(rng.integers(2**32)),
        bars=pick(rng, BARS[1:]) if rng.random() < _BARRED else "none",
        lens=bool(rng.random() < 0.5),
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
    draw_bars(rng, image, background.bars, colours)
    if sigma >= _SHARP:
        image = _by_a_lens(image, 2 * sigma / step) if background.lens else _by_a_bell(image, sigma / step)
    return image if step == 1 else cv2.resize(image, (width, height))


def _by_a_bell(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma)


def _by_a_lens(image: np.ndarray, radius: float) -> np.ndarray:
    """Each point becomes a disc, whose standard deviation is half its radius; what is bright outshines the rest."""
    side = 2 * int(np.ceil(radius)) + 1
    across = np.arange(side) - side // 2
    disc = np.clip(radius + 0.5 - np.hypot(across, across[:, None]), 0, 1)
    light = cv2.filter2D(cv2.LUT(image, _TO_LIGHT), -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)
    return cv2.LUT(light, _FROM_LIGHT)


def defocused(image: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur of `sigma` pixels, a wide one at a lower resolution, where it costs less."""
    if sigma < _SHARP:
        return image
    step = max(1, int(sigma / 1.5))
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / step), (width, height))
