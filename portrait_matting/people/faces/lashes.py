"""Lashes, each a thin triangle."""

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.complexion import Complexion
from portrait_matting.people.faces.lids import lid_halves, lid_rims
from portrait_matting.people.rendering.surface import Appearance, Samples, Surface


def lashes(
    body: Body, points: np.ndarray, complexion: Complexion, rng: np.random.Generator, made_up: bool = False
) -> list[Surface]:
    """Lashes, each a thin triangle bent up: of the upper lid, and shorter ones of the lower.

    Args:
        body: whose.
        points: float32 (V, 3), its points with its lids where they are.
        complexion: knows the colour of the hair.
        rng: of the lashes.
        made_up: longer, thicker and black.
    """
    upper, lower = lid_halves()
    head = body.bones[body.data.bone("head"), :, :3].astype(np.float64)
    woman = body.shape.phenotype["gender"] > 0.5
    long = rng.uniform(0.0065, 0.0085) * (1.1 if woman else 0.85) * (1.15 if made_up else 1)
    width = 0.00028 * (1.5 if made_up else 1)
    parts = []
    for side, middle in enumerate(body.carried(body.eyes, "head").astype(np.float64)):
        at = lid_rims()[side]
        out = np.array((1.0, -1.0)[side])
        parts.append(_row(points[at[upper]], middle, head, out, 46, long, width, 1.0, rng))
        parts.append(_row(points[at[lower]], middle, head, out, 26, 0.55 * long, 0.8 * width, -0.7, rng))
    corners = np.concatenate([part[0] for part in parts]).astype(np.float32)
    outward = np.concatenate([part[1] for part in parts]).astype(np.float32)
    count = len(corners)
    first = 5 * np.arange(count)[:, None]
    triangles = np.concatenate([first + np.array(t) for t in ((0, 1, 2), (1, 3, 2), (2, 3, 4))]).astype(np.int32)
    colour = np.float32((0.008, 0.007, 0.007)) if made_up else np.minimum(complexion.hair * 0.4, np.float32(0.06))

    def look(samples: Samples) -> Appearance:
        return Appearance(np.repeat(colour[None], len(samples.rest), 0), samples.normal, 0.02, 0.6)

    return [Surface(corners.reshape(-1, 3), triangles, np.repeat(outward, 5, 0), look, casts=False)]


def _row(
    rim, middle, head, out, count: int, long: float, width: float, up: float, rng
) -> tuple[np.ndarray, np.ndarray]:
    """Lashes of one lid: their five corners (count, 5, 3), and where they face (count, 3)."""
    share = np.clip((np.arange(count) + 0.5 + 0.35 * rng.normal(size=count)) / count, 0.04, 0.98)
    where = share * (len(rim) - 1)
    low = np.minimum(where.astype(int), len(rim) - 2)
    part = (where - low)[:, None]
    root = rim[low] * (1 - part) + rim[low + 1] * part
    tangent = rim[low + 1] - rim[low]
    tangent = tangent / np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    outward = root - middle
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    fan = (out * (share - 0.42) * 1.1 + 0.12 * rng.normal(size=count))[:, None] * (head @ (1, 0, 0))
    rise = up * (head @ (0, 0, 1))
    size = (long * (0.55 + 0.45 * np.sin(np.pi * np.clip(share * 0.8 + 0.15, 0, 1))) * rng.uniform(0.75, 1.1, count))[
        :, None
    ]
    first = outward + 0.15 * rise + 0.6 * fan
    second = 0.6 * outward + 0.75 * rise + fan
    bend = root + 0.5 * size * first / np.linalg.norm(first, axis=1, keepdims=True)
    tip = bend + 0.5 * size * second / np.linalg.norm(second, axis=1, keepdims=True)
    side = 0.5 * width * tangent
    return np.stack([root - side, root + side, bend - 0.8 * side, bend + 0.8 * side, tip], 1), outward
