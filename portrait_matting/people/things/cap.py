"""Baseball caps, worn forwards, backwards or askew."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.things.head_cover import AROUND, Headwear, above, axis_of, dome
from portrait_matting.people.things.materials import cloth
from portrait_matting.people.things.prints import Pattern, colour, plain
from portrait_matting.people.things.reach import Fit
from portrait_matting.people.things.skull import Skull, fit
from portrait_matting.people.things.solids import Solid, ball, grid

_GAP = 0.006  # metres between head and cloth


def wear_cap(body: Body, rng: np.random.Generator) -> Headwear:
    """A cap of six panels with a visor."""
    skull = Skull(body)
    turn = (
        math.pi + 0.15 * rng.normal() if rng.random() < 0.22 else rng.choice([0.08, 0.5], p=(0.9, 0.1)) * rng.normal()
    )
    height = max(rng.uniform(0.28, 0.42), (skull.ear_top + 0.004) / skull.size)
    shape = fit(skull, height, rng.uniform(2, 12), slack=0.9, roll=1.5 * rng.normal(), whole=False)
    away = np.abs((AROUND - turn + math.pi) % (2 * math.pi) - math.pi)
    elevations = np.linspace(0, math.pi / 2, 15)
    stiff = rng.uniform(0.002, 0.02)
    front = np.exp(-((away / 0.8) ** 2))
    extra = _GAP + stiff * np.sin(2 * elevations)[:, None] * front[None] + 0.01 * np.sin(elevations)[:, None] ** 2
    solid = dome(shape, elevations, extra)
    axis = axis_of(body, shape)
    main = colour(rng, 0.35)
    other = colour(rng, 0.35) if rng.random() < 0.35 else main
    back = colour(rng, 0.1) if rng.random() < 0.12 else main  # mesh at the back
    hole = _hole(away, elevations) if rng.random() < 0.9 else None
    crown = cloth(_panels(main, back, turn, rng), axis, 0.05, 0.25, int(rng.integers(1 << 31)))
    fabric = cloth(plain(other), axis, 0.02, 0.25)
    length = rng.uniform(0.062, 0.078) * skull.size / 0.1
    visor = _visor(shape, turn, length, rng.uniform(0.1, 1.0))
    button = ball(0.0075, 10)
    button = button.moved(shape.axes, solid.points[-1].astype(np.float64))
    surfaces = [
        solid.worn(body, crown, hem=None if hole is None else hole.ravel()),
        visor.worn(body, fabric),
        button.worn(body, fabric),
    ]

    within = above(shape)

    def hides(points):
        under = within(points)
        if hole is not None:
            x, y, z = shape.local(points[under]).T
            sideways = (np.arctan2(x, -y) - turn + math.pi) % (2 * math.pi) - math.pi
            level = np.arctan2(z, np.hypot(x, y))
            under[under] = _opening(np.abs(sideways), level) > 0.0
        return under

    return Headwear(surfaces, hides)


def _opening(away, elevation):
    """Metres, about, from the edge of the hole at the back, above the strap; below 0 in the hole."""
    across, high = 0.085 * (math.pi - away) * 1.1, 0.09 * elevation - 0.017
    return np.where(high > 0, np.hypot(across, high) - 0.034, np.maximum(-high, np.abs(across) - 0.034))


def _hole(away: np.ndarray, elevations: np.ndarray) -> np.ndarray:
    return _opening(away[None], elevations[:, None])


def _panels(main: np.ndarray, back: np.ndarray, turn: float, rng: np.random.Generator) -> Pattern:
    """Six panels with seams, a logo on the front, and mesh of another colour on the rear four."""
    logo = colour(rng, 0.6) if rng.random() < 0.55 else None
    kind, size = rng.integers(4), rng.uniform(0.07, 0.11)
    dark = float(main.mean()) < 0.03

    def pattern(uv):
        around = (uv[:, 0] - turn / (2 * math.pi) + 0.5) % 1 - 0.5  # of the whole, from the front
        found = np.where((np.abs(around) < 1 / 6 + 0.01)[:, None], main, back).astype(np.float32)
        seam = np.abs(around * 6 - np.round(around * 6)) * np.cos(uv[:, 1] * math.pi / 2) / 6
        thread = np.abs(seam - 0.0045) < 0.0014
        found = np.where((seam < 0.0022)[:, None], found * 0.55, found)
        found = np.where(thread[:, None], found * (1.8 if dark else 0.75), found)
        if logo is not None:
            x, y = around * 2 * math.pi * np.cos(uv[:, 1] * math.pi / 2) / 6, (uv[:, 1] - 0.36) / 4
            found = np.where(_logo(x / size * 2, y / size * 2, kind)[:, None], logo, found)
        return found

    return pattern


def _logo(x: np.ndarray, y: np.ndarray, kind: int) -> np.ndarray:
    """Which points of [-1, 1]² are embroidered: a letter, a ring, a shield, a bar."""
    if kind == 0:
        stroke = (np.abs(np.abs(x) - 0.55) < 0.18) | (np.abs(y - x * 1.1) < 0.22)
        return stroke & (np.abs(x) < 0.74) & (np.abs(y) < 0.8)
    if kind == 1:
        r = np.hypot(x, y)
        return ((r < 0.8) & (r > 0.6)) | (r < 0.3)
    if kind == 2:
        return (np.abs(x) < 0.7 * np.sqrt(np.clip(1 - ((0.6 - y) / 1.5).clip(0) ** 2, 0, 1))) & (y < 0.7) & (y > -0.85)
    return (np.abs(x) < 1.0) & (np.abs(y) < 0.28)


def _visor(shape: Fit, turn: float, length: float, curve: float) -> Solid:
    """A visor of two sheets: `curve` in [0, 1], flat to rolled."""
    s = np.linspace(-1, 1, 25)
    azimuth = turn + 1.02 * s
    inner = shape.local(shape.point(azimuth, 0.03 * np.ones_like(s), shape.at(azimuth, 0.03) + _GAP - 0.001))
    forward = np.array([math.sin(turn), -math.cos(turn), 0.0])
    side = np.array([math.cos(turn), math.sin(turn), 0.0])
    reach = length * np.sqrt(np.clip(1 - np.abs(s) ** 2.6, 0, 1))
    across = inner @ side
    t = np.linspace(0, 1, 8)[:, None]
    ahead = t * (reach / length)[None]
    bend = curve * (0.45 * across**2 / 0.08 + 0.003)[None] * np.minimum(1.5 * ahead, 1)
    points = inner[None] + (t * reach[None])[..., None] * forward
    points[..., 2] -= bend + 0.16 * t * reach[None]
    under = points[::-1].copy()
    under[..., 2] -= 0.0025
    rim = (points[-1:] + under[:1]) / 2 + 0.0012 * forward
    rows = np.concatenate([points, rim, under])
    return grid(rows @ shape.axes + shape.origin)
