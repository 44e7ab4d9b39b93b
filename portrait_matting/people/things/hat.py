"""Hats with a brim all round: fedoras, panamas, sun hats, cowboy hats, bucket hats."""

import math

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.things.head_cover import AROUND, Headwear, above, axis_of
from portrait_matting.people.things.materials import cloth, shiny, straw
from portrait_matting.people.things.prints import any_pattern, colour, plain
from portrait_matting.people.things.reach import Fit
from portrait_matting.people.things.skull import Skull, fit
from portrait_matting.people.things.solids import Solid, grid

_GAP = 0.005  # metres between head and hat
_STRAW = ((0.62, 0.46, 0.25), (0.72, 0.60, 0.40), (0.78, 0.72, 0.60), (0.30, 0.18, 0.09))
_SHAPES = {  # of the crown: heights and how wide it is there, of its own height and of the rim's width
    "fedora": (
        (0, 1),
        (0.3, 0.985),
        (0.6, 0.96),
        (0.85, 0.92),
        (0.96, 0.87),
        (1, 0.80),
        (0.99, 0.6),
        (0.98, 0.3),
        (0.98, 0),
    ),
    "round": ((0, 1), (0.3, 1.0), (0.6, 0.96), (0.8, 0.87), (0.92, 0.72), (0.98, 0.5), (1, 0.25), (1, 0)),
    "bucket": ((0, 1.02), (0.4, 0.97), (0.8, 0.90), (0.95, 0.86), (1, 0.80), (1.01, 0.5), (1.01, 0.2), (1.01, 0)),
    "boater": ((0, 1), (0.5, 1.0), (0.92, 0.99), (0.99, 0.97), (1, 0.93), (1, 0.6), (1, 0.3), (1, 0)),
}


def wear_hat(body: Body, rng: np.random.Generator, kind: str | None = None) -> Headwear:
    """A hat; `kind` is fedora, sun, cowboy, bucket or boater."""
    kind = kind or str(rng.choice(["fedora", "sun", "cowboy", "bucket", "boater"], p=(0.3, 0.24, 0.1, 0.28, 0.08)))
    skull = Skull(body)
    height = max(rng.uniform(0.25, 0.42), (skull.ear_top + 0.004) / skull.size)
    shape = fit(skull, height, rng.uniform(-2, 12), slack=0.9, roll=3 * rng.normal(), whole=False)
    scale = skull.size / 0.1
    top = float(shape.at(0.0, math.pi / 2)) + 0.012
    tall = top + scale * {"fedora": 0.025, "cowboy": 0.035, "boater": 0.008}.get(kind, 0.006) * rng.uniform(0.6, 1.5)
    profile = np.asarray(_SHAPES[{"sun": "round", "cowboy": "fedora"}.get(kind, kind)])
    pinch = rng.uniform(0.15, 0.4) if kind in ("fedora", "cowboy") else 0.0
    crown = _crown(shape, profile, tall, pinch)
    width = (
        scale
        * {
            "fedora": rng.uniform(0.045, 0.065),
            "sun": rng.uniform(0.08, 0.13),
            "cowboy": rng.uniform(0.08, 0.095),
            "bucket": rng.uniform(0.045, 0.065),
            "boater": rng.uniform(0.05, 0.06),
        }[kind]
    )
    brim = _brim(shape, profile[0, 1], width, _slope(kind, rng))
    axis = axis_of(body, shape)
    seed = int(rng.integers(1 << 31))
    if kind in ("sun", "boater") or (kind == "fedora" and rng.random() < 0.4):
        shade = np.asarray(_STRAW[rng.integers(len(_STRAW))], np.float32) * rng.uniform(0.85, 1.1)
        looks = straw(shade, axis, 34, 120), straw(shade, axis, 50, 170)
    elif kind == "cowboy" and rng.random() < 0.6:
        looks = (shiny(colour(rng, 0.0), 0.04, 0.5),) * 2
    elif kind == "bucket":
        pattern, _ = any_pattern(rng, 0.6, 0.2, 0.45)
        looks = (cloth(pattern, axis, 0.12, 0.3, seed),) * 2
    else:
        looks = (cloth(plain(colour(rng, 0.1)), axis, 0.03, 0.5, seed),) * 2
    surfaces = [crown.worn(body, looks[0]), brim.worn(body, looks[1])]
    if kind != "bucket":
        band = _band(shape, profile, tall, scale * rng.uniform(0.018, 0.04))
        surfaces.append(band.worn(body, cloth(plain(colour(rng, 0.25)), axis, 0.0, 0.4)))
    return Headwear(surfaces, above(shape, 0.003))


