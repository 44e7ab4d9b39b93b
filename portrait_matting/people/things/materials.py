"""What things are made of: cloth, knit, leather, plastic, metal, straw."""

import numpy as np

from portrait_matting.people.rendering.surface import Appearance, Look, Samples
from portrait_matting.people.things.prints import Pattern, plain


def _bent(samples: Samples, axis: np.ndarray, along: np.ndarray | float, up: np.ndarray | float) -> np.ndarray:
    """The normals, leaned by a slope along the way around `axis` and by one along it: float32 (n, 3)."""
    side = np.cross(axis, samples.normal)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-3)
    rise = np.cross(samples.normal, side)
    found = samples.normal - np.asarray(along)[..., None] * side - np.asarray(up)[..., None] * rise
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def _seen(samples: Samples, period: float) -> np.ndarray:
    """How much of something that repeats every `period` metres a picture resolves, in [0, 1]: (n,)."""
    return np.clip(1.5 - 3 * samples.footprint / max(period, 1e-5), 0, 1)


def cloth(pattern: Pattern, axis=(0.0, 0.0, 1.0), folds: float = 0.12, sheen: float = 0.35, seed: int = 0) -> Look:
    """Woven cloth with soft dents.

    Args:
        pattern: its colours.
        axis: (3,), that it goes around, in the room.
        folds: slope of the dents.
        sheen: how much brighter it is at grazing angles.
        seed: of the dents.
    """
    random = np.random.default_rng(seed)
    waves = random.normal(size=(4, 3)) * (60, 60, 22)  # dents are longer than wide, as gravity makes them
    phases = random.uniform(0, 2 * np.pi, 4)
    axis = np.asarray(axis, np.float64)

    def look(samples):
        swing = np.sin(samples.rest @ waves.T + phases)
        slope = folds * (swing[:, 0] + swing[:, 1]) / 2, folds * (swing[:, 2] + swing[:, 3]) / 2
        albedo = np.asarray(pattern(samples.uv), np.float32) * (1 - 0.2 * folds * (swing[:, :1] + swing[:, 2:3]))
        return Appearance(albedo.astype(np.float32), _bent(samples, axis, *slope), 0.0, 0.9, 0.1, sheen)

    return look


def knit(pattern: Pattern, ribs: int, rows: int, axis, width: float, depth: float = 0.5, cable: bool = False) -> Look:
    """Knitted wool: ribs along the axis, with stitches.

    Args:
        pattern: its colours.
        ribs: around the axis.
        rows: of stitches along the map.
        axis: (3,), that it goes around, in the room.
        width: metres, of a rib.
        depth: slope of the ribs' sides.
        cable: the ribs twist.
    """
    axis = np.asarray(axis, np.float64)

    def look(samples):
        u, v = samples.uv[:, 0] * ribs, samples.uv[:, 1] * rows
        if cable:
            u = u + 0.35 * np.sin(2 * np.pi * v / 9)
        sharp, fine = _seen(samples, width), _seen(samples, width / 2)
        slope = np.sin(2 * np.pi * u)
        stitch = np.sin(2 * np.pi * (v + 0.5 * np.abs(2 * (u % 1) - 1)))
        groove = 0.5 - 0.5 * np.cos(2 * np.pi * u)
        shade = 1 - 0.45 * sharp * (1 - groove) - 0.12 * fine * (1 + stitch)
        albedo = np.asarray(pattern(samples.uv), np.float32) * shade[:, None]
        normal = _bent(samples, axis, depth * sharp * slope, 0.3 * fine * stitch)
        return Appearance(albedo.astype(np.float32), normal, 0.0, 0.95, 0.2, 0.6)

    return look


def straw(shade: np.ndarray, axis, rings: float, around: float) -> Look:
    """Plaited straw."""
    axis = np.asarray(axis, np.float64)

    def look(samples):
        u, v = samples.uv[:, 0] * around, samples.uv[:, 1] * rings
        seen = _seen(samples, 0.006)
        weave = np.sin(2 * np.pi * v) + 0.6 * np.sin(2 * np.pi * (u + v / 2))
        slow = np.sin(0.7 * v + np.sin(u / 7))
        albedo = shade * (1 + 0.14 * seen * weave + 0.05 * slow)[:, None]
        normal = _bent(samples, axis, 0.15 * seen * np.cos(2 * np.pi * (u + v / 2)), 0.3 * seen * np.cos(2 * np.pi * v))
        return Appearance(np.clip(albedo, 0, 1).astype(np.float32), normal, 0.03, 0.55, 0.1, 0.1)

    return look


def shiny(shade: np.ndarray | Pattern, specular: float = 0.05, roughness: float = 0.3) -> Look:
    """Plastic, lacquer, leather, glazed earthenware: one colour or a pattern under a clear skin."""
    pattern = shade if callable(shade) else plain(np.asarray(shade, np.float32))
    return lambda s: Appearance(
        np.ascontiguousarray(pattern(s.uv), np.float32), s.normal, np.float32(specular), np.float32(roughness)
    )


def metal(shade: np.ndarray, roughness: float = 0.28) -> Look:
    """Metal: what it mirrors is of its own colour, which the light here is not, so a part of it is lit as cloth is."""
    dull = np.asarray(shade, np.float32) * np.float32(0.55)
    return lambda s: Appearance(
        np.broadcast_to(dull, s.position.shape).copy(), s.normal, np.float32(0.4 * shade.max()), np.float32(roughness)
    )


def skin_of(shade: np.ndarray) -> Look:
    """Rubber, foam, paper: dull all over."""
    return shiny(shade, 0.02, 0.8)
