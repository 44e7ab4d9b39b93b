"""Mattes of a video without flicker: each is averaged with those before it, where the picture stands still."""

import cv2
import numpy as np

from portrait_matting.errors import InputError

# Grey levels between two frames, after a 3 x 3 mean: the noise of a still picture stays below the first, and what
# changes by the second is something else. Measured with soft portraits moved before backgrounds, sharp and noisy, with
# strength 0.7: a still person flickers by 0.3 of what it did; one that moves is as near to the truth as without
# smoothing, and by up to 1.6 times as far where nothing gives way to motion.
_STILL, _CHANGED = 4.0, 12.0
_REACH = 5  # pixels across: the matte beside a moving edge changes with it
_CUT = 0.5  # of the picture


def stillness(photo: np.ndarray, previous: np.ndarray) -> np.ndarray:
    """How far a picture stands still between two frames of a video.

    Args:
        photo: uint8 RGB (h, w, 3).
        previous: uint8 RGB (h, w, 3), the frame before.

    Returns:
        float32 (h, w): 1 where the pixels around differ by noise only, 0 where they show something else.
    """
    change = np.abs(cv2.blur(photo, (3, 3)).astype(np.float32) - cv2.blur(previous, (3, 3))).max(axis=-1)
    change = cv2.dilate(change, np.ones((_REACH, _REACH), np.uint8))
    return np.clip((_CHANGED - change) / (_CHANGED - _STILL), 0, 1)


class TemporalSmoothing:
    """Exponential moving average of a video's mattes, s * previous + (1 - s) * matte, that gives way to motion.

    s is `strength` where the picture stands still and 0 where it changes, so nothing that moves leaves a ghost. Where
    more than half of the picture changes, the scene is taken for a new one and the average begins anew. In a still
    picture, the variance of flicker falls by (1 - s) / (1 + s).

    Args:
        strength: share of the previous matte where nothing moves, in [0, 1).

    Raises:
        InputError: `strength` cannot be.
    """

    def __init__(self, strength: float) -> None:
        if not 0 <= strength < 1:
            raise InputError(f"smoothing {strength} is out of range: choose a number from 0 up to, not including, 1")
        self.strength = strength
        self._previous: tuple[np.ndarray, np.ndarray] | None = None

    def __call__(self, matte: np.ndarray, photo: np.ndarray) -> np.ndarray:
        """The matte of the next frame, smoothed.

        Args:
            matte: float32 (h, w) in [0, 1].
            photo: uint8 RGB (h, w, 3), the frame at the matte's size.

        Returns:
            float32 (h, w) in [0, 1].
        """
        if self._previous is not None and self._previous[0].shape == matte.shape:
            smoothed, before = self._previous
            still = stillness(photo, before)
            if still.mean() >= 1 - _CUT:
                matte = matte + self.strength * still * (smoothed - matte)
        self._previous = matte, photo
        return matte
