"""What light and a sensor do to a picture: a cast, a falloff to one side, and grain."""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

_ONE = 160  # of 255: a light of 1, so that 1.59 still fits
_COARSE = 24  # points a side, between which the light changes evenly
_GRAIN = 512  # pixels a side: drawn once a process, of which each picture takes another part


def lighting(across: float, down: float, cast: tuple[float, float, float], height: int, width: int) -> np.ndarray:
    """How bright the light is: uint8 (height, width, 3), where 160 leaves a colour as it is.

    Args:
        across, down: how much brighter it is at the right border than in the middle, and at the upper one, of 1.
        cast: its colour, about 1.
    """
    slope = np.linspace(-1, 1, _COARSE, dtype=np.float32)
    field = (_ONE * (1 + across * slope - down * slope[:, None]))[..., None] * np.float32(cast)
    return cv2.resize(np.rint(field).astype(np.uint8), (width, height))


class Exposure(NamedTuple):
    """A light of `lighting`, and grain about 128 of which `strength` is added; both uint8 (H, W, 3)."""

    light: np.ndarray
    grain: np.ndarray
    strength: float

    def __call__(self, layer: np.ndarray) -> np.ndarray:
        """The layer, uint8 RGB (H, W, 3), in this light and with this grain."""
        lit = cv2.multiply(layer, self.light, scale=1 / _ONE)
        return cv2.addWeighted(lit, 1, self.grain, self.strength, -128 * self.strength, dst=lit)

    def at(self, pixels: np.ndarray) -> "Exposure":
        """Of these pixels alone, indices into the flattened picture: for a layer of (n, 3)."""
        light, grain = (each.reshape(-1, 3).take(pixels, axis=0) for each in self[:2])
        return Exposure(light, grain, self.strength)


def exposing(light: np.ndarray, amount: float, rng: np.random.Generator) -> Exposure:
    """An exposure in a light of `lighting`, with a random part of the grain, its half-width `amount` of 1."""
    return Exposure(light, _part(rng, *light.shape[:2]), 255 * amount / 127)


def _part(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    grain = _grain()[rng.integers(2)]
    top, left = (int(at) for at in rng.integers(0, _GRAIN, 2))
    if height <= _GRAIN and width <= _GRAIN:
        return grain[top : top + height, left : left + width]
    rows, columns = (np.arange(start, start + side) % _GRAIN for start, side in ((top, height), (left, width)))
    return grain[rows][:, columns]


@lru_cache(1)
def _grain() -> tuple[np.ndarray, np.ndarray]:
    """Noise about 128, triangular, uint8 (1024, 1024, 3), that repeats after 512: of single pixels, and softer one."""
    rng = np.random.default_rng(0)
    noise = rng.random((2, _GRAIN, _GRAIN, 3), dtype=np.float32)
    fine = noise[0] - noise[1]
    wrapped = cv2.copyMakeBorder(fine, 4, 4, 4, 4, cv2.BORDER_WRAP)
    soft = cv2.GaussianBlur(wrapped, (0, 0), 0.7)[4:-4, 4:-4]
    soft *= fine.std() / soft.std()
    return tuple(np.tile(cv2.convertScaleAbs(128 + 127 * kind), (2, 2, 1)) for kind in (fine, np.clip(soft, -1, 1)))
