"""The pictures of a report: a portrait, its truth, and each matte with its errors, small enough to lie in the page."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np

from portrait_matting.images.network_input import resize

# The ends of ColorBrewer's RdBu (Brewer, colorbrewer2.org), which colour-blind readers tell apart.
TOO_MUCH = (202, 0, 32)
TOO_LITTLE = (5, 113, 176)
_OUTSIDE, _INSIDE = 244.0, 204.0  # greys of no error: the subject stays visible under its errors
_WIDEST = 4 / 3  # of the height: a panorama would push its neighbours off the page


def error_map(matte: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colours what a matte has too much of red and what it lacks blue, over a grey ghost of the truth.

    Full colour is an error of 1. The colour grows with the square root of the error, since linearly an error of 0.1
    could hardly be seen.

    Args:
        matte, alpha: float32 (H, W) in [0, 1].

    Returns:
        uint8 RGB (H, W, 3).
    """
    error = matte - alpha
    strength = np.sqrt(np.abs(error))[..., None]
    ghost = (_OUTSIDE + (_INSIDE - _OUTSIDE) * alpha)[..., None]
    colour = np.where(error[..., None] > 0, np.float32(TOO_MUCH), np.float32(TOO_LITTLE))
    return np.clip(np.rint(ghost + (colour - ghost) * strength), 0, 255).astype(np.uint8)


def legend(height: int = 16, width: int = 240) -> np.ndarray:
    """The colours of `error_map` from an error of -1, left, to 1, right: uint8 RGB (height, width, 3)."""
    error = np.broadcast_to(np.linspace(-1, 1, width, dtype=np.float32), (height, width))
    return error_map(np.maximum(error, 0), np.maximum(-error, 0))


def portrait_row(
    image: np.ndarray, alpha: np.ndarray, mattes: Sequence[np.ndarray], height: int = 400
) -> list[np.ndarray]:
    """The pictures of one portrait: the image, the truth, and the matte and its errors of every candidate.

    Args:
        image: uint8 RGB (H', W', 3); it may be smaller than the alpha.
        alpha: float32 (H, W) in [0, 1].
        mattes: likewise, one per candidate.
        height: of the pictures in pixels, at most: they are not enlarged, nor wider than 4/3 of it.

    Returns:
        2 + 2 × candidates pictures of one size, uint8 RGB (h, w, 3).
    """
    scale = min(1.0, height / alpha.shape[0], _WIDEST * height / alpha.shape[1])
    size = [max(round(side * scale), 1) for side in alpha.shape]
    truth = resize(alpha, *size)
    row = [resize(image, *size), _grey(truth)]
    for matte in mattes:
        small = resize(matte, *size)
        row += [_grey(small), error_map(small, truth)]
    return row


def data_uri(picture: np.ndarray, quality: int = 80) -> str:
    """A picture as the address of an image inside the page.

    Args:
        picture: uint8 RGB (H, W, 3).
        quality: of WebP, 1 to 100.
    """
    done, encoded = cv2.imencode(".webp", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, quality])
    if not done:
        raise OSError(f"OpenCV could not write a picture of {picture.shape} as WebP")
    return "data:image/webp;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")


def _grey(alpha: np.ndarray) -> np.ndarray:
    return np.repeat(np.rint(np.clip(alpha, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
