"""Bands: around the forehead, over the ears in winter, or an alice band over the crown."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.things.head_cover import AROUND, Headwear, axis_of
from portrait_matting.people.things.materials import cloth, knit, shiny
from portrait_matting.people.things.prints import any_pattern, colour, plain
from portrait_matting.people.things.reach import Fit
from portrait_matting.people.things.skull import Skull, fit
from portrait_matting.people.things.solids import Solid, grid


def wear_headband(body: Body, rng: np.random.Generator) -> Headwear:
    """A band of terry, wool or cloth, or a hard one."""
    skull = Skull(body)
    kind = str(rng.choice(["sport", "wool", "alice"], p=(0.35, 0.3, 0.35)))
    if kind == "alice":
        return _alice(body, skull, rng)
    wool = kind == "wool"
    height = rng.uniform(-0.18, -0.05) if wool else max(rng.uniform(0.2, 0.34), (skull.ear_top + 0.003) / skull.size)
    shape = fit(skull, height, rng.uniform(18, 24) if wool else rng.uniform(4, 12), ears=wool, slack=0.9, whole=False)
    width = rng.uniform(0.06, 0.085) if wool else rng.uniform(0.03, 0.05)
    solid = _band(shape, width / 0.09, 0.008 if wool else 0.005)
    axis = axis_of(body, shape)
    if wool:
        look = knit(plain(colour(rng, 0.35)), int(rng.choice([40, 60])), 14, axis, 0.011, 0.6, rng.random() < 0.4)
    else:
        look = cloth(any_pattern(rng, 0.55, width, 0.35)[0], axis, 0.05, 0.5)

    def hides(points):
        level = shape.local(points)[:, 2]
        return (level > -0.004) & (level < width + 0.003)

    return Headwear([solid.worn(body, look)], hides)


def _band(shape: Fit, high: float, thick: float) -> Solid:
    shares = np.array([0.03, 0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0, 0.97])
    extra = thick * np.array([0.1, 0.5, 0.85, 1.0, 1.0, 1.0, 0.85, 0.5, 0.1])
    elevation = (high * shares)[:, None] + 0 * AROUND[None]
    return grid(shape.point(AROUND[None], elevation, shape.at(AROUND[None], elevation) + extra[:, None]), closed=True)


def _alice(body: Body, skull: Skull, rng: np.random.Generator) -> Headwear:
    """Over the crown from ear to ear; it lies on the hair, a little above the skull."""
    width, gap = rng.uniform(0.006, 0.03), rng.uniform(0.004, 0.009)
    ear = np.concatenate([skull.ear("L"), skull.ear("R")])
    lean = math.radians(rng.uniform(-22, 5))  # forward
    whole = fit(skull, 0.2, 0, slack=0.8)
    foot = np.array([skull.eyes[0], ear[:, 1].mean() + 0.004, ear[:, 2].max() - 0.016])
    up = np.array([0, math.sin(lean), math.cos(lean)])
    back = np.array([0, math.cos(lean), -math.sin(lean)])
    angle = np.linspace(0, math.pi, 41)
    size = skull.size * np.array([0.85, 1.0])
    arc = foot + size[0] * np.cos(angle)[:, None] * np.array([1.0, 0, 0]) + size[1] * np.sin(angle)[:, None] * up
    x, y, z = whole.local(arc).T
    azimuth, elevation = np.arctan2(x, -y), np.arctan2(z, np.hypot(x, y))
    path = whole.point(azimuth, elevation, whole.at(azimuth, elevation) + gap)
    rows = []
    for share, lift in ((-0.5, -0.002), (-0.5, 0.0015), (0, 0.0025), (0.5, 0.0015), (0.5, -0.002)):
        out = path - whole.origin
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        narrow = 0.45 + 0.55 * np.sin(angle)[:, None]
        rows.append(whole.outside(path + share * width * narrow * back, gap * 0.5) + lift * out)
    look = (
        shiny(colour(rng, 0.4), 0.05, 0.4)
        if rng.random() < 0.5
        else cloth(plain(colour(rng, 0.4)), (0, 1, 0), 0.02, 0.5)
    )

    def hides(points):
        offset = points - foot
        return (np.abs(offset @ back) < width / 2 + 0.002) & (offset @ up > 0)

    return Headwear([grid(np.stack(rows)).worn(body, look)], hides)
