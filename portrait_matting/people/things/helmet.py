"""Bicycle helmets, with vents and straps under the chin."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.rendering.surface import Surface
from portrait_matting.people.things.curve import smooth
from portrait_matting.people.things.head_cover import AROUND, Headwear, above, dome
from portrait_matting.people.things.materials import shiny, skin_of
from portrait_matting.people.things.prints import colour
from portrait_matting.people.things.reach import Fit
from portrait_matting.people.things.skull import Skull, fit
from portrait_matting.people.things.solids import Solid, joined, ribbon


def wear_helmet(body: Body, rng: np.random.Generator) -> Headwear:
    """A shell with rows of vents over dark foam; straps from before and behind the ears to the chin."""
    skull = Skull(body)
    height = max(rng.uniform(0.32, 0.42), (skull.ear_top + 0.01) / skull.size)
    shape = fit(skull, height, rng.uniform(-2, 8), slack=1.0, roll=1.5 * rng.normal(), whole=False)
    thick = rng.uniform(0.022, 0.03)
    tail = np.exp(-((AROUND - math.pi) ** 2) / 0.5)
    elevations = np.concatenate([[0.04, -0.02, -0.04, 0.0], np.linspace(0.1, math.pi / 2, 22)])
    level = np.concatenate([[0.35, 0.6, 0.85, 0.97], np.ones(22)])
    flow = np.clip(np.cos(elevations), 0, 1)[:, None] * tail[None]
    extra = level[:, None] * (thick + rng.uniform(0.01, 0.035) * flow)
    outer, inner = dome(shape, elevations, extra), dome(shape, elevations[3:], 0.78 * extra[3:])
    main, second = colour(rng, 0.45), colour(rng, 0.3)
    vents = _vents(int(rng.choice([5, 7])), rng.uniform(0.3, 0.45))
    away = np.where((elevations > 0.14)[:, None], vents(AROUND[None], elevations[:, None]), 0.02)
    split = rng.uniform(0.12, 0.3) if rng.random() < 0.6 else 0.0

    def pattern(uv):
        return np.where((uv[:, 1] < split)[:, None], second, main)

    surfaces = [
        outer.worn(body, shiny(pattern, 0.05, rng.uniform(0.15, 0.45)), hem=away.ravel()),
        inner.worn(body, skin_of(np.full(3, 0.015, np.float32))),
        *_straps(body, skull, shape, rng),
    ]
    return Headwear(surfaces, above(shape, 0.004))


def _vents(count: int, size: float):
    """Metres, about, from the edges of slots that run from the front over the top."""

    def away(azimuth, elevation):
        x = np.sin(azimuth) * np.cos(elevation)
        y, z = -np.cos(azimuth) * np.cos(elevation), np.sin(elevation)
        along = np.arctan2(y, z)  # from the front, -1.5, over the top to the back
        lane = np.arcsin(np.clip(x, -1, 1)) * count / 2.6
        across = np.abs(lane - np.round(lane)) * 2.6 / count
        shift = 0.5 * (np.round(lane) % 2)
        slot = np.abs((along + shift) / 0.95 - np.round((along + shift) / 0.95)) * 0.95
        wide = size * 1.3 / count
        found = (np.hypot(across, np.maximum(slot - 0.4 + wide, 0)) - wide) * 0.1
        return np.where(np.abs(lane) > count / 2, 0.02, found)

    return away


def _straps(body: Body, skull: Skull, shape: Fit, rng: np.random.Generator) -> list[Surface]:
    """Two straps on each side that meet below the ear, and one under the chin."""
    whole = fit(skull, -0.25, 0)
    looks = skin_of(np.full(3, 0.02, np.float32)) if rng.random() < 0.75 else skin_of(colour(rng, 0.6))
    bands: list[Solid] = []
    joins = []
    for sign, side in ((1, "L"), (-1, "R")):
        ear = skull.ear(side)
        lobe = np.array([ear[:, 0].mean(), ear[:, 1].min() - 0.004, ear[:, 2].min() - 0.014])
        for azimuth in (0.95, 2.3):
            start = shape.point(sign * azimuth, 0.02, shape.at(sign * azimuth, 0.02) + 0.012)
            bands.append(_band(whole, start + np.linspace(0, 1, 10)[:, None] * (lobe - start)))
        joins.append(lobe)
    left, right = (whole.outside(join, 0.003) for join in joins)
    chin = skull.chin + np.array([0, 0.012, -0.003])
    path = smooth(
        np.stack(
            [left, 0.45 * left + 0.55 * chin - (0, 0, 0.012), chin, 0.45 * right + 0.55 * chin - (0, 0, 0.012), right]
        ),
        24,
    )
    bands.append(_band(whole, path))
    return [joined(bands).worn(body, looks)]


def _band(whole: Fit, path: np.ndarray) -> Solid:
    """A strap along a path, as far off the head as it is pulled tight."""
    off = np.linalg.norm(whole.outside(path, 0.003) - path, axis=1)
    off = np.convolve(
        np.pad(np.maximum.reduce([np.roll(off, k) for k in (-1, 0, 1)]), 2, "edge"), np.ones(5) / 5, "valid"
    )
    out = path - whole.origin
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    path = path + off[:, None] * out
    ahead = np.gradient(path, axis=0)
    across = np.cross(ahead, out)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return ribbon(path, across, 0.014)
