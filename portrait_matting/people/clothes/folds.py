"""Folds of cloth: down from the chest, from the armpits, around bent elbows and above cuffs.

Long ones are in a garment's form, so that its outline has them (`folds`); sharp ones are in its look (`folded`).
"""

from functools import cache

import numpy as np
from numba import njit

from portrait_matting.people.clothes.fit import Fit
from portrait_matting.people.clothes.noise import noise_at, value_at, volume

VARIANTS = 8
"""Of the maps of sharp folds; the panels of one garment have different ones."""
STEP, LOWEST = 0.005, -0.45
"""Metres between the points of those maps, and where their first row is."""
_SHAPE = (220, 168)
_CELLS = 5.0  # of the noise, a fold


def folds(fit: Fit, looseness: float, stiffness: float, rng: np.random.Generator, shown: np.ndarray) -> np.ndarray:
    """How far cloth lies outside its smooth form: metres, float32 (M,), of the finer suit.

    Args:
        fit: of the body.
        looseness: 0 to 1.
        stiffness: 0, as silk, to 1, as a coat: fewer folds, and longer.
        rng: of the garment.
        shown: bool (M,), where it is not cut away; elsewhere none are made.
    """
    suit = fit.suit
    pits = np.stack([fit.joint(f"upperarm01.{name}") for name in "LR"]) / fit.size
    pits += np.float32((0, 0, -0.075))
    pits[:, 0] *= 0.91
    points = fit.fine / np.float32(fit.size)
    return _folds(points, suit.rest, suit.sleeve, suit.around, pits.astype(np.float32), volume(),
                  rng.uniform(0, 32, (6, 3)), rng.normal(0, 0.22), looseness, stiffness, shown)  # fmt: skip


@njit(cache=True, error_model="numpy")
def _folds(points, template, sleeve, around, pits, volume, offsets, lean, looseness, stiffness, shown):
    found = np.zeros(points.shape[0], np.float32)
    wide, soft, slack = 1 + 0.8 * stiffness, 1 - 0.4 * stiffness, 0.35 + 0.65 * looseness
    cosine, sine = np.cos(lean), np.sin(lean)
    for i in range(points.shape[0]):
        if not shown[i]:
            continue
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        arm = min(max(sleeve[i] * 8 + 0.3, 0.0), 1.0)
        if arm < 1:
            hanging = min(max((0.5 - template[i, 2]) / 0.25, 0.0), 1.0)
            turned, up = cosine * x + sine * z, cosine * z - sine * x
            down = _ridge(volume, turned, y, up, 0.085 * wide, 0.11 * wide, 0.5, offsets, 0)
            broad = _ridge(volume, x, y, z, 0.16 * wide, 0.16 * wide, 0.22 * wide, offsets, 1)
            found[i] += (1 - arm) * (
                0.011 * soft * hanging * (0.15 + 0.85 * looseness) * down + 0.005 * (0.35 + 0.5 * looseness) * broad
            )
        for k in range(2):
            side = 1.0 - 2 * k
            a, b, c = x - pits[k, 0], y - pits[k, 1], z - pits[k, 2]
            far = np.sqrt(a * a + b * b + c * c)
            if far < 0.26:
                angle = np.arctan2(c, side * a)
                ray = _ridge(volume, angle, 0.25 * far, 0.15 * np.sign(b), 0.55 * wide, 0.5, 0.5, offsets, 2)
                found[i] += 0.013 * soft * slack * ray * np.exp(-((far / 0.15) ** 2)) * min(far / 0.04, 1.0)
        if arm > 0:
            along = sleeve[i] * 0.55
            p = along + 0.012 * np.sin(around[i] + offsets[3, 0])
            q, r = 0.045 * np.cos(around[i]), 0.045 * np.sin(around[i]) + 0.4 * np.sign(x)
            rings = _ridge(volume, p, q, r, 0.062 * wide, 0.14, 0.14, offsets, 4)
            drags = _ridge(volume, p, q, r, 0.3, 0.06 * wide, 0.06 * wide, offsets, 5)
            elbow = np.exp(-(((sleeve[i] - 0.52) / 0.13) ** 2))
            cuff = np.exp(-(((sleeve[i] - 0.93) / 0.1) ** 2))
            found[i] += arm * soft * slack * (
                0.010 * rings * (0.3 + 0.9 * elbow + 0.7 * cuff) + 0.008 * drags * (1 - elbow)
            )  # fmt: skip
        if template[i, 2] > 0.47 and sleeve[i] < 0:
            found[i] *= max(0.35, 1 - (template[i, 2] - 0.47) / 0.08)  # cloth lies on shoulders
    return found


@njit(cache=True, error_model="numpy")
def _ridge(volume, x, y, z, across, along, up, offsets, row):
    """Narrow crests with round valleys, mean near 0, of these lengths (metres or radians a fold)."""
    value = value_at(
        volume,
        x * _CELLS / across + offsets[row, 0],
        y * _CELLS / along + offsets[row, 1],
        z * _CELLS / up + offsets[row, 2],
    )
    return 0.35 * value + 0.95 * (0.72 - min(np.sqrt(value * value + 0.02), 1.3))  # crests where it is near 0


