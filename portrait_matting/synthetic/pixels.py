"""Layers in 8 bits, as drawings are made: exact where floats would be, and a quarter of their bytes."""

from typing import NamedTuple

import cv2
import numpy as np

_SPREAD = 5  # of 255: what the colours around a pixel count in it where it is not opaque


class Pixels(NamedTuple):
    """Foreground and background, uint8 (H, W, 3) RGB, and alpha, uint8 (H, W)."""

    foreground: np.ndarray
    background: np.ndarray
    alpha: np.ndarray

    def composite(self) -> np.ndarray:
        """(alpha F + (255 - alpha) B) / 255, rounded: uint8 (H, W, 3) RGB.

        What floats give, to the bit: 255 is odd, so no value lies in the middle between two.
        """
        image = cv2.copyTo(self.foreground, cv2.compare(self.alpha, 255, cv2.CMP_EQ), self.background.copy())
        soft = soft_pixels(self.alpha)
        weight = self.alpha.reshape(-1, 1).take(soft, axis=0).astype(np.uint16)
        mixed = weight * self.foreground.reshape(-1, 3).take(soft, axis=0)
        mixed += (255 - weight) * self.background.reshape(-1, 3).take(soft, axis=0)
        mixed += 127
        mixed //= 255
        image.reshape(-1, 3)[soft] = mixed
        return image


def soft_pixels(alpha: np.ndarray) -> np.ndarray:
    """Where alpha, uint8, is neither 0 nor 255: indices into the flattened picture."""
    return np.flatnonzero(alpha - np.uint8(1) < 254)


def unmultiplied(painted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Colours, uint8 (H, W, 3), and alpha, uint8 (H, W), of premultiplied RGBA, uint8 (H, W, 4).

    Where alpha is nearly zero a division would amplify rounding, so a smooth spread of the person's colours fills in.
    """
    alpha = cv2.extractChannel(painted, 3)
    height, width = alpha.shape
    few = np.ascontiguousarray(painted[:: max(1, height // 96), :: max(1, width // 96)])
    coarse = cv2.resize(few, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)
    coarse = cv2.GaussianBlur(coarse, (0, 0), 2) + np.float32(0.25)
    fill = cv2.convertScaleAbs(coarse[..., :3] / coarse[..., 3:], alpha=255)
    fine = cv2.resize(fill, (64, 64))
    colours = cv2.resize(fine, (width, height), interpolation=cv2.INTER_NEAREST)
    soft = soft_pixels(alpha)
    own, share = painted.reshape(-1, 4).take(soft, axis=0).astype(np.float32), _SPREAD / np.float32(255)
    spread = share * (255 - own[:, 3:])
    mixed = (255 * own[:, :3] + spread * colours.reshape(-1, 3).take(soft, axis=0)) / (own[:, 3:] + spread)
    cv2.copyTo(cv2.cvtColor(painted, cv2.COLOR_RGBA2RGB), cv2.compare(alpha, 255, cv2.CMP_EQ), colours)
    colours.reshape(-1, 3)[soft] = np.minimum(mixed + np.float32(0.5), 255)
    return colours, alpha
