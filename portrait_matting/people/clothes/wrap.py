"""What lies around the neck: scarves, and hoods that are down."""

from dataclasses import replace

import numpy as np

from portrait_matting.people.clothes.collar import neck_ring
from portrait_matting.people.clothes.fit import Fit
from portrait_matting.people.clothes.garment import Cloth
from portrait_matting.people.clothes.noise import noise
from portrait_matting.people.clothes.sewing import Ground, sheet
from portrait_matting.people.rendering.surface import Look, Surface


def scarf(fit: Fit, ground: Ground, look: Look, rng: np.random.Generator, bulk: float, ends: bool) -> list[Cloth]:
    """A scarf wound around the neck; `bulk` metres thick, its `ends` hanging down before."""
    size, made = fit.size, []
    offset = rng.uniform(0, 32, 3)
    angle = np.linspace(0, 2 * np.pi, 56, endpoint=False)
    around = np.linspace(-np.pi, np.pi, 20)
    for turn in range(2):
        thick = bulk * size * (1.0 - 0.12 * turn) * (1 + 0.18 * np.cos(angle - 0.8 + 2.5 * turn))
        tilt = (0.012 if turn else -0.010) * size
        ring = neck_ring(fit, angle, 0.75 * bulk * size)
        before = (np.cos(angle) + 1) / 2
        behind = fit.joint("neck01")[2] + 0.012 * size
        front = fit.pit + (0.022 if turn else 0.006) * size
        ring[:, 2] = behind + (front - behind) * before + tilt * np.sin(angle + turn * 2.1) + 0.018 * size * turn
        ring = ground.cleared(ring, 0.62 * thick)
        out = ring - ring.mean(0)
        out[:, 2] = 0
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        cells = np.stack(np.broadcast_arrays(
            7 * around[:, None] / np.pi + 1.2 * np.sin(2 * angle + turn)[None] + 3 * angle / np.pi * 2,
            (5 * np.cos(angle))[None], (5 * np.sin(angle))[None] + 9.0 * turn), -1)  # fmt: skip
        ridge = noise((cells + offset).reshape(-1, 3))[:, 0].reshape(len(around), -1)
        folded = 1 + 0.16 * (0.6 - np.abs(ridge)) + 0.08 * ridge
        radial = np.cos(around)[:, None] * folded * thick * 0.72
        up = np.sin(around)[:, None] * folded * thick * 0.95
        grid = ring[None] + radial[..., None] * out[None] + up[..., None] * np.array([0, 0, 1.0])
        uv = np.stack(np.broadcast_arrays(angle[None] * 0.09 * size, around[:, None] * bulk), -1)
        made += sheet(fit, grid, look, uv=uv, closed=True)
    if ends:
        for k in range(1 + rng.integers(2)):
            side = (1, -1)[k] * (1 if offset[0] < 16 else -1)
            t, s = np.linspace(0, 1, 22)[:, None], np.linspace(-1, 1, 13)[None]
            half = (0.045 + 0.03 * t) * size
            z = fit.pit + 0.005 - (0.30 + 0.12 * k) * size * t + 0 * s
            x = side * (0.03 + 0.025 * t) * size + half * s
            grid = ground.front(x, z, 0.012 * size)
            wave = np.cos(s * 6 + side) * (0.008 - 0.003 * t) * size + 0.012 * size * (1 - s**2)
            grid[..., 1] -= wave + 0.02 * size * np.exp(-8 * t)
            hem = np.minimum(half * (1 - np.abs(s)) + 0 * t, (1 - t) * 0.3 + 0 * s)
            made += sheet(fit, grid, look, uv=np.stack([x * 1.0, z], -1), hem=hem, thickness=0.006, flip=True)
    return made


def lying_hood(fit: Fit, ground: Ground, look: Look, rng: np.random.Generator) -> list[Cloth]:
    """A hood that lies on the shoulders: a thick roll around the neck that falls down behind."""
    size = fit.size
    start = np.radians(rng.uniform(14, 30))
    angle = np.linspace(start, 2 * np.pi - start, 56)
    around = np.linspace(-np.pi, np.pi, 22)
    before = (np.cos(angle) + 1) / 2
    offset = rng.uniform(0, 32, 3)
    thick = size * (0.016 + 0.026 * (1 - before) ** 0.7) * np.clip((angle - start) * 4 + 0.35, 0, 1) ** 0.5
    thick *= np.clip((2 * np.pi - start - angle) * 4 + 0.35, 0, 1) ** 0.5
    ring = neck_ring(fit, angle, 0.028 * size + 0.016 * size * (1 - before))
    behind, front = fit.joint("neck01")[2] + 0.010 * size, fit.pit + 0.012 * size
    ring[:, 2] = behind + (front - behind) * before**1.2
    ring = ground.cleared(ring, 0.6 * thick)
    out = ring - ring.mean(0)
    out[:, 2] = 0
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    cells = np.stack(np.broadcast_arrays(
        4 * around[:, None] / np.pi + 2 * np.sin(2 * angle)[None], (4 * np.cos(angle))[None], (4 * np.sin(angle))[None]
    ), -1)  # fmt: skip
    ridge = noise((cells + offset).reshape(-1, 3))[:, 0].reshape(len(around), -1)
    folded = 1 + 0.14 * ridge
    wide = np.where(np.cos(around) > 0, 1.0, 0.7)[:, None]
    droop = (1 - before) ** 3 * size
    outer = np.clip(np.cos(around), 0, 1)[:, None]
    radial = np.cos(around)[:, None] * wide * folded * thick + 0.030 * droop * outer
    up = np.sin(around)[:, None] * folded * thick * 1.15 - 0.10 * droop * outer**2
    grid = ring[None] + radial[..., None] * out[None] + up[..., None] * np.array([0, 0, 1.0])
    grid = ground.cleared(grid, 0.002, 1)
    return [replace(part, hood=True) for part in sheet(fit, grid, look)]


def hooded(clothes: list[Surface]) -> bool:
    """Whether clothes have a hood."""
    return any(getattr(surface, "hood", False) for surface in clothes)


def cords(fit: Fit, ground: Ground, look: Look, length: float) -> list[Cloth]:
    """The two cords of a hood."""
    made = []
    size = fit.size
    for side, long in ((1, length), (-1, 0.9 * length)):
        t, s = np.linspace(0, 1, 14)[:, None], np.linspace(-np.pi, np.pi, 7)[None]
        x = side * (0.030 + 0.012 * t) * size + 0.003 * np.sin(s)
        z = fit.pit + 0.012 * size - long * size * t + 0 * s
        grid = ground.front(np.broadcast_to(x, z.shape), z, 0.005)
        grid[..., 1] -= 0.003 * np.cos(s)
        made += sheet(fit, grid, look)
    return made
