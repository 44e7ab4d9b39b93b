"""The camera's curve: from linear light to what a picture shows, and back.

Up to 0.7 of white it is sRGB's; above, light runs softly into white instead of being cut off, as cameras do it.
"""

from functools import cache

import cv2
import numpy as np
from numba import njit

KNEE = 0.7
"""Linear light above which the curve bends."""
WHITE = 2.2
"""Linear light that the picture's own white stands for, in each channel: white paper is 1."""
_LAMPS = 3.0  # times as bright is what is white in all channels, as lamps and skies are
_STEPS = 4096  # of the table over light / (light + 1), linear between them: within 0.0005 of the curve


def curve(light: np.ndarray) -> np.ndarray:
    """What is shown of linear light of 0 or more: float64 in [0, 1), sRGB's transfer after a soft shoulder."""
    light = np.maximum(np.asarray(light, np.float64), 0)
    kept = np.where(light < KNEE, light, 1 - (1 - KNEE) * np.exp(-(np.maximum(light, KNEE) - KNEE) / (1 - KNEE)))
    return np.where(kept < 0.0031308, 12.92 * kept, 1.055 * np.maximum(kept, 1e-9) ** (1 / 2.4) - 0.055)


@cache
def light_of_byte() -> np.ndarray:
    """The linear light that each of the 256 values of a picture stands for: float32 (256,), up to WHITE."""
    shown = np.arange(256) / 255
    kept = np.where(shown < 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    found = np.where(kept < KNEE, kept, KNEE - (1 - KNEE) * np.log(np.maximum(1 - kept, 1e-9) / (1 - KNEE)))
    found = np.minimum(found, WHITE)
    return found.astype(np.float32)


@cache
def table() -> np.ndarray:
    """The curve at light / (light + 1) of 0, 1 / _STEPS, …: float32 (_STEPS + 1,)."""
    share = np.arange(_STEPS) / _STEPS
    found = np.append(curve(share / (1 - share)), 1.0)
    return found.astype(np.float32)


def to_display(light: np.ndarray) -> np.ndarray:
    """Linear light, float32 of any shape, as a picture shows it: float32 in [0, 1]."""
    found = np.empty(light.shape, np.float32)
    apply(np.ascontiguousarray(light, np.float32).reshape(-1), table(), found.reshape(-1))
    return found


def to_linear(picture: np.ndarray) -> np.ndarray:
    """The light that a picture, uint8 RGB (H, W, 3), stands for: float32; `to_display` gives the picture again.

    What is white in all channels was brighter than a picture can show: it becomes up to three times as bright, so that
    it blooms where it is out of focus and lights people.
    """
    red, green, blue = cv2.split(picture)
    lamps = cv2.LUT(cv2.min(cv2.min(red, green), blue), _lamps())
    values = light_of_byte()
    return cv2.merge([cv2.LUT(channel, values) * lamps for channel in (red, green, blue)])


@cache
def _lamps() -> np.ndarray:
    high = np.clip((np.arange(256) - 249) / 6, 0, 1)
    return (1 + (_LAMPS - 1) * high**3).astype(np.float32)


@njit(cache=True, error_model="numpy")
def apply(light: np.ndarray, steps: np.ndarray, found: np.ndarray) -> None:
    """A curve, given by its table over light / (light + 1), at each of (n,) values of light: written to `found`."""
    last = len(steps) - 1
    for i in range(len(light)):
        value = max(light[i], np.float32(0))
        at = value / (value + np.float32(1)) * np.float32(last)
        low = min(int(at), last - 1)
        found[i] = steps[low] + (at - np.float32(low)) * (steps[low + 1] - steps[low])
