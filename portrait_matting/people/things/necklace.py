"""Necklaces: chains that lie on the collarbones, with a pendant or beads."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.rendering.surface import Appearance, Look, Surface
from portrait_matting.people.things.materials import metal, shiny
from portrait_matting.people.things.prints import colour, metal_colour
from portrait_matting.people.things.solids import Solid, ball, joined, tube
from portrait_matting.people.things.torso import frame, hanging, neck_triangles


def wear_necklace(body: Body, rng: np.random.Generator) -> list[Surface]:
    """A chain around the neck, on the skin; where clothes reach the neck they hide it."""
    path = _lying(body, rng.uniform(0.0, 1.0))
    if path is None:
        return []
    shade = metal_colour(rng)
    kind = rng.choice(["chain", "pendant", "beads"], p=(0.35, 0.45, 0.2))
    if kind == "beads":
        radius = rng.uniform(0.003, 0.006)
        count = int(np.linalg.norm(np.diff(path, axis=0), axis=1).sum() / (2 * radius))
        places = np.linspace(0, len(path) - 1, count)
        at = np.stack([np.interp(places, np.arange(len(path)), column) for column in path.T], 1)
        bead = ball(radius, 8)
        white = np.full(3, 0.7, np.float32) if rng.random() < 0.6 else colour(rng, 0.6)
        return [joined([bead.moved(np.eye(3), point) for point in at]).placed(shiny(white, 0.08, 0.2))]
    thick = rng.uniform(0.0005, 0.0018)
    found = [tube(path, thick, 6).placed(_links(shade, rng.uniform(90, 220)), casts=False)]
    if kind == "pendant":
        lowest = path[len(path) // 2]
        found.append(_pendant(rng).moved(_upright(path), lowest).placed(metal(shade)))
    return found


def _lying(body: Body, low: float) -> np.ndarray | None:
    """The chain (61, 3) in the room; `low` in [0, 1] is how far down before the chest it hangs."""
    _, (_, back, up) = frame(body)
    nape = body.carried(body.joints[body.data.bone("neck01")], "neck01").astype(np.float64)
    size = body.head_height / 0.104
    near = nape - 0.012 * size * up - 0.01 * size * back
    angles = np.linspace(0, 2 * math.pi, 61)[:-1]
    tilts = np.radians(20 + np.linspace(0, 4 + 26 * low, 6))  # planes through the nape, ever lower in front
    path = hanging(body, neck_triangles(), near, tilts, angles, 0.0025)
    return None if path is None else np.concatenate([path, path[:1]])


def _upright(path: np.ndarray) -> np.ndarray:
    side = path[len(path) // 2 + 2] - path[len(path) // 2 - 2]
    side /= np.linalg.norm(side)
    down = np.array([0.0, 0, 1]) - side[2] * side
    down /= np.linalg.norm(down)
    return np.stack([side, np.cross(down, side), down])


def _pendant(rng: np.random.Generator) -> Solid:
    kind, size = rng.integers(3), rng.uniform(0.004, 0.009)
    if kind == 0:
        return ball(size, 12) if size < 0.006 else ball(size, 14).stretched((1, 0.25, 1))
    if kind == 1:
        return ball(size, 12).stretched((0.55, 0.5, 1.4)).moved(np.eye(3), np.array([0, 0, -1.2 * size]))
    bars = [np.array([[0, 0, 0.2], [0, 0, -2.4]]), np.array([[-0.75, 0, -0.7], [0.75, 0, -0.7]])]
    return joined([tube(size * bar, 0.0013, 6) for bar in bars])


def _links(shade: np.ndarray, count: float) -> Look:
    dull = np.asarray(shade, np.float32) * np.float32(0.55)

    def look(samples):
        fine = np.clip(1.5 - samples.footprint / 0.001, 0, 1)
        lit = 1 - 0.5 * fine * (0.5 + 0.5 * np.sin(2 * np.pi * count * samples.uv[:, 1]))
        return Appearance((dull * lit[:, None]).astype(np.float32), samples.normal, np.float32(0.35 * shade.max()), 0.3)

    return look
