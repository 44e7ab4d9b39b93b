"""Cloth around head and neck: headscarves that leave the face free, and hoods drawn up."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body, normals
from portrait_matting.people.rendering.surface import Surface
from portrait_matting.people.things.curve import smooth
from portrait_matting.people.things.head_cover import AROUND, Headwear, front
from portrait_matting.people.things.materials import cloth
from portrait_matting.people.things.prints import Pattern, any_pattern, colour, plain
from portrait_matting.people.things.reach import Fit
from portrait_matting.people.things.skull import Skull, fit
from portrait_matting.people.things.solids import grid, joined, tube
from portrait_matting.people.things.torso import shoulders


def wear_headscarf(body: Body, rng: np.random.Generator) -> Headwear:
    """A scarf over hair, ears and neck that lies on the shoulders."""
    skull = Skull(body)
    shape = fit(skull, -0.1, 0, ears=True, slack=1.0)
    unit = skull.size / 0.104
    opening = _Opening(skull, rng.uniform(0.052, 0.060) * unit, rng.uniform(0.40, 0.58), 0.002)
    seed, pattern = int(rng.integers(1 << 31)), any_pattern(rng, 0.7, 0.5, 0.35)[0]
    extra = rng.uniform(0.006, 0.010), rng.uniform(0.004, 0.02)
    surface = _draped(body, skull, shape, extra, opening, 0.028, rng.uniform(5, 34), 0.25, pattern, seed)
    return Headwear([surface], lambda points: np.ones(len(points), bool), opening.beyond)


def wear_hood(body: Body, rng: np.random.Generator) -> Headwear:
    """The hood of a sweater or a jacket, drawn over the head."""
    skull = Skull(body)
    shape = fit(skull, -0.1, 0, ears=True, slack=1.0)
    unit = skull.size / 0.104
    opening = _Opening(skull, rng.uniform(0.072, 0.08) * unit, rng.uniform(0.62, 0.85), -0.035 * unit)
    main = colour(rng, 0.25)
    extra = rng.uniform(0.014, 0.022), rng.uniform(0.005, 0.03)
    seed = int(rng.integers(1 << 31))
    surface = _draped(body, skull, shape, extra, opening, 0.026, -4, 1.0, plain(main), seed)
    edge = body.carried(opening.edge(shape, extra[0]), "head").astype(np.float64)
    hem = tube(edge, rng.uniform(0.005, 0.008), 8, closed=True)
    fur = rng.random() < 0.15
    surfaces = [surface, hem.placed(cloth(plain(colour(rng, 0) if fur else main), (0, 0, 1), 0.1, 0.4, seed))]
    if rng.random() < 0.5:
        surfaces.append(_drawstrings(body, edge, rng))
    return Headwear(surfaces, lambda points: ~opening.free(points), opening.beyond)


class _Opening:
    """The oval that leaves the face free, seen from the front.

    Args:
        skull: the head.
        wide: half its width, metres.
        high: how far above the eyes it ends, times the head's size.
        low: metres, how far above the lowest point of the chin.
    """

    def __init__(self, skull: Skull, wide: float, high: float, low: float):
        top, bottom = skull.eyes[2] + high * skull.size, skull.chin[2] + low
        self.middle = np.array([skull.eyes[0], skull.centre(0)[1], (top + bottom) / 2])
        self.half = np.array([wide, (top - bottom) / 2])

    def away(self, points: np.ndarray) -> np.ndarray:
        """Metres, about, from the edge of the opening; below 0 within it."""
        x, z = (points[..., 0] - self.middle[0]) / self.half[0], (points[..., 2] - self.middle[2]) / self.half[1]
        flat = (np.sqrt(x * x + z * z) - 1) * self.half[0]
        return np.where(points[..., 1] < self.middle[1] - 0.01, flat, 0.1)

    def free(self, points: np.ndarray) -> np.ndarray:
        """Whether points are well within the opening: bool (n,)."""
        return self.away(points) < -0.012

    def beyond(self, points: np.ndarray) -> np.ndarray:
        """Whether points of the face are under the cloth: bool (n,)."""
        return self.away(points) > 0

    def edge(self, shape: Fit, extra: float) -> np.ndarray:
        """The oval (48, 3) on the cloth."""
        turn = np.linspace(0, 2 * math.pi, 48, endpoint=False)
        points = (
            np.stack([self.half[0] * np.cos(turn), np.full(48, -0.07), self.half[1] * np.sin(turn)], 1) + self.middle
        )
        for _ in range(8):  # along y, until the point is on the cloth
            x, y, z = shape.local(points).T
            radius = shape.at(np.arctan2(x, -y), np.arctan2(z, np.hypot(x, y))) + extra
            y = -np.sqrt(np.maximum(radius**2 - x**2 - z**2, 0.0004))
            points = np.stack([x, y, z], 1) @ shape.axes + shape.origin
        return points


def _draped(
    body: Body,
    skull: Skull,
    shape: Fit,
    extra: tuple[float, float],
    opening: _Opening,
    gap: float,
    lower: float,
    close: float,
    pattern: Pattern,
    seed: int,
) -> Surface:
    """The cloth: on the head as the head is held, on the shoulders as they are held, and hanging between.

    Args:
        body, skull, shape, opening: of whom.
        extra: metres, how far it is from the head, and how much farther behind.
        gap: metres between shoulders and cloth.
        lower: degrees, how far down before the chest it ends.
        close: at the opening it is this share as far from the face as elsewhere.
        pattern, seed: its colours and its dents.
    """
    away = np.abs((AROUND + math.pi) % (2 * math.pi) - math.pi)
    _, _, down = shape.local(skull.chin)
    level = math.atan2(down - 0.012, skull.depth * 0.55)  # under the chin
    lowest = np.interp(away, (0, 0.5, 1.2, 2.0, math.pi), (level, level, -0.72, -0.55, -0.5))
    share = np.linspace(0, 1, 22)[:, None]
    elevation = lowest[None] + share * (math.pi / 2 - lowest[None])
    radius = shape.at(AROUND[None], elevation)
    behind = np.roll(front(1.8), len(AROUND) // 2)[None] * np.cos(elevation)
    folds = 0.0025 * np.sin(13 * elevation + 2.5 * np.sin(AROUND + seed % 6)[None]) * np.cos(elevation) * (1 - close)
    thick = extra[0] + extra[1] * behind + folds
    edge = opening.away(shape.point(AROUND[None], elevation, radius + thick))
    thick = thick * np.clip(edge / 0.03, close, 1)  # towards the face it comes close
    rest = shape.point(AROUND[None], elevation, radius + thick)
    rest[-1] = rest[-1].mean(0)
    edge = opening.away(rest)
    head = body.carried(rest, "head").astype(np.float64)
    chest = shoulders(body)
    # where it ends: before the chest, on the shoulders, behind
    ends = np.radians(np.interp(away, (0, 0.7, 1.4, 2.1, math.pi), (-lower, 6 - 0.8 * lower, 42 - 0.5 * lower, 38, 30)))
    wave = np.sin(7 * AROUND + seed % 7) + np.sin(11 * AROUND + seed % 5)
    last = chest.point(AROUND, ends + 0.02 * wave, chest.at(AROUND, ends))
    steps = np.linspace(0, 1, 12)[:-1, None, None]
    hanging = last * (1 - steps) + head[:1] * steps
    # it bulges over the throat, where collars are
    bulge = np.sin(math.pi * steps[..., 0]) * (0.003 * wave + 0.014 * np.exp(-((away / 0.9) ** 2)))
    hanging += bulge[..., None] * (head[0] - head[0].mean(0)) / 0.08
    rows = np.concatenate([chest.outside(hanging, gap * np.linspace(0.5, 1.2, len(hanging))[:, None]), head])
    count = len(hanging)
    rows[1:count] = _smoothed(rows[: count + 1])[1:count]
    solid = grid(rows, closed=True, pole=True)
    hem = np.concatenate([np.full((count, len(AROUND)), 0.1), edge])
    flat = np.concatenate([rows[:count], rest]).reshape(-1, 3).astype(np.float32)
    look = cloth(pattern, chest.axes[2], 0.22, 0.35, seed)
    return Surface(
        solid.points,
        solid.triangles,
        normals(solid.points, solid.triangles),
        look,
        rest=flat,
        corners=solid.corners,
        hem=hem.ravel().astype(np.float32),
    )


def _smoothed(rows: np.ndarray) -> np.ndarray:
    for _ in range(3):
        rows = np.concatenate([rows[:1], (rows[:-2] + 2 * rows[1:-1] + rows[2:]) / 4, rows[-1:]])
    return rows


def _drawstrings(body: Body, edge: np.ndarray, rng: np.random.Generator) -> Surface:
    """Two cords that hang from the lower corners of a hood."""
    cords = []
    for k in (32, 40):
        start = edge[k]
        fall = rng.uniform(0.1, 0.16)
        path = start + np.array([[0, 0.004, 0.004], [0, -0.012, -0.02], [0, -0.012, -0.5 * fall], [0, -0.006, -fall]])
        cords.append(tube(smooth(path, 14), 0.0024, 6))
    return joined(cords).placed(cloth(plain(colour(rng, 0.1)), (0, 0, 1), 0.0), casts=False)
