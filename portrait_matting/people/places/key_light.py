"""The lamp that lights faces: a window, the sun, a flash; where it is, how strong and of what colour."""

from typing import NamedTuple

import numpy as np


class Key(NamedTuple):
    """A lamp.

    Attributes:
        share: how much of a face's light comes from it; 0: there is none.
        towards: (3,), of length 1: to the picture's right, up, and away from the camera.
        colour: (3,) linear RGB, of mean 1.
    """

    share: float
    towards: np.ndarray
    colour: np.ndarray


class _Kind(NamedTuple):
    """A kind of lamp: its share among portraits, where it may be (degrees; 0 is the camera, 90 to the side), how much
    of a face's light comes from it, and the range of its colour: negative is warm."""

    often: float
    azimuth: tuple[float, float]
    height: tuple[float, float]
    share: tuple[float, float]
    warmth: tuple[float, float]


_KINDS = {
    "shade": _Kind(0.24, (0, 0), (0, 0), (0, 0), (0, 0)),
    "window": _Kind(0.27, (15, 80), (0, 35), (0.3, 0.7), (-0.05, 0.2)),
    "ceiling": _Kind(0.12, (0, 60), (45, 75), (0.2, 0.55), (-0.3, 0.1)),
    "sun": _Kind(0.2, (0, 100), (15, 60), (0.45, 0.8), (-0.35, 0.0)),
    "lamp": _Kind(0.08, (10, 90), (5, 50), (0.3, 0.75), (-0.4, -0.1)),
    "split": _Kind(0.05, (80, 105), (0, 25), (0.55, 0.85), (-0.2, 0.2)),
    "screen": _Kind(0.02, (0, 20), (-45, -15), (0.2, 0.6), (0.0, 0.4)),
    "flash": _Kind(0.02, (0, 6), (2, 12), (0.6, 0.85), (-0.05, 0.1)),
}


def sample_key(rng: np.random.Generator, brightness: float) -> Key:
    """A lamp of a place whose picture is of some mean brightness, in linear light."""
    often = np.array([kind.often for kind in _KINDS.values()])
    if brightness < 0.06:  # at night: by flash, lamp or screen
        often = often * [0.3, 0.3, 1, 0.1, 3, 1, 2, 14]
    kind = list(_KINDS.values())[rng.choice(len(_KINDS), p=often / often.sum())]
    side = rng.choice([-1, 1])
    return Key(
        float(rng.uniform(*kind.share)),
        towards(side * rng.uniform(*kind.azimuth), rng.uniform(*kind.height)),
        tinted(rng.uniform(*kind.warmth) + 0.1 * rng.normal()),
    )


def plain_key() -> Key:
    """One from the front above, white."""
    return Key(0.5, towards(20.0, 35.0), np.ones(3))


def towards(azimuth: float, height: float) -> np.ndarray:
    """The direction of a lamp, degrees from the camera to its right and up: right, up, away from the camera."""
    a, h = np.radians([azimuth, height])
    return np.array([np.sin(a) * np.cos(h), np.sin(h), -np.cos(a) * np.cos(h)])


def tinted(cold: float) -> np.ndarray:
    """White, or warm where `cold` is below 0: linear RGB of mean 1, near to that of black bodies."""
    colour = np.exp(np.array([-0.5, 0.02, 0.6]) * cold)
    return colour / colour.mean()
