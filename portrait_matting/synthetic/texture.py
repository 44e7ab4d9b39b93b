"""Textures that fill a background: uint8 RGB (H, W, 3), made from a few colours.

Most are one channel that leads from one colour to another: a table turns its values into colours.
"""

import cv2
import numpy as np

from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.palette import Colour, darker, lighter, mix

_SOFT = 4  # times smaller: what changes slowly is painted


def gradient(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """A straight ramp of two colours with a soft spot of a third."""
    angle = rng.uniform(0, 2 * np.pi)
    size = max(2, width // _SOFT), max(2, height // _SOFT)
    x, y = (np.linspace(-1, 1, side, dtype=np.float32) for side in size)
    y = y[:, None]
    ramp = np.clip(0.5 + 0.4 * (np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y), 0, 1)[..., None]
    cx, cy, spread = (np.float32(v) for v in (rng.uniform(-0.7, 0.7), rng.uniform(-0.8, 0.3), rng.uniform(0.4, 0.9)))
    spot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / spread**2)[..., None]
    low, high, light = (np.float32(c) for c in (colours[0], colours[1], lighter(colours[0], 0.4)))
    image = low + ramp * (high - low)
    return cv2.resize(cv2.convertScaleAbs(image + np.float32(0.6) * spot * (light - image)), (width, height))


def clouds(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Smooth noise over several octaves, as on plaster or a painted cloth."""
    size = max(1, width // 2), max(1, height // 2)
    field = np.full(size[::-1], 0.5, np.float32)
    for cells, weight in ((3, 0.5), (7, 0.3), (19, 0.2), (60, 0.12)):
        coarse = rng.random((cells, cells), dtype=np.float32) - 0.5
        coarse *= 1.4 * weight
        field += cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return cv2.resize(between(_in_8_bits(field), colours[0], colours[1]), (width, height))


def wood(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Boards, upright or lying, with a grain along them."""
    upright = rng.random() < 0.5
    long, short = (height, width) if upright else (width, height)
    boards, base = int(rng.integers(4, 9)), mix((146, 98, 58), colours[0], 0.35)
    shades = np.float32([mix(base, darker(base, 0.35), rng.random()) for _ in range(boards)])
    grain = cv2.resize(_in_8_bits(0.8 + 0.35 * rng.random((5, 120), dtype=np.float32), 200), (short, long))
    across = np.linspace(0, boards, short, endpoint=False)
    row = shades[across.astype(int)]
    row[across % 1 < 0.05] *= 0.5
    image = cv2.multiply(
        np.broadcast_to(cv2.convertScaleAbs(row), (long, short, 3)), cv2.merge([grain] * 3), scale=1 / 200
    )
    return image if upright else cv2.transpose(image)


def bricks(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Courses of bricks or tiles in mortar."""
    size, base = max(height, width), mix((158, 84, 64), colours[0], pick(rng, [0.1, 0.9]))
    high = size * rng.uniform(0.05, 0.1)
    wide, joint = high * rng.uniform(1.6, 2.6), max(1, round(0.07 * high))
    image = np.empty((height, width, 3), np.uint8)
    image[:] = np.rint(lighter(base, 0.4))
    tones = [mix(base, darker(base, 0.4), share) for share in np.linspace(0, 1, 16)]
    rows, columns = int(height / high) + 1, int(width / wide) + 2
    chosen = rng.integers(0, len(tones), (rows, columns)).tolist()
    for row in range(rows):
        top, bottom = round(row * high), round((row + 1) * high) - joint
        for column in range(columns):
            x = (column - 1 + 0.5 * (row % 2)) * wide
            cv2.rectangle(image, (round(x), top), (round(x + wide) - joint, bottom), tones[chosen[row][column]], -1)
    return image


def wallpaper(rng: np.random.Generator, colours: list[Colour], height: int, width: int) -> np.ndarray:
    """Stripes, diamonds, dots or waves that repeat."""
    size = max(height, width)
    x, y = np.arange(width, dtype=np.float32)[None] / size, np.arange(height, dtype=np.float32)[:, None] / size
    turns = np.float32(2 * np.pi * rng.integers(6, 16))
    kind = rng.integers(4)
    if kind == 0:
        wave = np.broadcast_to(np.sin(turns * x), (height, width))
    elif kind == 1:
        wave = 0.5 * (np.cos(2 * turns * y) - np.cos(2 * turns * x))  # sin(x + y) sin(x - y)
    elif kind == 2:
        wave = np.cos(turns * x) * (1.6 * np.cos(turns * y)) - np.float32(0.6)
    else:
        shift = turns * np.float32(0.02) * np.sin(2 * turns * x)  # sin(y + shift), by its sum
        wave = np.sin(turns * y) * np.cos(shift) + np.cos(turns * y) * np.sin(shift)
    printed = mix(colours[0], colours[1], rng.uniform(0.3, 0.9))
    return between(_in_8_bits(4 * wave + 0.5), colours[0], printed)


def between(shares: np.ndarray, low: Colour, high: Colour) -> np.ndarray:
    """Colours that lie `shares`, uint8 (H, W), of 255 of the way from `low` to `high`: uint8 RGB (H, W, 3)."""
    planes = [cv2.convertScaleAbs(shares, alpha=(b - a) / 255, beta=a) for a, b in zip(low, high, strict=True)]
    return cv2.merge(planes)


def _in_8_bits(field: np.ndarray, one: int = 255) -> np.ndarray:
    return cv2.convertScaleAbs(cv2.max(field, 0), alpha=one)
