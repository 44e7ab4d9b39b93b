"""Thickets: leaves, flowers, gravel, a crowd of small things, one before the other.

Pictures of discs and leaves of all sizes that hide one another have the statistics of photographs (dead leaves; Lee,
Mumford and Huang, "Occlusion models for natural images", IJCV 2001), and networks learn from them nearly as from
photographs (Baradad et al., "Learning to see by looking at noise", NeurIPS 2021). The shapes are drawn once a process;
a portrait takes a part of them in colours of its own.
"""

from functools import cache

import cv2
import numpy as np

from portrait_matting.people.photography.tone import light_of_byte, to_display

_SIZE = 1024  # pixels a side of the drawn shapes
_KINDS = ("leaves", "pebbles", "blades", "things")
_SHAPES = 5200  # of each drawing


@cache
def _drawn(kind: str) -> np.ndarray:
    """Shapes one before the other, each of a value of its own and a little darker to one side: uint8 (N, N)."""
    rng = np.random.default_rng([20260102, _KINDS.index(kind)])
    found = np.full((_SIZE, _SIZE), 40, np.uint8)
    smallest, widest = {"leaves": (5, 36), "pebbles": (3, 26), "blades": (3, 19), "things": (5, 96)}[kind]
    # sizes by the law of natural pictures, as many as 1 / size^2, the large ones first
    share = np.sort(rng.random(_SHAPES))
    sizes = 1 / (1 / widest + share * (1 / smallest - 1 / widest))
    slim = {"leaves": (0.3, 0.6), "pebbles": (0.6, 1.0), "blades": (0.06, 0.2), "things": (0.3, 1.0)}[kind]
    lean = {"leaves": 180, "pebbles": 180, "blades": 25, "things": 20}[kind]
    order = np.argsort(-sizes + rng.normal(0, 0.6 * sizes))  # mostly: some small ones are behind
    for size in sizes[order]:
        x, y = rng.uniform(0, _SIZE, 2)
        angle = 90 + rng.uniform(-lean, lean)
        length = size * (3 if kind == "blades" else 1)
        value, half = int(rng.integers(256)), float(rng.uniform(*slim))
        if kind == "things" and rng.random() < 0.6:
            box = cv2.boxPoints(((x, y), (2 * length, 2 * half * length), angle))
            cv2.fillConvexPoly(found, np.round(16 * box).astype(np.int32), value, cv2.LINE_8, 4)
            continue
        middle, axes = (round(16 * x), round(16 * y)), (round(16 * length), round(16 * half * length))
        cv2.ellipse(found, middle, axes, angle, 0, 360, value, -1, cv2.LINE_8, 4)
        if size > 8:  # the side that is turned away
            cv2.ellipse(found, middle, axes, angle, 0, 180, max(value - 24, 0), -1, cv2.LINE_8, 4)
    return found


def _part(
    rng: np.random.Generator, kind: str, colours: np.ndarray, height: int, width: int, fineness: float
) -> np.ndarray:
    """A part of a drawing in the colours (256, C) of its values, mirrored or not: float32 (H, W, C), (H, W) for C = 1.

    `fineness` 1 has the drawing's own pixels in a picture of 640; 2 has shapes of half the size.
    """
    part = _cropped(rng, kind, height, width, fineness)
    part = cv2.LUT(cv2.merge([part] * colours.shape[1]), colours[None])
    return _fitted(part, height, width)


def _cropped(rng: np.random.Generator, kind: str, height: int, width: int, fineness: float) -> np.ndarray:
    """The values of a part of a drawing, in its own pixels."""
    size = min(_SIZE, round(fineness * 640))
    tall, wide = (max(8, round(size * side / max(height, width))) for side in (height, width))
    top, left = rng.integers(_SIZE - tall + 1), rng.integers(_SIZE - wide + 1)
    part = _drawn(kind)[top : top + tall, left : left + wide]
    return part[:, ::-1] if rng.random() < 0.5 else part


def _fitted(part: np.ndarray, height: int, width: int) -> np.ndarray:
    method = cv2.INTER_AREA if part.shape[0] > height else cv2.INTER_LINEAR
    return cv2.resize(part, (width, height), interpolation=method)


