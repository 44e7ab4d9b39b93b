"""Layers in 8 bits, as drawings are made: exact where floats would be, and a quarter of their bytes."""

from typing import NamedTuple

import cv2
import numpy as np

from portrait_matting.synthetic.exposure import Exposure

_FAINT = 32  # of 255: alpha below which a pixel takes on the colours around it, the more the less it is


class Pixels(NamedTuple):
    """Foreground and background, uint8 (H, W, 3) RGB, and alpha, uint8 (H, W)."""

    foreground: np.ndarray
    background: np.ndarray
    alpha: np.ndarray

    def exposed(self, exposure: Exposure) -> "Pixels":
        """Both layers in the same light, with the same grain."""
        return Pixels(exposure(self.foreground), exposure(self.background), self.alpha)

    def composite(self, exposure: Exposure | None = None) -> np.ndarray:
        """(alpha F + (255 - alpha) B) / 255, rounded: uint8 (H, W, 3) RGB.

        What floats give, to the bit: 255 is odd, so no value lies in the middle between two. With an exposure, that of
        the exposed layers, to the bit too, but each pixel that one layer alone is seen in is exposed once.
        """
        image, alpha = self.background.copy(), self.alpha
        cv2.copyTo(self.foreground, cv2.compare(alpha, 255, cv2.CMP_EQ), image)
        soft = soft_pixels(alpha)
        front, behind = (layer.reshape(-1, 3).take(soft, axis=0) for layer in self[:2])
        if exposure is not None:
            image = exposure(image)
            if len(soft):  # OpenCV takes no empty arrays
                there = exposure.at(soft)
                front, behind = there(front), there(behind)
        weight = alpha.reshape(-1, 1).take(soft, axis=0).astype(np.uint16)
        mixed = weight * front
        mixed += (255 - weight) * behind
        mixed += 127
        mixed //= 255
        _put(image, soft, mixed)
        return image


def soft_pixels(alpha: np.ndarray) -> np.ndarray:
    """Where alpha, uint8, is neither 0 nor 255: indices into the flattened picture."""
    return np.flatnonzero(cv2.inRange(alpha, 1, 254).view(bool))


def unmultiplied(painted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Colours, uint8 (H, W, 3), and alpha, uint8 (H, W), of premultiplied RGBA, uint8 (H, W, 4).

    Where alpha is nearly zero a division would amplify rounding, so a smooth spread of the person's colours fills in.
    """
    colours, alpha = cv2.cvtColor(painted, cv2.COLOR_RGBA2RGB), cv2.extractChannel(painted, 3)
    height, width = alpha.shape
    few = painted.view(np.uint32)[:: max(1, height // 96), :: max(1, width // 96)]  # a pixel as one number: faster
    coarse = cv2.resize(np.ascontiguousarray(few).view(np.uint8), (16, 16), interpolation=cv2.INTER_AREA)
    coarse = cv2.blur(coarse.astype(np.float32), (7, 7)) + np.float32(0.25)
    spread = cv2.resize(cv2.convertScaleAbs(coarse[..., :3] / coarse[..., 3:], alpha=255), (width, height))
    cv2.copyTo(spread, cv2.compare(alpha, 0, cv2.CMP_EQ), colours)
    soft = soft_pixels(alpha)  # few; colours that cover all are as painted
    weight = alpha.reshape(-1, 1).take(soft, axis=0).astype(np.float32)
    around = spread.reshape(-1, 3).take(soft, axis=0)
    own = colours.reshape(-1, 3).take(soft, axis=0) * (255 / weight)
    own = np.minimum(own, 255, out=own) - around
    own *= np.minimum(weight / _FAINT, 1)
    own += around
    _put(colours, soft, np.rint(own, out=own))
    return colours, alpha


def _put(picture: np.ndarray, where: np.ndarray, colours: np.ndarray) -> None:
    """Sets the pixels `where` of the flattened picture (H, W, 3); three bytes as one value, which is faster."""
    picture.view("V3").reshape(-1)[where] = colours.astype(np.uint8).view("V3").reshape(-1)
