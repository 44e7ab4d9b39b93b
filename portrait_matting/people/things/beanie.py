"""Knitted caps: ribs, a cuff or a rolled edge, sometimes a bobble."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.rendering.surface import Surface
from portrait_matting.people.things.head_cover import AROUND, Headwear, above, axis_of, dome, front
from portrait_matting.people.things.materials import knit, skin_of
from portrait_matting.people.things.prints import Pattern, colour, plain, striped
from portrait_matting.people.things.skull import Skull, fit
from portrait_matting.people.things.solids import Solid, ball, grid


def wear_beanie(body: Body, rng: np.random.Generator) -> Headwear:
    """A knitted cap, over the ears or above them."""
    skull = Skull(body)
    over = rng.random() < 0.6
    height, tilt = (
        (rng.uniform(-0.12, 0.06), rng.uniform(17, 25)) if over else (rng.uniform(0.2, 0.38), rng.uniform(6, 16))
    )
    height = height if over else max(height, (skull.ear_top + 0.006) / skull.size)
    shape = fit(skull, height, tilt, ears=over, slack=0.8, roll=2 * rng.normal(), whole=False)
    cuff = rng.uniform(0.035, 0.07) / 0.09 if rng.random() < 0.75 else 0.0
    loose = 0.01 + rng.beta(1.2, 3) * 0.028
    elevations, extra = _profile(cuff, loose)
    slouch = loose * 0.9 * np.sin(np.clip(elevations - cuff, 0, None)) ** 2
    extra = extra[:, None] + slouch[:, None] * np.roll(front(2.2), len(AROUND) // 2)[None]
    solid = dome(shape, elevations, np.maximum(extra, 0.002))
    axis = axis_of(body, shape)
    wool = _wool(rng)
    ribs = int(rng.choice([44, 60, 80]))
    look = knit(wool, ribs, int(rng.uniform(40, 60)), axis, 0.6 / ribs, rng.uniform(0.3, 0.7), cable=rng.random() < 0.2)
    surfaces = [solid.worn(body, look)]
    if rng.random() < 0.3:
        surfaces += _bobble(body, solid.points[-1] - 0.004 * shape.axes[2], shape.axes, wool, rng)
    elif cuff and rng.random() < 0.3:
        surfaces.append(_label(body, shape, cuff, rng))
    return Headwear(surfaces, above(shape, 0.006))


def _profile(cuff: float, loose: float) -> tuple[np.ndarray, np.ndarray]:
    """Elevations and metres from the head, from the inner edge up."""
    if cuff:
        rim = [(0.02, 0.001), (-0.03, 0.004), (-0.045, 0.008), (-0.02, 0.0115), (0.05, 0.0125)]
        rim += [(cuff - 0.08, 0.0125), (cuff - 0.02, 0.0115), (cuff, 0.008), (cuff + 0.03, 0.0065)]
    else:
        rim = [(0.02, 0.001), (-0.02, 0.003), (-0.03, 0.005), (-0.015, 0.0075), (0.02, 0.008), (0.06, 0.0055)]
    start = rim[-1][0]
    rest = np.linspace(start, math.pi / 2, 12)[1:]
    rows = rim + [(level, 0.006 + loose * math.sin(level - start)) for level in rest]
    return tuple(np.asarray(column) for column in zip(*rows, strict=True))


def _wool(rng: np.random.Generator) -> Pattern:
    first = colour(rng, 0.35)
    if rng.random() < 0.7:
        return plain(first)
    return striped(first, colour(rng, 0.5), rng.integers(3, 9), rng.uniform(0.25, 0.5))


def _bobble(body: Body, at: np.ndarray, axes: np.ndarray, wool: Pattern, rng: np.random.Generator) -> list[Surface]:
    """A ball of yarn: a core, and ends of yarn that stand off it."""
    size = rng.uniform(0.024, 0.04)
    middle = at + (0.8 * size) * axes[2]
    shade = np.asarray(wool(np.array([[0.5, 0.9]], np.float32))[0]) if rng.random() < 0.6 else colour(rng, 0.3)
    core = ball(0.86 * size, 16).moved(axes, middle)
    count = 1100
    out = rng.normal(size=(count, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    side = np.cross(out, rng.normal(size=(count, 3)))
    side *= 0.0022 / np.linalg.norm(side, axis=1, keepdims=True)
    tips = middle + out * (size * rng.uniform(0.92, 1.06, (count, 1))) + 0.09 * size * rng.normal(size=(count, 3))
    roots = middle + 0.7 * size * out
    points = np.stack([roots - side, roots + side, tips + 0.5 * side, tips - 0.5 * side], 1).reshape(-1, 3)
    quads = np.arange(count)[:, None, None] * 4 + np.array([[0, 1, 2], [0, 2, 3]])
    bent = out + 0.35 * rng.normal(size=(count, 3))
    bent /= np.linalg.norm(bent, axis=1, keepdims=True)
    yarn = Solid(
        points.astype(np.float32),
        quads.reshape(-1, 3).astype(np.int32),
        np.repeat(bent, 4, 0).astype(np.float32),
        np.zeros((2 * count, 3, 2), np.float32),
    )
    return [core.worn(body, skin_of(0.6 * shade)), yarn.worn(body, skin_of(shade), casts=False)]


def _label(body: Body, shape, cuff: float, rng: np.random.Generator) -> Surface:
    """A patch sewn on the cuff."""
    azimuth = rng.choice([0.0, 0.9, -0.9]) + np.linspace(-0.17, 0.17, 8)
    elevation = np.linspace(0.25 * cuff, 0.75 * cuff, 3)
    radius = shape.at(azimuth[None], elevation[:, None]) + 0.0138
    patch = grid(shape.point(azimuth[None], elevation[:, None], radius))
    return patch.worn(body, skin_of(colour(rng, 0.2)))
