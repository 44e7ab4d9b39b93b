"""What is worn before: buttons, ties, lapels."""

import numpy as np

from portrait_matting.people.clothes.cut import Cut, height
from portrait_matting.people.clothes.fit import Fit
from portrait_matting.people.clothes.garment import Cloth
from portrait_matting.people.clothes.sewing import Ground, sheet
from portrait_matting.people.clothes.shell import Shell
from portrait_matting.people.clothes.suit import APART
from portrait_matting.people.rendering.surface import Appearance, Look, Samples, Surface

_SIDES = 12  # of a button


def buttons(fit: Fit, form: Shell, places: np.ndarray, radius: float, colour: np.ndarray, shine: float):
    """Round buttons on the front of a garment at `places` (n, 2), x and z at rest, where it is not cut away; a Surface,
    or None."""
    own = np.flatnonzero((fit.suit.sleeve < 0) & (np.abs(form.rest[:, 0]) < 0.3) & (fit.suit.rest[:, 1] < -0.02))
    plane = form.rest[own][:, [0, 2]]
    far = ((plane - places[:, None].astype(np.float32)) ** 2).sum(2)
    near = np.argpartition(far, min(4, far.shape[1] - 1), axis=1)[:, :4]
    share = 1 / (np.sqrt(np.take_along_axis(far, near, 1)) + 0.002)
    share /= share.sum(1, keepdims=True)
    near = own[near]
    there = (share * form.hem[near]).sum(1) >= 1.5 * radius
    if not there.any():
        return None
    middle, up = ((share[..., None] * values[near]).sum(1)[there] for values in (form.points, form.normals))
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    right = np.stack([up[:, 1], -up[:, 0], 0 * up[:, 0]], 1)  # up x z
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    above = np.cross(right, up)
    angle = np.linspace(0, 2 * np.pi, _SIDES, endpoint=False)[:, None]
    ring = np.cos(angle) * right[:, None] + np.sin(angle) * above[:, None]
    middle, up = middle[:, None], up[:, None]
    base = middle + 0.0015 * up
    points = [base + radius * ring, base + 0.85 * radius * ring + 0.0018 * up, base + 0.0010 * up]
    normal = np.concatenate([0.8 * ring + 0.6 * up, 0.4 * ring + 0.9 * up, up], 1)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    i, j = np.arange(_SIDES), (np.arange(_SIDES) + 1) % _SIDES
    one = np.concatenate(
        [np.stack([i, j, j + _SIDES], 1), np.stack([i, j + _SIDES, i + _SIDES], 1),
         np.stack([i + _SIDES, j + _SIDES, np.full(_SIDES, 2 * _SIDES)], 1)]
    )  # fmt: skip
    triangles = one + (2 * _SIDES + 1) * np.arange(len(middle))[:, None, None]
    shade = np.repeat((0.7, 1.0, 0.6), (_SIDES, _SIDES, 1))
    colours = np.tile(shade[:, None] * colour, (len(middle), 1))

    def look(samples: Samples) -> Appearance:
        return Appearance(samples.colour, samples.normal, shine, 0.35)

    points = np.concatenate(points, 1).reshape(-1, 3).astype(np.float32)
    normal = normal.reshape(-1, 3).astype(np.float32)
    return Surface(points, triangles.reshape(-1, 3).astype(np.int32), normal, look,
                   colours=colours.astype(np.float32), casts=False)  # fmt: skip


def tie(fit: Fit, ground: Ground, width: float, look: Look) -> list[Cloth]:
    """A tie with its knot, from the collar down."""
    size = fit.size
    top = fit.pit + 0.046 * size
    made = []
    for low, high, narrow, broad, deep in (
        (height(fit, 0.10), top - 0.030 * size, 0.42 * width, width, 0.008),
        (top - 0.044 * size, top, 0.36 * width, 0.72 * width, 0.015),
    ):
        knot = deep > 0.01
        t = np.linspace(0, 1, 6 if knot else 24)[:, None]
        s = np.linspace(-1, 1, 7)[None]
        grow = (1 - t) if knot else np.minimum(t / 0.85, 1)
        half = (narrow + (broad - narrow) * grow) * size / 2
        z = high + (low - high) * t + 0 * s
        grid = ground.front(half * s, z, deep * size)
        grid[..., 1] -= (0.008 if knot else 0.003) * size * (1 - s**2)
        if knot:
            grid[..., 1] += 0.005 * np.abs(np.linspace(-1, 1, 6))[:, None] ** 3
        uv = np.stack([0.7 * half * s + 0.7 * z, 0.7 * z - 0.7 * half * s], -1) + (0, 0.03 * knot)
        hem = half * (1 - np.abs(s)) + 0 * z
        made += sheet(fit, grid, look, uv=uv, hem=hem, thickness=0.004, flip=True)
    return made


def lapels(fit: Fit, ground: Ground, cut: Cut, width: float, look: Look, notch: float = 0.75) -> list[Cloth]:
    """The turned-back edges of an open front, from its button to the collar."""
    size, made = fit.size, []
    low, high = height(fit, cut.button), fit.shoulder - 0.008 * size
    t, s = np.linspace(0, 1, 22)[:, None], np.linspace(0, 1, 7)[None]
    wide = np.where(t <= notch, (t / notch) ** 0.8, 1 - 0.75 * (t - notch) / (1 - notch)) * width * size
    z = low + (high - low) * t + 0 * s
    inner = size * (cut.gap * 0.3 + cut.lapel * t)
    wide = np.minimum(wide, 0.125 * size - inner)  # on the chest, not the shoulder's end
    for side in (1, -1):
        x = inner - 0.004 + wide * s
        rise = 0.02 * size * s * np.where(t <= notch, t / notch, (1 - t) / (1 - notch))
        grid = ground.front(side * x, z + rise, 0.006)
        grid = ground.cleared(grid, 0.004 + 0.004 * (1 - s) + 0 * z)
        hem = np.minimum(wide * (1 - s), wide * s + 0.02) + 0 * z
        uv = np.stack([side * x + APART * 4, z], -1)
        made += sheet(fit, grid, look, uv=uv, hem=hem, thickness=0.003, flip=side < 0)
    return made
