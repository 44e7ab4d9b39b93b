"""Layers in 8 bits, as drawings are made: exact where floats would be, and a quarter of their bytes."""

from typing import NamedTuple

import cv2
import numpy as np

_FAINT = 32  # of 255: alpha below which a pixel takes on the colours around it, the more the less it is


class Pixels(NamedTuple):
    """Foreground and background, uint8 (H, W, 3) RGB, and alpha, uint8 (H, W)."""

    foreground: np.ndarray
    background: np.ndarray
    alpha: np.ndarray

    def composite(self) -> np.ndarray:
        """(alpha F + (255 - alpha) B) / 255, rounded: uint8 (H, W, 3) RGB.

        What floats give, to the bit: 255 is odd, so no value lies in the middle between two.
        """
        image, alpha = self.background.copy(), self.alpha
        cv2.copyTo(self.foreground, cv2.compare(alpha, 255, cv2.CMP_EQ), image)
        soft = soft_pixels(alpha)
        weight = alpha.reshape(-1, 1).take(soft, axis=0).astype(np.uint16)
        mixed = weight * self.foreground.reshape(-1, 3).take(soft, axis=0)
        mixed += (255 - weight) * self.background.reshape(-1, 3).take(soft, axis=0)
        mixed += 127
        mixed //= 255
        image.reshape(-1, 3)[soft] = mixed
        return image


def soft_pixels(alpha: np.ndarray) -> np.ndarray:
    """Where alpha, uint8, is neither 0 nor 255: indices into the flattened picture."""
    return np.flatnonzero(cv2.inRange(alpha, 1, 254) != 0)


def unmultiplied(painted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Colours, uint8 (H, W, 3), and alpha, uint8 (H, W), of premultiplied RGBA, uint8 (H, W, 4).

    Where alpha is nearly zero a division would amplify rounding, so a smooth spread of the person's colours fills in.
    """
    alpha = cv2.extractChannel(painted, 3)
    height, width = alpha.shape
    few = np.ascontiguousarray(painted[:: max(1, height // 96), :: max(1, width // 96)])
    coarse = cv2.resize(few, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)
    coarse = cv2.blur(coarse, (7, 7)) + np.float32(0.25)
    fill = cv2.convertScaleAbs(coarse[..., :3] / coarse[..., 3:], alpha=255)
    fine = cv2.resize(fill, (64, 64))
    colours = cv2.resize(fine, (width, height), interpolation=cv2.INTER_NEAREST)
    own = cv2.divide(cv2.cvtColor(painted, cv2.COLOR_RGBA2RGB), cv2.merge([alpha] * 3), scale=255)
    cv2.copyTo(own, cv2.compare(alpha, _FAINT, cv2.CMP_GE), colours)
    faint = np.flatnonzero(cv2.inRange(alpha, 1, _FAINT - 1) != 0)
    share = alpha.reshape(-1, 1).take(faint, axis=0) / np.float32(_FAINT)
    flat = colours.reshape(-1, 3)
    flat[faint] = share * own.reshape(-1, 3).take(faint, axis=0) + (1 - share) * flat.take(faint, axis=0)
    return colours, alpha
