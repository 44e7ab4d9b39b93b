"""Textures that fill a background: float32 (H, W, 3) in 0..255, made from a few colours."""

import cv2
import numpy as np

from portrait_matting.synthetic.palette import Colour, darker, lighter, mix


def gradient(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """A straight ramp of two colours with a soft spot of a third."""
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    ramp = np.clip(0.5 + 0.4 * (np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y), 0, 1)[..., None]
    cx, cy, spread = (np.float32(v) for v in (rng.uniform(-0.7, 0.7), rng.uniform(-0.8, 0.3), rng.uniform(0.4, 0.9)))
    spot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / spread**2)[..., None]
    low, high, light = (np.float32(c) for c in (colours[0], colours[1], lighter(colours[0], 0.4)))
    image = low + ramp * (high - low)
    return image + np.float32(0.6) * spot * (light - image)


def clouds(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Smooth noise over several octaves, as on plaster or a painted cloth."""
    field = np.zeros((height, width), np.float32)
    for cells, weight in ((3, 0.5), (7, 0.3), (19, 0.2), (60, 0.12)):
        coarse = rng.random((cells, cells), dtype=np.float32) - 0.5
        field += weight * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    low, high = np.float32(colours[0]), np.float32(colours[1])
    return low + np.clip(0.5 + 1.4 * field, 0, 1)[..., None] * (high - low)


def wood(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Boards, upright or lying, with a grain along them."""
    upright = rng.random() < 0.5
    long, short = (height, width) if upright else (width, height)
    boards, base = int(rng.integers(4, 9)), mix((146, 98, 58), colours[0], 0.35)
    shades = np.float32([mix(base, darker(base, 0.35), rng.random()) for _ in range(boards)])
    grain = cv2.resize(rng.random((120, 5), dtype=np.float32), (long, short))[..., None]
    across = np.linspace(0, boards, short, endpoint=False)
    image = shades[across.astype(int)][:, None] * (0.8 + np.float32(0.35) * grain)
    image[across % 1 < 0.05] *= 0.5
    return np.ascontiguousarray(image.swapaxes(0, 1)) if upright else image


def bricks(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Courses of bricks or tiles in mortar."""
    size, base = max(height, width), mix((158, 84, 64), colours[0], rng.choice([0.1, 0.9]))
    high = size * rng.uniform(0.05, 0.1)
    wide, joint = high * rng.uniform(1.6, 2.6), max(1, round(0.07 * high))
    image = np.empty((height, width, 3), np.uint8)
    image[:] = np.rint(lighter(base, 0.4))
    for row in range(int(height / high) + 1):
        for column in range(-1, int(width / wide) + 1):
            x = (column + 0.5 * (row % 2)) * wide
            corner = round(x + wide) - joint, round((row + 1) * high) - joint
            tone = mix(base, darker(base, 0.4), rng.random())
            cv2.rectangle(image, (round(x), round(row * high)), corner, tone, -1)
    return image.astype(np.float32)


def wallpaper(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Stripes, diamonds, dots or waves that repeat."""
    size = max(height, width)
    x, y = np.arange(width, dtype=np.float32)[None] / size, np.arange(height, dtype=np.float32)[:, None] / size
    turns = np.float32(2 * np.pi * rng.integers(6, 16))
    kind = rng.integers(4)
    if kind == 0:
        wave = np.broadcast_to(np.sin(turns * x), (height, width))
    elif kind == 1:
        wave = np.sin(turns * (x + y)) * np.sin(turns * (x - y))
    elif kind == 2:
        wave = np.cos(turns * x) * np.cos(turns * y) * 1.6 - 0.6
    else:
        wave = np.sin(turns * (y + np.float32(0.02) * np.sin(2 * turns * x)))
    sharp = np.clip(0.5 + 4 * wave, 0, 1)[..., None].astype(np.float32)
    paper, print_ = np.float32(colours[0]), np.float32(mix(colours[0], colours[1], rng.uniform(0.3, 0.9)))
    return paper + sharp * (print_ - paper)
