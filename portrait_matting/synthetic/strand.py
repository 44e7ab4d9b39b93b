"""Strands of hair: many thin curves at once, as float (n, points, 2) in the units of the head."""

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.head import Head
from portrait_matting.synthetic.palette import Colour, darker, lighter

WIDTH = 0.008  # of half a head: a lock of a few hairs, half a pixel to a pixel wide in a small photograph


def grow(rng: np.random.Generator, roots, heading, length, gravity=0.0, wave=0.0, turns=1.0, points=10) -> np.ndarray:
    """Strands that leave `roots` (n, 2) at `heading` (n,) radians (pi/2 is down) and run for `length`.

    `gravity` (0..1) bends them downwards on their way, `wave` (radians) and `turns` let them curl.
    """
    n = len(roots)
    s = np.linspace(0, 1, points)[None]
    fall = np.angle(np.exp(1j * (np.pi / 2 - heading)))
    phase = rng.uniform(0, 2 * np.pi, (n, 1))
    angle = heading[:, None] + np.asarray(gravity) * fall[:, None] * s + wave * np.sin(2 * np.pi * turns * s + phase)
    step = (np.broadcast_to(length, (n,)) / (points - 1))[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], 2)
    step[:, 0] = 0
    return np.asarray(roots)[:, None] + np.cumsum(step, axis=1)


def rim(head: Head, volume: float, t) -> np.ndarray:
    """Points of the outer contour of the hair, `t` from 0 at the left ear to 1 at the right: (..., 2)."""
    t = np.asarray(t, dtype=np.float64)
    x = -(head.width + 0.04 + 0.8 * volume) * np.cos(np.pi * t)
    return np.stack([x - 0.02 * head.yaw, 0.12 - (1.14 + volume) * np.sin(np.pi * t)], axis=-1)


def hairline(head: Head, height: float, parting: float, t) -> np.ndarray:
    """Points of the inner contour, where hair meets the forehead `height` above the ears: (..., 2)."""
    t = np.asarray(t, dtype=np.float64)
    peak = 0.1 * np.exp(-(((t - parting) / 0.09) ** 2))
    x = -0.95 * head.width * np.cos(np.pi * t) + 0.08 * head.yaw * np.sin(np.pi * t)
    return np.stack([x, 0.12 - height * np.sin(np.pi * t) ** 0.55 - peak * (height > 0.6)], axis=-1)


def between(inner: np.ndarray, outer: np.ndarray, depth) -> np.ndarray:
    """Points that lie `depth` of the way from `inner` to `outer`."""
    depth = np.asarray(depth)[..., None]
    return inner + (outer - inner) * depth


def tones(colour: Colour) -> list[Colour]:
    """The tones that strands of one head of hair are painted in, in turn."""
    return [darker(colour, 0.3), lighter(colour, 0.1), colour, darker(colour, 0.15), lighter(colour, 0.2)]


def paint(brush: Brush, strands: np.ndarray, colour: Colour, width: float = WIDTH) -> None:
    """Paints `strands` in the tones of `colour`."""
    brush.hairs(strands, tones(colour), width)