@cache
def sharp_folds() -> np.ndarray:
    """Maps of how steeply cloth rises across and along it by its sharp folds, finer than its form: float32
    (VARIANTS, 3, rows, columns, 2), of the front, the back and sleeves laid flat; made once."""
    rng = np.random.default_rng(21)
    found = np.empty((VARIANTS, 3, *_SHAPE, 2), np.float32)
    for variant in range(VARIANTS):
        for panel in range(3):
            found[variant, panel] = _drawn(volume(), panel, rng.uniform(0, 32, 3), *_SHAPE)
    return found


@njit(cache=True, error_model="numpy")
def _drawn(volume, panel, offset, rows, columns):
    found = np.empty((rows, columns, 2), np.float32)
    for i in range(rows):
        for j in range(columns):
            u, v = (j - columns // 2) * STEP, i * STEP + LOWEST
            found[i, j] = _slopes(volume, panel, u, v, offset)
    return found


@njit(cache=True, error_model="numpy")
def folded(maps, variant, u, v):
    """How steeply cloth rises across and along it at (u, v) of a panel laid flat, between points of the maps."""
    panel = int(np.floor((u + np.float32(1.5)) / np.float32(3)))
    if panel < 0 or panel > 3:
        return np.float32(0), np.float32(0)
    rows, columns = maps.shape[2], maps.shape[3]
    x = (u - 3 * panel) * np.float32(1 / STEP) + columns // 2
    y = (v - np.float32(LOWEST)) * np.float32(1 / STEP)
    if x < 0 or y < 0 or x >= columns - 1 or y >= rows - 1:
        return np.float32(0), np.float32(0)
    i, j = int(y), int(x)
    p, q = np.float32(y - i), np.float32(x - j)
    cell = maps[(variant + 3 * panel) % maps.shape[0], min(panel, 2)]
    a, b, c, d = (1 - p) * (1 - q), (1 - p) * q, p * (1 - q), p * q
    du = a * cell[i, j, 0] + b * cell[i, j + 1, 0] + c * cell[i + 1, j, 0] + d * cell[i + 1, j + 1, 0]
    dv = a * cell[i, j, 1] + b * cell[i, j + 1, 1] + c * cell[i + 1, j, 1] + d * cell[i + 1, j + 1, 1]
    return du, dv


@njit(cache=True, error_model="numpy")
def _slopes(volume, panel, u, v, offset):
    """How steeply cloth rises across and along it, at (u, v) of a panel laid flat."""
    du, dv = np.float32(0), np.float32(0)
    if panel < 2:
        low = min(max((0.46 - v) / 0.22, 0.0), 1.0)
        if low > 0:  # hanging
            lean = 0.25 * v
            value, gu, gv, _ = noise_at(volume, (u + lean) * 55 + offset[0], v * 9 + offset[1], panel * 7 + offset[2])
            steep = -0.015 * low * value / np.sqrt(value * value + 0.08)
            du += steep * gu * 55
            dv += steep * (gv * 9 + gu * 55 * 0.25)
        side = 1 if u > 0 else -1
        x, y = side * u - (0.2 if panel < 1 else 0.235), v - 0.45
        far = np.sqrt(x * x + y * y)
        share = np.exp(-(far * far) / 0.03) * min(far / 0.06, 1.0) ** 2
        if share > 0.03:  # rays from the armpit
            far = max(far, 0.03)
            angle = np.arctan2(y, x)
            apart = 5 * side + panel * 9 + offset[0]
            value, ga, gf, _ = noise_at(volume, angle * 8.5 + offset[1], far * 12 + offset[2], apart)
            steep = -0.016 * share * value / np.sqrt(value * value + 0.08)
            du += steep * side * (-ga * 8.5 * y / (far * far) + gf * 12 * x / far)
            dv += steep * (ga * 8.5 * x / (far * far) + gf * 12 * y / far)
    else:
        elbow, cuff = (v - 0.29) / 0.08, (v - 0.09) / 0.05
        share = 0.3 + 0.9 * np.exp(-elbow * elbow) + 0.7 * np.exp(-cuff * cuff)
        value, gu, gv, _ = noise_at(volume, u * 22 + offset[0], (v + 0.45 * u) * 75 + offset[1], panel * 9 + offset[2])
        steep = -0.012 * share * value / np.sqrt(value * value + 0.08)
        du += steep * (gu * 22 + gv * 75 * 0.45)
        dv += steep * gv * 75
        value, gu, gv, _ = noise_at(volume, (u - 0.3 * v) * 60 + offset[1], v * 14 + offset[0], panel * 9 + offset[2])
        steep = -0.008 * value / np.sqrt(value * value + 0.08)
        du += steep * gu * 60
        dv += steep * (gv * 14 - 0.3 * gu * 60)
    return du, dv
