"""A drawn portrait: people before a background, with an alpha that is known exactly.

Everything follows from (split, seed, index) alone. The split is part of the random stream, so two splits share no
person and no background. The image is the composite of the layers by the matting equation, I = alpha F + (1 - alpha) B
(Porter and Duff, SIGGRAPH 1984), rounded to 8 bits, after noise and defocus went into F, B and alpha.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.synthetic.background import Background, draw_background, sample_background
from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.exposure import Exposure, exposing, lighting
from portrait_matting.synthetic.person import Person, draw_person, sample_person
from portrait_matting.synthetic.pixels import Pixels, unmultiplied

SPLITS = ("train", "val", "test")
MIN_SIZE = 16
NOBODY, TWO_PEOPLE = 0.04, 0.10  # shares of all scenes
_CANVAS = 320  # pixels: people are painted at least this high and then reduced, so that no feature gets lost


class Layers(NamedTuple):
    """What an image is made of, float32 in [0, 1]: foreground and background (H, W, 3) RGB, alpha (H, W)."""

    foreground: np.ndarray
    background: np.ndarray
    alpha: np.ndarray

    def composite(self) -> np.ndarray:
        """round(255 (alpha F + (1 - alpha) B)): uint8 (H, W, 3) RGB."""
        alpha = cv2.merge([self.alpha] * 3)  # faster than a trailing axis to broadcast over
        image, rest = alpha * self.foreground, np.subtract(1, alpha, out=alpha)
        image += np.multiply(rest, self.background, out=rest)
        image *= 255
        return np.rint(image, out=image).astype(np.uint8)


@dataclass(frozen=True)
class Scene:
    """Who stands before what, and the camera: `light` is the lit side (-1..1), `softness` the sigma of the edges in
    pixels, `noise` the half-width of the sensor's noise in [0, 1] units, `cast` the colour of the light."""

    people: tuple[Person, ...]
    background: Background
    light: float
    softness: float
    noise: float
    cast: tuple[float, float, float]
    falloff: float
    seed: int


def plan_scene(split: str, seed: int, index: int) -> Scene:
    """Chooses everything about the scene.

    Raises:
        InputError: `split` is unknown, or `seed` or `index` is negative.
    """
    if split not in SPLITS:
        raise InputError(f"split={split!r} is unknown; use one of {', '.join(SPLITS)}.")
    if min(seed, index) < 0:
        raise InputError(f"seed={seed} and index={index} must not be negative.")
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(SPLITS.index(split), index)))
    crowd = rng.random()
    people = [sample_person(rng) for _ in range(0 if crowd < NOBODY else 2 if crowd < NOBODY + TWO_PEOPLE else 1)]
    if len(people) == 2:
        side = pick(rng, [-1, 1])
        apart = [0.5 + k * side * rng.uniform(0.17, 0.26) for k in (-1, 1)]
        people = [replace(p, x=x, size=0.85 * p.size) for p, x in zip(people, apart, strict=True)]
    like = [c for p in people for c in (p.head.skin, p.hair.colour, p.clothes.colour)]
    return Scene(
        people=tuple(people),
        background=sample_background(rng, like),
        light=rng.uniform(-1, 1),
        softness=rng.uniform(0.35, 0.9),
        noise=rng.uniform(0.0, 0.03),
        cast=tuple(1 + rng.uniform(-0.06, 0.06, 3)),
        falloff=rng.uniform(0.0, 0.25),
        seed=int(rng.integers(2**32)),
    )


def draw_layers(split: str, seed: int, index: int, height: int = 320, width: int = 256) -> Layers:
    """The layers of portrait `index` of `split`.

    Raises:
        InputError: `split` is unknown, `seed` or `index` is negative, or a side is below MIN_SIZE pixels.
    """
    pixels, exposure = _draw_pixels(split, seed, index, height, width)
    return Layers(*(np.divide(layer, np.float32(255)) for layer in pixels.exposed(exposure)))


def draw_portrait(
    split: str, seed: int, index: int, height: int = 320, width: int = 256
) -> tuple[np.ndarray, np.ndarray]:
    """Portrait `index` of `split`: image uint8 (H, W, 3) RGB, alpha float32 (H, W) in [0, 1].

    It is the composite of `draw_layers`, to the bit.

    Raises:
        InputError: as for `draw_layers`.
    """
    pixels, exposure = _draw_pixels(split, seed, index, height, width)
    return pixels.composite(exposure), np.divide(pixels.alpha, np.float32(255))


def _draw_pixels(split: str, seed: int, index: int, height: int, width: int) -> tuple[Pixels, Exposure]:
    if min(height, width) < MIN_SIZE:
        raise InputError(f"size {height}x{width} is too small to draw a portrait; use at least {MIN_SIZE}x{MIN_SIZE}.")
    scene = plan_scene(split, seed, index)
    scale = max(1, _CANVAS / height)
    canvas = np.zeros((round(scale * height), round(scale * width), 4), np.uint8)
    for person in scene.people:
        draw_person(canvas, person, scene.light)
    if scale > 1:
        canvas = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    foreground, alpha = unmultiplied(cv2.GaussianBlur(canvas, (3, 3), scene.softness))
    background = draw_background(scene.background, height, width)
    light = lighting(scene.light * scene.falloff, 0.4 * scene.falloff, scene.cast, height, width)
    exposure = exposing(light, scene.noise, np.random.default_rng(scene.seed))
    return Pixels(foreground, background, alpha), exposure
