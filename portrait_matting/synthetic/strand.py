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
    s = np.linspace(0, 1, points, dtype=np.float32)[None]
    heading = np.float32(heading)[:, None]
    fall = (1.5 * np.pi - heading) % (2 * np.pi) - np.pi  # to pi/2, the short way round
    phase = 2 * np.pi * rng.random((n, 1), dtype=np.float32)
    angle = heading + np.float32(gravity) * fall * s + np.float32(wave) * np.sin(2 * np.pi * turns * s + phase)
    step = np.empty((n, points, 2), np.float32)
    np.cos(angle, out=step[..., 0])
    np.sin(angle, out=step[..., 1])
    step *= np.broadcast_to(np.float32(length) / (points - 1), (n,))[:, None, None]
    step[:, 0] = roots
    return np.cumsum(step, axis=1)


def rim(head: Head, volume: float, t) -> np.ndarray:
    """Points of the outer contour of the hair, `t` from 0 at the left ear to 1 at the right: (..., 2)."""
    t = np.asarray(t, dtype=np.float32)
    x = -(head.width + 0.04 + 0.8 * volume) * np.cos(np.pi * t)
    return np.stack([x - 0.02 * head.yaw, 0.12 - (1.14 + volume) * np.sin(np.pi * t)], axis=-1)


def hairline(head: Head, height: float, parting: float, t) -> np.ndarray:
    """Points of the inner contour, where hair meets the forehead `height` above the ears: (..., 2)."""
    t = np.asarray(t, dtype=np.float32)
    peak = 0.1 * np.exp(-(((t - parting) / 0.09) ** 2))
    x = -0.95 * head.width * np.cos(np.pi * t) + 0.08 * head.yaw * np.sin(np.pi * t)
    return np.stack([x, 0.12 - height * np.abs(np.sin(np.pi * t)) ** 0.55 - peak * (height > 0.6)], axis=-1)


def between(inner: np.ndarray, outer: np.ndarray, depth) -> np.ndarray:
    """Points that lie `depth` of the way from `inner` to `outer`."""
    depth = np.asarray(depth)[..., None]
    return inner + (outer - inner) * depth


def tones(colour: Colour) -> list[Colour]:
    """The tones that strands of one head of hair are painted in, in turn."""
    return [darker(colour, 0.3), lighter(colour, 0.1), colour, darker(colour, 0.15), lighter(colour, 0.2)]


def paint(brush: Brush, strands: np.ndarray, colour: Colour, width: float = WIDTH, dense: bool = False) -> None:
    """Paints `strands` in the tones of `colour`; `dense` where many of them make a mass."""
    brush.hairs(strands, tones(colour), width, dense)
