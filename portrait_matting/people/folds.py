"""Folds of cloth: down from the chest, from the armpits, around bent elbows and above cuffs."""

import numpy as np
from numba import njit

from portrait_matting.people.fit import Fit
from portrait_matting.people.noise import noise, noise_at

_CELLS = 5.0  # of the noise, a fold


def _ridges(points: np.ndarray, lengths, offset: np.ndarray) -> np.ndarray:
    """Narrow crests with round valleys, mean near 0, of these lengths (metres or radians a fold): (n,)."""
    found = noise(points * (_CELLS / np.asarray(lengths, np.float32)) + offset)[:, 0]
    return 0.35 * found + 1.1 * (0.55 - np.minimum(np.abs(found), 1.3) ** 0.8)  # crests where it is near 0


def folds(fit: Fit, looseness: float, stiffness: float, rng: np.random.Generator) -> np.ndarray:
    """How far cloth lies outside its smooth form: metres, float32 (M,), of the finer suit.

    Args:
        fit: of the body.
        looseness: 0 to 1.
        stiffness: 0, as silk, to 1, as a coat: fewer folds, and longer.
        rng: of the garment.
    """
    suit, points = fit.suit, fit.fine / np.float32(fit.size)
    on_arm = np.clip(suit.sleeve * 8 + 0.3, 0, 1)
    offsets = rng.uniform(0, 32, (6, 3)).astype(np.float32)
    wide = 1 + 0.8 * stiffness
    soft = 1 - 0.4 * stiffness
    turned = points @ _turn(rng.normal(0, 0.22))
    hanging = np.clip((0.5 - suit.rest[:, 2]) / 0.25, 0, 1)
    down = _ridges(turned, (0.085 * wide, 0.11 * wide, 0.5), offsets[0]) * hanging * (0.15 + 0.85 * looseness)
    broad = _ridges(points, (0.16 * wide, 0.16 * wide, 0.22 * wide), offsets[1]) * (0.35 + 0.5 * looseness)
    found = (1 - on_arm) * (0.011 * soft * down + 0.005 * broad)
    for side, name in ((1, "L"), (-1, "R")):
        pit = fit.joint(f"upperarm01.{name}") / fit.size - np.float32((side * 0.015, 0, 0.075))
        offset = points - pit
        far = np.linalg.norm(offset, axis=1)
        angle = np.arctan2(offset[:, 2], side * offset[:, 0])
        polar = np.stack([angle, 0.25 * far, 0.15 * np.sign(offset[:, 1]) + 0 * far], 1)
        rays = _ridges(polar, (0.55 * wide, 0.5, 0.5), offsets[2]) * np.exp(-((far / 0.15) ** 2))
        found += 0.013 * soft * rays * (0.35 + 0.65 * looseness) * np.clip(far / 0.04, 0, 1)
    along = suit.sleeve * 0.55
    rounded = np.stack([along + 0.012 * np.sin(suit.around + offsets[3, 0]), 0.045 * np.cos(suit.around),
                        0.045 * np.sin(suit.around) + 0.4 * np.sign(points[:, 0])], 1)  # fmt: skip
    rings = _ridges(rounded, (0.062 * wide, 0.14, 0.14), offsets[4])
    drags = _ridges(rounded, (0.3, 0.06 * wide, 0.06 * wide), offsets[5])
    elbow = np.exp(-(((suit.sleeve - 0.52) / 0.13) ** 2))
    cuff = np.exp(-(((suit.sleeve - 0.93) / 0.1) ** 2))
    found += on_arm * soft * (0.35 + 0.65 * looseness) * (
        0.010 * rings * (0.3 + 0.9 * elbow + 0.7 * cuff) + 0.008 * drags * (1 - elbow)
    )  # fmt: skip
    return found.astype(np.float32)


def _turn(angle: float) -> np.ndarray:
    """A rotation about y."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)


@njit(cache=True)
def folded(volume, u, v, offset):
    """How steeply cloth rises across and along it, at (u, v) of a panel laid flat: sharp folds, finer than its form."""
    panel = np.floor((u + 1.5) / 3)
    u = u - 3 * panel
    du, dv = np.float32(0), np.float32(0)
    if panel < 2:
        low = min(max((0.46 - v) / 0.22, 0.0), 1.0)
        if low > 0:  # hanging
            lean = 0.25 * v
            value, gu, gv, _ = noise_at(volume, (u + lean) * 55 + offset[0], v * 9 + offset[1], panel * 7 + offset[2])
            steep = -0.012 * low * value / np.sqrt(value * value + 0.08)
            du += steep * gu * 55
            dv += steep * (gv * 9 + gu * 55 * 0.25)
        side = 1 if u > 0 else -1
        x, y = side * u - (0.2 if panel < 1 else 0.235), v - 0.45
        far = np.sqrt(x * x + y * y)
        share = np.exp(-(far * far) / 0.03) * min(far / 0.06, 1.0) ** 2
        if share > 0.03:  # rays from the armpit
            far = max(far, 0.03)
            angle = np.arctan2(y, x)
            value, ga, gf, _ = noise_at(volume, angle * 8.5 + offset[1], far * 12 + offset[2], 5 * side + panel * 9 + offset[0])
            steep = -0.013 * share * value / np.sqrt(value * value + 0.08)
            du += steep * side * (-ga * 8.5 * y / (far * far) + gf * 12 * x / far)
            dv += steep * (ga * 8.5 * x / (far * far) + gf * 12 * y / far)
    elif panel < 4:
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
