"""Masks over nose and mouth, or worn below the nose or the chin."""

import math
from dataclasses import replace

import cv2
import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.rendering.surface import Appearance, Look
from portrait_matting.people.things.curve import smooth
from portrait_matting.people.things.head_cover import Headwear
from portrait_matting.people.things.materials import cloth, skin_of
from portrait_matting.people.things.prints import any_pattern
from portrait_matting.people.things.reach import Fit
from portrait_matting.people.things.skull import Skull, fit
from portrait_matting.people.things.solids import grid, joined, tube

_SURGICAL = ((0.33, 0.55, 0.66), (0.42, 0.62, 0.60), (0.75, 0.75, 0.74), (0.02, 0.02, 0.022), (0.68, 0.45, 0.50))
_ROWS, _COLUMNS = 22, 33


def wear_mask(body: Body, rng: np.random.Generator) -> Headwear:
    """A surgical mask with pleats or one of cloth, with loops around the ears."""
    skull = Skull(body)
    surgical = rng.random() < 0.65
    face = fit(skull, -0.62, 0)
    wide = np.concatenate([face.reach[:, -2:], face.reach, face.reach[:, :2]], 1)  # the tip of the nose is between two
    face = replace(face, reach=cv2.dilate(wide, np.ones((3, 3), np.uint8))[:, 2:-2])
    nose = _nose(skull)
    worn = rng.choice(["well", "nose", "chin"], p=(0.78, 0.13, 0.09))
    # elevations of the upper and lower edges before the face, seen from within the head
    top = _elevation(face, nose + (0, 0, 0.62 * (skull.eyes[2] - nose[2])))
    low = _elevation(face, skull.chin + (0, 0.006, -0.002))
    if worn == "nose":
        top = _elevation(face, nose - (0, 0, 0.012))
    if worn == "chin":
        top, low = _elevation(face, skull.chin + (0, 0, 0.022)), low - 0.25
    side = 0.95 if surgical else 1.0
    s = np.linspace(-1, 1, _COLUMNS)
    azimuth = side * s
    narrow = 0.30 if surgical else 0.62  # how much lower it is at its sides than in the middle
    high = top * (1 - narrow * np.abs(s) ** 1.6) - 0.10 * s**2
    bottom = low * (1 - narrow * np.abs(s) ** 1.6) - 0.02 * s**2
    t = np.linspace(0, 1, _ROWS)[:, None]
    elevation = bottom + t * (high - bottom)
    radius = _taut(face.at(azimuth[None], elevation) + 0.0015)
    if surgical:
        phase = (t * 4.2) % 1
        radius = radius + 0.0018 * phase * np.clip(1.15 - np.abs(s) ** 4, 0, 1)
    else:
        radius = radius + 0.004 * np.sin(math.pi * t) * np.exp(-((s / 0.5) ** 2))
    points = face.point(azimuth[None], elevation, radius)
    solid = grid(points)
    if surgical:
        shade = np.asarray(_SURGICAL[rng.choice(5, p=(0.5, 0.12, 0.16, 0.16, 0.06))], np.float32)
        look = _pleated(shade)
    else:
        pattern, _ = any_pattern(rng, 0.2, 0.13, 0.45)
        look = _sewn(cloth(pattern, (0, 0, 1), 0.1, 0.3, int(rng.integers(1 << 31))))
    loops = _loops(skull, points[:, [-1, 0]], 0.0014 if surgical else 0.0017)
    string = np.full(3, 0.7 if surgical else 0.03, np.float32)

    def hides(at: np.ndarray) -> np.ndarray:  # however far off: hair that is longer than the mask is far off is bent
        x, y, z = face.local(at).T
        around, up = np.arctan2(x, -y), np.arctan2(z, np.hypot(x, y))
        between = (up > np.interp(around, azimuth, bottom)) & (up < np.interp(around, azimuth, high))
        return between & (np.abs(around) < side)

    return Headwear([solid.worn(body, look), loops.worn(body, skin_of(string), casts=False)], hides)


def _nose(skull: Skull) -> np.ndarray:
    """The tip of the nose at rest: (3,)."""
    points = skull.body.rest[np.unique(skull.triangles(False))]
    near = (np.abs(points[:, 0] - skull.eyes[0]) < 0.015) & (
        np.abs(points[:, 2] - skull.eyes[2] + 0.4 * skull.size) < 0.3 * skull.size
    )
    points = points[near]
    return points[points[:, 1].argmin()].astype(np.float64)


def _elevation(face: Fit, point: np.ndarray) -> float:
    x, y, z = face.local(point)
    return math.atan2(z, math.hypot(x, y))


def _taut(radius: np.ndarray) -> np.ndarray:
    """The cloth (R, C) stretched over what is below it: a membrane over an obstacle, whose edges lie on the face."""
    found = radius.copy()
    for _ in range(60):
        middle = (found[:-2, 1:-1] + found[2:, 1:-1] + 2 * found[1:-1, :-2] + 2 * found[1:-1, 2:]) / 6
        found[1:-1, 1:-1] = np.maximum(radius[1:-1, 1:-1], middle)
        for edge in (0, -1):
            along = (found[edge, :-2] + found[edge, 2:]) / 2
            found[edge, 1:-1] = np.maximum(radius[edge, 1:-1], along)
    return found


def _pleated(shade: np.ndarray) -> Look:
    def look(samples):
        u, v = samples.uv.T
        fold = (v * 4.2) % 1
        dark = 1 - 0.22 * np.clip(1 - fold / 0.12, 0, 1)
        hem = (np.minimum(v, 1 - v) < 0.06) | (np.minimum(u, 1 - u) < 0.03)
        albedo = shade * (dark * np.where(hem, 0.9, 1.0))[:, None]
        return Appearance(albedo.astype(np.float32), samples.normal, 0.015, 0.7, 0.2, 0.15)

    return look


def _sewn(inside: Look) -> Look:
    """Cloth with a seam down the middle and hems."""

    def look(samples):
        found = inside(samples)
        u, v = samples.uv.T
        line = (np.abs(u - 0.5) < 0.004) | (np.abs(np.minimum(v, 1 - v) - 0.06) < 0.006)
        return found._replace(albedo=found.albedo * np.where(line, np.float32(0.6), np.float32(1))[:, None])

    return look


def _loops(skull: Skull, edges: np.ndarray, radius: float):
    """Strings from the corners around the ears; `edges` (R, 2, 3): the left and the right edge, from below."""
    whole = fit(skull, 0.0, 0)
    found = []
    for number, (side, sign) in enumerate((("L", 1), ("R", -1))):
        ear = skull.ear(side).astype(np.float64)
        low, high, front, back = ear[:, 2].min(), ear[:, 2].max(), ear[:, 1].min(), ear[:, 1].max()
        root = sign * (sign * ear[:, 0]).min()
        start, end = edges[-2, number], edges[1, number]
        over = np.array([root + sign * 0.002, front + 0.35 * (back - front), high - 0.001])
        behind = np.array([root - sign * 0.001, back - 0.002, 0.55 * high + 0.45 * low])
        under = np.array([root + sign * 0.001, front + 0.4 * (back - front), low + 0.006])
        path = smooth(np.stack([start, 0.5 * (start + over), over, behind, under, 0.5 * (under + end), end]), 36)
        found.append(tube(whole.outside(path, 0.0016), radius, 5))
    return joined(found)