def _rim(shape: Fit) -> np.ndarray:
    """The outline where the hat sits: (COLUMNS, 2), an oval that clears the head."""
    radius = shape.at(AROUND, 0.0) + _GAP
    smooth = (np.roll(radius, 1) + 2 * radius + np.roll(radius, -1)) / 4
    radius = np.maximum(radius, smooth)
    return np.stack([np.sin(AROUND) * radius, -np.cos(AROUND) * radius], 1)


def _crown(shape: Fit, profile: np.ndarray, tall: float, pinch: float, gap: float = _GAP) -> Solid:
    rim = _rim(shape)
    heights, widths = profile.T
    rows = np.empty((len(profile), len(AROUND), 3))
    rows[..., :2] = rim[None] * widths[:, None, None]
    rows[..., 2] = tall * heights[:, None]
    if pinch:  # dents at both sides of the front, and a crease along the top
        fore = np.clip(-rows[..., 1] / np.abs(rim[:, 1]).max() + 0.15, 0, 1)
        high = np.clip(rows[..., 2] / tall - 0.3, 0, 1)
        rows[..., 0] *= 1 - 1.1 * pinch * fore * high
        crease = np.exp(-((rows[..., 0] / 0.022) ** 2)) * np.clip((0.9 - widths) / 0.2, 0, 1)[:, None]
        rows[..., 2] -= 0.018 * crease * (0.4 + pinch)
        rows[..., 2] += 0.012 * np.clip(-rows[..., 1] / 0.1, -1, 1) * high
    points = shape.outside(rows @ shape.axes + shape.origin, gap)
    levels = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile * (tall, 0.09), axis=0), axis=1))])
    return grid(points, closed=True, pole=True, levels=levels / levels[-1])


def _band(shape: Fit, profile: np.ndarray, tall: float, width: float) -> Solid:
    """A ribbon around the crown."""
    rim = _rim(shape)
    out = rim / np.linalg.norm(rim, axis=1, keepdims=True)
    rows = np.empty((3, len(AROUND), 3))
    for row, level in enumerate((0.0, 0.5 * width, width)):
        rows[row, :, :2] = rim * np.interp(level / tall, *profile[:4].T) + 0.0022 * out
        rows[row, :, 2] = level
    return grid(shape.outside(rows @ shape.axes + shape.origin, _GAP + 0.002), closed=True)


def _slope(kind: str, rng: np.random.Generator):
    """How the brim rises, as a function of azimuths and of shares of its width: in shares of its width."""
    phase, wave = rng.uniform(0, 2 * math.pi), rng.uniform(0.0, 0.12)
    if kind == "bucket":
        fall = rng.uniform(0.5, 1.0)
        return lambda a, t: -fall * t - 0.05 * np.sin(5 * a + phase) * t**2
    if kind == "cowboy":
        rise = rng.uniform(0.5, 0.9)
        return lambda a, t: rise * np.abs(np.sin(a)) ** 3 * t**2 - 0.25 * np.cos(a) ** 2 * t
    if kind == "sun":
        fall = rng.uniform(0.0, 0.4)
        return lambda a, t: -fall * t + (wave * np.sin(3 * a + phase) + 0.5 * wave * np.sin(7 * a)) * t**2
    if kind == "boater":
        return lambda a, t: 0 * a * t
    front, back = rng.uniform(-0.3, 0.05), rng.uniform(0.0, 0.4)
    return lambda a, t: (np.where(np.cos(a) > 0, front * np.cos(a), -back * np.cos(a)) + 0.12 * t) * t


def _brim(shape: Fit, widen: float, width: float, slope) -> Solid:
    """Two sheets and the edge between them."""
    rim = _rim(shape) * widen
    out = rim / np.linalg.norm(rim, axis=1, keepdims=True)
    upper = np.array([-0.03, 0.1, 0.3, 0.55, 0.8, 0.96])
    shares = np.concatenate([upper, [1.0], upper[::-1]])
    lift = np.concatenate([np.full(6, 0.0012), [0.0], np.full(6, -0.0012)])
    rows = np.empty((len(shares), len(AROUND), 3))
    rows[..., :2] = rim[None] + (width * shares)[:, None, None] * out[None]
    rows[..., 2] = width * slope(AROUND[None], np.maximum(shares, 0)[:, None]) + lift[:, None]
    return grid(rows @ shape.axes + shape.origin, closed=True)
