"""What a camera makes of the light: exposure and white balance that miss a little, noise, sharpening, JPEG.

It works on a finished picture: the alpha is that of the scene and stays exact.
"""

from functools import cache

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.tone import light_of_byte, shown, table

_GRAIN = 512  # pixels a side of the noise that pictures take parts of
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
    strength = np.exp(rng.uniform(np.log(0.002), np.log(0.05))) if rng.random() < 0.85 else 0.0
    variance = strength**2 * (0.35 * linear + 0.6 * strength)
    curve = _contrast(rng)
    return _expose(
        np.ascontiguousarray(image),
        linear,
        np.sqrt(variance).astype(np.float32),
        _noise(rng, *image.shape[:2]),
        _mixing(rng),
        table(),
        curve,
    )


def balance(rng: np.random.Generator) -> np.ndarray:
    """How far a white balance is off, in natural logarithms of the gains: (3,). Mostly little; some warm, some cold."""
    off = 0.05 if rng.random() < 0.8 else 0.16
    warm, green = rng.normal(0, off), rng.normal(0, 0.3 * off)
    return np.array([warm, green, -warm])


def _contrast(rng: np.random.Generator) -> np.ndarray:
    """A curve over what is shown, steeper or flatter in the middle, of lifted or crushed shadows: float32 (257,)."""
    x = np.linspace(0, 1, 257)
    bent = x + rng.normal(0.03, 0.06) * np.sin(2 * np.pi * (x - 0.5))
    black, white = rng.normal(0, 0.015), 1 + rng.normal(0, 0.01)
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
    noise = np.random.default_rng(20260101).normal(size=(_GRAIN, _GRAIN, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (3, 3), 0.6)
    return soft / soft.std()


def _noise(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Noise of deviation 1: float32 (H, W, 3), a part of the grain that begins anywhere, turned or not."""
    grain = _grain()
    rows = (np.arange(height) + rng.integers(_GRAIN)) % _GRAIN
    columns = (np.arange(width) + rng.integers(_GRAIN)) % _GRAIN
    part = grain[rows][:, columns]
    return part[..., rng.permutation(3)] * np.float32(rng.choice([-1, 1]))


@njit(cache=True)
def _expose(image, linear, deviation, noise, mixing, steps, curve):
    found = np.empty_like(image)
    light = np.empty(3, np.float32)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            for c in range(3):
                value = image[y, x, c]
                light[c] = linear[value, c] + deviation[value, c] * noise[y, x, c]
            for c in range(3):
                mixed = mixing[c, 0] * light[0] + mixing[c, 1] * light[1] + mixing[c, 2] * light[2]
                at = shown(mixed, steps) * np.float32(256)
                low = min(int(at), 255)
                final = curve[low] + (at - np.float32(low)) * (curve[low + 1] - curve[low])
                found[y, x, c] = np.uint8(final * np.float32(255) + np.float32(0.5))
    return found


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
