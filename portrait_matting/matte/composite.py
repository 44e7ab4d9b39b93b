"""Putting a person before another background: I = alpha F + (1 - alpha) B (Porter and Duff, SIGGRAPH 1984, `over`).

Photos may have a hundred megapixels, so nothing but the result is made at their size: the rest goes by strips of rows.
"""

import cv2
import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.matte.soft_boxes import soft_boxes

Colour = tuple[int, int, int]

_ROWS = 256  # of a strip
_SIGMA = 6  # pixels: a blurred picture is computed so small that its blur is no wider
_POWER = 4  # of the weight 1 - alpha in a blur: a pixel that holds both has little to say about the background
_LEAST, _MOST = 0.005, 0.5  # of a blur's strength: beyond, the blur is not seen, or nothing but its colour is


def over(foreground: np.ndarray, alpha: np.ndarray, background: Colour | np.ndarray) -> np.ndarray:
    """Puts a person before a colour or a picture.

    Args:
        foreground: the person's colours, uint8 RGB (H, W, 3), not multiplied by alpha.
        alpha: float32 (H, W) in [0, 1].
        background: RGB, 0-255, or a picture, uint8 RGB (h, w, 3): it is scaled to cover the photo and cropped to its
            middle.

    Returns:
        uint8 RGB (H, W, 3).

    Raises:
        InputError: the background is neither.
    """
    composite = _background(background, *alpha.shape)
    for top in range(0, len(alpha), _ROWS):
        rows = slice(top, top + _ROWS)
        opaque = (alpha[rows] >= 1).view(np.uint8)
        composite[rows] = cv2.copyTo(foreground[rows], opaque, composite[rows])
    for box in soft_boxes(alpha, hard=0):
        weight = cv2.merge([alpha[box]] * 3)
        mixed = foreground[box] * weight
        mixed += composite[box] * np.subtract(1, weight, out=weight)
        composite[box] = np.rint(mixed, out=mixed)
    return composite


def over_colour(image: np.ndarray, alpha: np.ndarray, colour: Colour) -> np.ndarray:
    """`over` without an estimated foreground: the photo stands in, so a soft edge keeps a rim of its background.

    Args:
        image: uint8 RGB (H, W, 3).
        alpha: float32 (H, W) in [0, 1].
        colour: RGB, 0-255.

    Returns:
        uint8 RGB (H, W, 3).
    """
    return over(image, alpha, colour)


def to_rgba(foreground: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The cut-out as PNG and WebP store it: colours not multiplied by alpha.

    Where alpha rounds to 0 the colour is 0: the file is smaller, and the old background is not in it.

    Args:
        foreground: uint8 RGB (H, W, 3).
        alpha: float32 (H, W) in [0, 1].

    Returns:
        uint8 (H, W, 4).
    """
    rgba = np.empty((*alpha.shape, 4), np.uint8)
    for top in range(0, len(alpha), _ROWS):
        rows = slice(top, top + _ROWS)
        share = cv2.convertScaleAbs(alpha[rows], alpha=255)
        seen = cv2.bitwise_and(foreground[rows], foreground[rows], mask=share)
        cv2.mixChannels([seen, share], [rgba[rows]], [0, 0, 1, 1, 2, 2, 3, 3])
    return rgba


def blurred(photo: np.ndarray, alpha: np.ndarray, strength: float = 0.025) -> np.ndarray:
    """The photo's own background out of focus, into which the person does not bleed: a mean weighted by 1 - alpha.

    Put the person before it, and the photo looks as if taken with a wide aperture.

    Args:
        photo: uint8 RGB (H, W, 3).
        alpha: float32 (H, W) in [0, 1].
        strength: sigma of the Gaussian as a share of the photo's shorter side, 0.005 to 0.5.

    Returns:
        uint8 RGB (H, W, 3).

    Raises:
        InputError: the strength is out of its range.
    """
    if not _LEAST <= strength <= _MOST:
        raise InputError(f"blur strength {strength} is out of range: choose {_LEAST} to {_MOST} of the shorter side")
    height, width = alpha.shape
    sigma = strength * min(height, width)
    scale = min(1, _SIGMA / sigma)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small, share = (cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (photo, alpha))
    weight = cv2.merge([cv2.pow(1 - share, _POWER)] * 3)
    colours = small * weight
    # Deep inside the person no weight comes near. It is not seen there, but a matte may have holes: their mean colour.
    least = np.float32(1e-6)
    mean = (colours.mean((0, 1)) + least * small.mean((0, 1))) / (weight.mean((0, 1)) + least)
    colours = cv2.GaussianBlur(colours, (0, 0), sigma * scale) + least * mean.astype(np.float32)
    colours /= cv2.GaussianBlur(weight, (0, 0), sigma * scale) + least
    return cv2.resize(np.rint(colours.clip(0, 255)).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)


def _background(background: Colour | np.ndarray, height: int, width: int) -> np.ndarray:
    """A new picture, uint8 RGB (height, width, 3)."""
    if isinstance(background, np.ndarray) and background.shape != (3,):
        if background.dtype != np.uint8 or background.ndim != 3 or background.shape[2] != 3 or not background.size:
            raise InputError(f"a background is uint8 RGB (h, w, 3), not {background.dtype} {background.shape}")
        return _cover(background, height, width)
    colour = np.asarray(background)
    if colour.shape != (3,) or colour.dtype.kind not in "iu" or colour.min() < 0 or colour.max() > 255:
        raise InputError(f"background {background!r} is no colour: give three whole numbers, 0 to 255, or a picture")
    row = np.full((width, 3), colour, np.uint8)
    return np.repeat(row[None], height, axis=0)  # three times as fast as pixel by pixel


def _cover(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """The middle of a picture, in the shape of height x width, at that size."""
    # Cropped first: scaled first, a square behind a strip of 1 x 20,000 pixels would have 400 million.
    has = picture.shape[:2]
    scale = max(height / has[0], width / has[1])
    keeps = [min(most, max(1, round(side / scale))) for side, most in zip((height, width), has, strict=True)]
    top, left = ((most - side) // 2 for most, side in zip(has, keeps, strict=True))
    middle = picture[top : top + keeps[0], left : left + keeps[1]]
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(middle, (width, height), dst=np.empty((height, width, 3), np.uint8), interpolation=how)
