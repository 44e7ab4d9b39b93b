"""The shadow that people throw on a wall close behind them."""

import cv2
import numpy as np

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.light import Light
from portrait_matting.people.rendering.render import Rendered

OFTEN = 0.6
"""The share of walls that are near enough to catch a shadow."""


def shadow_on(
    background: np.ndarray,
    rendered: Rendered,
    light: Light,
    camera: Camera,
    rng: np.random.Generator,
    pieces: frozenset[str],
) -> np.ndarray:
    """A wall, darker where people keep the brightest lamp from it: linear RGB, float32 (H, W, 3).

    Args:
        background: linear RGB, float32 (H, W, 3), as the lens shows it.
        rendered: the people.
        light: of the place.
        camera: of the picture.
        rng: of how near the wall is.
        pieces: without "shadows", or without "sources", there is none.
    """
    chance, distance, softness, strength = rng.random(), *rng.uniform((0.08, 0.02, 0.15), (0.5, 0.09, 0.6))
    if not {"shadows", "sources"} <= pieces or chance > OFTEN or not light.sources:
        return background
    away = -light.sources[0].direction  # the way that light goes
    deep = float(away @ camera.forward)
    if deep < 0.3:  # not towards the wall
        return background
    covered = rendered.alpha > 0.5
    if not covered.any():
        return background
    height, width = rendered.alpha.shape
    pixels = distance * camera.focal / float(np.median(rendered.depth[covered]))
    x, y = pixels * float(away @ camera.right) / deep, -pixels * float(away @ camera.up) / deep
    small = cv2.resize(rendered.alpha, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
    moved = cv2.warpAffine(
        small,
        np.float32([[1, 0, x / 4], [0, 1, y / 4]]),
        small.shape[::-1],
        borderMode=cv2.BORDER_REPLICATE,
    )
    moved = cv2.GaussianBlur(moved, (0, 0), max(softness * height / 4, 0.5))
    kept = 1 - np.float32(strength) * cv2.resize(moved, (width, height))
    return background * kept[..., None]
