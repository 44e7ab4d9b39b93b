"""What is fine and full of contrast behind hair: leaves, grass, twigs before the sky, gravel, foam.

Each is drawn a few times a process, in greys, far larger than a frame; a picture takes another part of one, at another
size, mirrored and in other colours, which costs a hundredth of drawing it.
"""

from functools import lru_cache

import cv2
import numpy as np

from portrait_matting.synthetic.palette import Colour, any_colour, darker, lighter, mix

_SIDE = 640  # pixels of a tile
_TILES = 3  # of each kind
_PARTS = (0.3, 0.9)  # of a tile's side, the longer one of a frame
FIELDS = ("leaves", "grass", "twigs", "gravel", "foam")


def leaves(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """A hedge or a tree's crown close behind, light on some leaves and dark between them."""
    green = mix((70, 120, 50), any_colour(rng), rng.uniform(0, 0.35))
    bright = (236, 240, 232) if rng.random() < 0.3 else lighter(green, rng.uniform(0.1, 0.6))
    return _coloured(rng, "leaves", (darker(green, rng.uniform(0.6, 0.95)), green, bright), height, width)


def grass(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Blades of grass, straw or needles."""
    blade = mix((104, 128, 60), colours[0], rng.uniform(0, 0.6))
    tones = darker(blade, rng.uniform(0.5, 0.9)), blade, lighter(blade, rng.uniform(0.2, 0.6))
    return _coloured(rng, "grass", tones, height, width)


def twigs(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Branches, wires or a net before a sky or a bright wall."""
    sky = mix((214, 228, 242), colours[1], rng.uniform(0, 0.4))
    wood = mix((52, 44, 38), colours[0], rng.uniform(0, 0.4))
    return _coloured(rng, "twigs", (wood, mix(wood, sky, 0.5), sky), height, width)


def gravel(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Stones, a rough plaster or a carpet."""
    contrast = rng.uniform(0.2, 0.8)
    tones = darker(colours[0], contrast), colours[0], lighter(colours[0], contrast)
    return _coloured(rng, "gravel", tones, height, width)


def foam(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Foam on the sea, snow on rocks, light that falls through leaves: patches of white on something dark."""
    water = mix((50, 90, 110), colours[0], rng.uniform(0, 0.8))
    return _coloured(rng, "foam", (darker(water, 0.3), water, (244, 246, 246)), height, width)


def field(rng: np.random.Generator, kind: str, height: int, width: int) -> np.ndarray:
    """A part of a tile of one of FIELDS, greys from dark to light: uint8 (height, width)."""
    tile = _tile(kind, int(rng.integers(_TILES)))
    scale = rng.uniform(*_PARTS) * _SIDE / max(height, width)
    size = [max(2, round(scale * side)) for side in (height, width)]
    top, left = (int(rng.integers(_SIDE - side + 1)) for side in size)
    part = tile[top : top + size[0], left : left + size[1]]
    part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA if scale > 1.5 else cv2.INTER_LINEAR)
    return cv2.flip(part, 1) if rng.random() < 0.5 else part


def _coloured(rng: np.random.Generator, kind: str, tones: tuple[Colour, ...], height: int, width: int) -> np.ndarray:
    dark, middle, bright = (np.float32(tone) for tone in tones)
    t = np.linspace(0, 2, 256, dtype=np.float32)[:, None]
    table = np.where(t < 1, dark + t * (middle - dark), middle + (t - 1) * (bright - middle))
    return cv2.applyColorMap(field(rng, kind, height, width), np.rint(table).astype(np.uint8)[:, None])


@lru_cache(maxsize=_TILES * len(FIELDS))
def _tile(kind: str, number: int) -> np.ndarray:
    rng = np.random.default_rng((FIELDS.index(kind), number))
    tile = np.full((_SIDE, _SIDE), 20, np.uint8)
    if kind == "leaves":
        for depth in range(2600):  # the later, the nearer and the lighter
            x, y = (int(value) for value in rng.uniform(-20, _SIDE + 20, 2) * 16)
            long, turn, level = rng.uniform(6, 22), rng.uniform(0, 180), rng.normal(50 + depth / 26, 32)
            axes = int(16 * long), int(16 * long * rng.uniform(0.3, 0.6))
            grey = float(np.clip(level, 0, 255))
            cv2.ellipse(tile, (x, y), axes, turn, 0, 360, grey, -1, cv2.LINE_AA, 4)
            tip = int(x + 16 * long * np.cos(np.radians(turn))), int(y + 16 * long * np.sin(np.radians(turn)))
            cv2.line(tile, (x, y), tip, min(255, 1.25 * grey), 1, cv2.LINE_AA, 4)
    elif kind == "grass":
        lean = rng.uniform(-0.5, 0.5)
        for depth in range(3600):
            x, y = rng.uniform(-20, _SIDE + 60, 2)
            long, angle = rng.uniform(20, 80), rng.normal(lean, 0.35)
            top = x + long * np.sin(angle), y - long * np.cos(angle)
            ends = np.rint(16 * np.array([(x, y), top])).astype(int).tolist()
            grey = float(np.clip(rng.normal(50 + depth / 36, 40), 0, 255))
            cv2.line(tile, ends[0], ends[1], grey, int(rng.integers(1, 3)), cv2.LINE_AA, 4)
    elif kind == "twigs":
        tile[...] = 240
        for _ in range(26):
            _branch(tile, rng, rng.uniform(0, _SIDE, 2), rng.uniform(0, 2 * np.pi), rng.uniform(90, 260), 7.0)
    else:
        noise = np.zeros((_SIDE, _SIDE), np.float32)
        octaves = (
            ((20, 0.4), (60, 0.6), (160, 1.0), (320, 0.8)) if kind == "gravel" else ((8, 1.0), (30, 0.7), (90, 0.5))
        )
        for cells, weight in octaves:
            coarse = rng.normal(size=(cells, cells)).astype(np.float32)
            noise += weight * cv2.resize(coarse, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
        noise /= noise.std()
        level = 128 + 60 * noise if kind == "gravel" else 60 + 30 * noise + 150 / (1 + np.exp(-9 * (noise - 0.7)))
        tile = np.clip(level, 0, 255).astype(np.uint8)
    return tile


def _branch(tile: np.ndarray, rng: np.random.Generator, root: np.ndarray, angle: float, length: float, width: float):
    """A branch and what grows out of it, thinner and shorter."""
    steps = np.cumsum(np.r_[angle, rng.normal(0, 0.18, 6)])
    points = root + np.cumsum(length / 7 * np.stack([np.cos(steps), np.sin(steps)], 1), axis=0)
    line = np.rint(16 * np.concatenate([root[None], points])).astype(np.int32)
    grey = float(rng.uniform(0, 90))
    cv2.polylines(tile, [line], False, grey, max(1, round(width)), cv2.LINE_AA, 4)
    if width > 1:
        for at in rng.integers(1, 7, 5):
            _branch(
                tile,
                rng,
                points[at],
                steps[at] + rng.choice((-1, 1)) * rng.uniform(0.4, 1.0),
                0.6 * length,
                0.5 * width,
            )
