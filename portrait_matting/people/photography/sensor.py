"""What a camera makes of the light: exposure and white balance that miss a little, noise, sharpening, JPEG.

It works on a finished picture: the alpha is that of the scene and stays exact.
"""

from functools import cache

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.photography.tone import apply, light_of_byte, table

_GRAIN = 512  # pixels a side of the noise that pictures take parts of
_GRAIN_STEPS = 32  # of a byte in its standard deviation
_WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of linear RGB in luminance (Rec. 709)


def develop(image: np.ndarray, rng: np.random.Generator, pieces: frozenset[str]) -> np.ndarray:
    """A picture as a telephone or camera writes it: uint8 RGB (H, W, 3).

    Args:
        image: uint8 RGB (H, W, 3).
        rng: of the camera.
        pieces: without "sensor" the picture stays as it is.
    """
    if "sensor" not in pieces:
        return image
    image = rescaled(image, rng)
    image = exposed(image, rng)
    image = sharpened(image, rng)
    return compressed(image, rng)


def rescaled(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Three in ten: made smaller and then larger again, as pictures are on their way."""
    if rng.random() > 0.3:
        return image
    height, width = image.shape[:2]
    factor = rng.uniform(1.15, 1.9)
    small = (max(1, round(width / factor)), max(1, round(height / factor)))
    found = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    methods = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
    return cv2.resize(found, (width, height), interpolation=methods[rng.integers(3)])


def exposed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, white balance, noise, contrast and saturation, in one pass over the picture.

    The noise has the variance of counted light and of the amplifier behind it; in linear light, so that it shows in
    the shadows. It is a little coarser than pixels, as it is after demosaicing.
    """
    gains = np.exp(rng.normal(0, 0.12) + balance(rng))
    linear = light_of_byte()[:, None] * gains.astype(np.float32)
    strength = np.exp(rng.uniform(np.log(0.002), np.log(0.032))) if rng.random() < 0.85 else 0.0
    deviation = strength * np.sqrt(0.35 * linear + 0.45 * strength) / _GRAIN_STEPS
    light = np.empty(image.shape, np.float32)
    start, turn = rng.integers(_GRAIN, size=2), rng.choice([-1, 1], size=2)
    mixing = _mixing(rng)
    _noisy(np.ascontiguousarray(image), linear, deviation.astype(np.float32), _grain(), start, turn, mixing, light)
    whole = np.interp(table(), np.linspace(0, 1, 257), 255 * _contrast(rng)).astype(np.float32)
    shown = np.empty(image.shape, np.float32)
    apply(light.reshape(-1), whole, shown.reshape(-1))
    return cv2.convertScaleAbs(shown)  # rounds


def balance(rng: np.random.Generator) -> np.ndarray:
    """How far a white balance is off, in natural logarithms of the gains: (3,). Mostly little; some warm, some cold."""
    off = 0.05 if rng.random() < 0.8 else 0.16
    warm, green = rng.normal(0, off), rng.normal(0, 0.3 * off)
    return np.array([warm, green, -warm])


def _contrast(rng: np.random.Generator) -> np.ndarray:
    """A curve over what is shown, steeper or flatter in the middle, of lifted or crushed shadows: float32 (257,)."""
    x = np.linspace(0, 1, 257)
    bent = x + np.clip(rng.normal(0.05, 0.045), -0.07, 0.13) * np.sin(2 * np.pi * (x - 0.5))
    black, white = rng.normal(0, 0.015), 1 + rng.normal(0.02, 0.02)
    if rng.random() < 0.06:  # a filter of faded prints
        black = rng.uniform(0.03, 0.12)
    return np.clip(black + (white - black) * bent, 0, 1).astype(np.float32)


def _mixing(rng: np.random.Generator) -> np.ndarray:
    """More or less saturation as a matrix over linear RGB; three in a hundred are black and white."""
    amount = rng.normal(1.06, 0.14) if rng.random() > 0.03 else 0.0
    amount = max(amount, 0.0)
    return (amount * np.eye(3) + (1 - amount) * _WEIGHTS).astype(np.float32)


@cache
def _grain() -> np.ndarray:
    """Noise of deviation _GRAIN_STEPS, mostly of brightness: cameras keep it from being coloured."""
    rng = np.random.default_rng(20260101)
    grey, coloured = rng.normal(size=(_GRAIN, _GRAIN, 1)), rng.normal(size=(_GRAIN, _GRAIN, 3))
    soft = cv2.GaussianBlur((0.8 * grey + 0.6 * coloured).astype(np.float32), (3, 3), 0.6)
    return np.clip(np.rint(_GRAIN_STEPS * soft / soft.std()), -127, 127).astype(np.int8)


@njit(cache=True, error_model="numpy")
def _noisy(image, linear, deviation, grain, start, turn, mixing, found):
    """Linear light of a picture with noise, its colours mixed; the grain begins anywhere and is turned or not."""
    size = len(grain)
    for y in range(image.shape[0]):
        row = grain[(start[0] + turn[0] * y) % size]
        for x in range(image.shape[1]):
            noise, value = row[(start[1] + turn[1] * x) % size], image[y, x]
            red = linear[value[0], 0] + deviation[value[0], 0] * noise[0]
            green = linear[value[1], 1] + deviation[value[1], 1] * noise[1]
            blue = linear[value[2], 2] + deviation[value[2], 2] * noise[2]
            for c in range(3):
                found[y, x, c] = mixing[c, 0] * red + mixing[c, 1] * green + mixing[c, 2] * blue


def sharpened(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Six in ten: with a halo along edges (unsharp masking), or softened by a camera's removal of noise."""
    kind = rng.random()
    if kind < 0.6:
        soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.6))
        amount = rng.uniform(0.15, 0.9)
        return cv2.addWeighted(image, 1 + amount, soft, -amount, 0)
    if kind < 0.75:
        return cv2.GaussianBlur(image, (3, 3), rng.uniform(0.35, 0.75))
    return image


def compressed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Nine in ten: written as a JPEG of quality 50 to 97 and read again, some of them twice."""
    for share in (0.9, 0.15):
        if rng.random() > share:
            break
        quality = int(rng.integers(50, 98))
        encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = np.ascontiguousarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR)[..., ::-1])
    return image