def draw_thicket(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Leaves, pebbles, grass or things, often with sky above: linear RGB, float32 (H, W, 3)."""
    kind = str(rng.choice(_KINDS, p=(0.5, 0.17, 0.21, 0.12)))
    found = _part(rng, kind, _palette(rng, kind), height, width, rng.uniform(0.45, 1.2))
    found *= _blotches(rng, height, width, rng.uniform(0.2, 0.8))[..., None]
    if kind != "things" and rng.random() < 0.5:
        return _before_sky(rng, found)
    return found


def overgrown(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture with leaves, grass or stones before its lower part, about as bright as it is: uint8 RGB (H, W, 3)."""
    height, width = picture.shape[:2]
    kind = str(rng.choice(_KINDS[:3], p=(0.6, 0.12, 0.28)))
    palette = _palette(rng, kind)
    there = cv2.resize(picture[height // 3 :], (8, 8), interpolation=cv2.INTER_AREA)
    there = light_of_byte()[there].mean((0, 1))
    palette *= (there + there.mean()) / (2 * palette.mean())
    colours = np.rint(255 * to_display(palette.astype(np.float32))).astype(np.uint8)
    # values are scaled, not their colours: those of neighbours are alike
    part = _fitted(_cropped(rng, kind, height, width, rng.uniform(0.9, 1.6)), height, width)
    found = cv2.LUT(cv2.merge([part] * 3), colours[None])
    shade = _blotches(rng, height, width, rng.uniform(0.1, 0.3))  # half: of what is shown, not of light
    found = cv2.multiply(found, cv2.merge([shade] * 3), dtype=cv2.CV_8U)
    covered = _below_a_line(rng, height, width, 0.7)
    return cv2.blendLinear(found, picture, covered, 1 - covered)


def textured(light: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A place with more that is small in it, as surfaces have it near by: linear RGB, float32 (H, W, 3)."""
    height, width = light.shape[:2]
    kind = _KINDS[rng.integers(len(_KINDS))]
    shapes = _part(
        rng, kind, np.linspace(-0.5, 0.5, 256, dtype=np.float32)[:, None], height, width, rng.uniform(0.7, 1.6)
    )
    strength = np.float32(rng.uniform(0.1, 0.7)) * np.clip(_blotches(rng, height, width, 1.0) - 0.4, 0, 1)
    return light * cv2.exp(strength * shapes)[..., None]


def _palette(rng: np.random.Generator, kind: str) -> np.ndarray:
    """The colours of the 256 values: float32 (256, 3), linear RGB; neighbours are alike, with a few of their own."""
    if kind in ("leaves", "blades") and rng.random() < 0.75:
        dark = np.array([0.02, 0.045, 0.012]) * rng.lognormal(0, 0.4, 3)
        fair = np.array([0.22, 0.34, 0.08]) * rng.lognormal(0, 0.3, 3)
        if rng.random() < 0.2:  # autumn, dry grass
            dark, fair = np.array([0.06, 0.03, 0.012]), np.array([0.5, 0.28, 0.09]) * rng.lognormal(0, 0.3, 3)
    elif kind == "things":
        colours = np.exp(rng.uniform(np.log(0.01), np.log(0.8), (24, 1))) * rng.lognormal(0, 0.4, (24, 3))
        return np.clip(colours[np.arange(256) * 24 // 256], 0, 1).astype(np.float32)
    else:
        grey = np.exp(rng.uniform(np.log(0.02), np.log(0.2)))
        dark, fair = grey * rng.lognormal(0, 0.15, 3), min(5 * grey, 0.8) * rng.lognormal(0, 0.2, 3)
    share = (np.arange(256) / 255)[:, None] ** rng.uniform(0.8, 2)
    found = dark * (fair / dark) ** share
    if rng.random() < 0.4:  # flowers, litter, lights
        first, count = int(rng.integers(200, 240)), int(rng.integers(6, 30))
        found[first : first + count] = rng.uniform(0.05, 0.9, 3)
    if rng.random() < 0.3:
        found[int(rng.integers(244, 253)) :] = rng.uniform(1, 4)  # gaps where the sky comes through
    return found.astype(np.float32)


def _blotches(rng: np.random.Generator, height: int, width: int, amount: float) -> np.ndarray:
    """Sun and shade, smooth: float32 (H, W), around 1."""
    small = rng.normal(0, 1, (4, 4)) + cv2.resize(rng.normal(0, 1, (9, 9)), (4, 4))
    large = cv2.resize(small.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.exp(np.float32(0.7 * amount) * large)


def _before_sky(rng: np.random.Generator, thicket: np.ndarray) -> np.ndarray:
    height, width = thicket.shape[:2]
    covered = _below_a_line(rng, height, width, 0.5)[..., None]
    zenith, horizon = rng.uniform((0.15, 0.3, 0.6), (0.5, 0.6, 1.0)), rng.uniform(0.6, 2.0) * np.array([0.95, 1, 1.05])
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sky = (zenith + (horizon - zenith) * np.sqrt(down)).astype(np.float32)
    return covered * thicket + (1 - covered) * sky


def _below_a_line(rng: np.random.Generator, height: int, width: int, lowest: float) -> np.ndarray:
    """1 below an uneven line of leaves from side to side, `lowest` of the height down at most: float32 (H, W)."""
    line = rng.uniform(0.1, lowest) + np.cumsum(rng.normal(0, 0.04, 12))
    line = cv2.resize(line.astype(np.float32)[None], (width, 1), interpolation=cv2.INTER_CUBIC)[0] * height
    edge = _part(rng, "leaves", np.linspace(-0.06, 0.06, 256, dtype=np.float32)[:, None], height, width, 0.8) * height
    above = np.arange(height, dtype=np.float32)[:, None] - line + edge
    return np.clip(above + np.float32(0.5), 0, 1)
