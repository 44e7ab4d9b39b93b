"""Masses of hair that leave the skull: a curtain, a tail, a bun and a cloud of curls, each with its strands."""

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.head import Head
from portrait_matting.synthetic.outline import ellipse, smooth
from portrait_matting.synthetic.palette import Colour, darker
from portrait_matting.synthetic.strand import grow, paint, rim


def draw_curtain(brush: Brush, rng: np.random.Generator, colour: Colour, wave: float, sides, ends, n: int) -> None:
    """Hair that falls between the two `sides` (x) and the two `ends` (y), in `n` strands with ragged tips."""
    (left, right), (top, end) = sides, ends
    middle, half, widen = 0.5 * (left + right), 0.5 * (right - left), 0.08 * (end - top)
    down = np.linspace(0, 1, 8)
    y = top + (end - top) * down
    reach, sway = half * (1 + widen * down), 0.04 * wave * np.sin(9 * down)
    start = 0.85 + 0.15 * np.clip(4 * down, 0, 1)  # the upper corners are rounded
    rights, lefts = (np.stack([middle + side * reach * start + sway, y], 1) for side in (1, -1))
    hem = np.stack([middle + np.linspace(-1, 1, 12) * reach[-1], end + 0.06 * rng.uniform(-1, 1, 12)], 1)
    brush.fill(np.concatenate([smooth(lefts, closed=False), hem, smooth(rights[::-1], closed=False)]), colour, 0.35)
    s, x = np.linspace(0, 1, 8)[:, None], rng.uniform(-half - 0.02, half + 0.02, n)
    wisp = (rng.exponential(0.06, n) * (np.arange(n) % 5 == 0)) * np.sqrt(s)  # leaves the mass on its way down
    drift = 0.06 * wave * np.sin(9 * s + rng.uniform(0, 3, n) + 2 * x) + rng.normal(0, 0.06, n) * s**2
    strands = np.stack(
        [middle + x * (1 + widen * s) + np.sign(x) * wisp + drift, top + (end - top + rng.normal(0.04, 0.1, n)) * s], 2
    )
    paint(brush, strands.transpose(1, 0, 2), colour, dense=True)


def draw_tail(
    brush: Brush, rng: np.random.Generator, colour: Colour, wave: float, root: tuple[float, float], length: float
) -> None:
    """A ponytail that leaves `root` away from the middle and falls."""
    n, side = 100, np.sign(root[0])
    spread = rng.normal(0, 1, n).clip(-2, 2)
    heading = (-0.35 if side > 0 else np.pi + 0.35) + 0.18 * spread
    roots = np.array(root) + spread[:, None] * (0.02, 0.05)
    strands = grow(rng, roots, heading, length * rng.uniform(0.75, 1.05, n), 1.15, 0.25 * wave, 1.5, points=10)
    brush.strands(strands[:40, :-1], [darker(colour, 0.12)], 0.07)
    paint(brush, strands, colour, dense=True)
    brush.fill(ellipse(*root, 0.09, 0.12), darker(colour, 0.4))


def draw_bun(brush: Brush, rng: np.random.Generator, colour: Colour, x: float, y: float, r: float) -> None:
    """A knot of hair of radius `r` around (x, y) with strands that stand off."""
    brush.fill(ellipse(x, y, r, 0.85 * r), colour, shade=0.45)
    n = 60
    angle, depth = rng.uniform(0, 2 * np.pi, n), rng.uniform(0.4, 0.9, n)[:, None]
    roots = (x, y) + depth * r * np.stack([np.cos(angle), 0.85 * np.sin(angle)], 1)
    strands = grow(rng, roots, angle + 1.35, rng.uniform(0.6, 1.6, n) * r, wave=0.25, gravity=0.15, points=6)
    paint(brush, strands, colour)


def draw_cloud(brush: Brush, rng: np.random.Generator, head: Head, colour: Colour, volume: float, curl: float) -> None:
    """An afro or curls around the skull, `volume` thick, with tight curls on its rim."""
    low = 0.05
    t = np.linspace(-low, 1 + low, 30)
    brush.discs(rim(head, volume - 0.12, t), rng.uniform(0.14, 0.22, 30), colour)
    brush.fill(rim(head, volume - 0.1, np.linspace(0, 1, 30)), colour, shade=0.35)
    n = 215
    t = rng.uniform(-low, 1 + low, n)
    roots = rim(head, volume + 0.06 - rng.uniform(0.0, 0.3, n), t)
    heading = np.pi + np.pi * t + rng.normal(0, 0.8, n)
    paint(brush, grow(rng, roots, heading, rng.uniform(0.2, 0.5, n), 0.1, curl, 1.7, points=9), colour, dense=True)
