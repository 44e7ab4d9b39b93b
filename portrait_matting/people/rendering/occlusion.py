"""Where light from all around is kept away by what stands near: hollows, under chins, behind collars.

From the depth buffer alone (screen-space ambient occlusion; Mittring, "Finding next gen", SIGGRAPH courses 2007).
"""

import cv2
import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import Camera

_REACH = (0.02, 0.08)  # metres: how far around a point is looked
_STRENGTH = 1.1
_TAPS = 8  # directions, half a step further on every other pixel: (2, _TAPS, 2) of down and across
_ANGLES = 2 * np.pi * (np.arange(_TAPS) + np.array([[0.0], [0.5]])) / _TAPS
_WAYS = np.stack([np.sin(_ANGLES), np.cos(_ANGLES)], -1)


def openness(depth: np.ndarray, camera: Camera) -> np.ndarray:
    """The share of the light from all around that reaches what the camera sees: float32 (H, W) in [0.15, 1].

    Args:
        depth: float32 (H, W), metres; inf where there is nothing.
        camera: that sees it so; looked at a quarter of the pixels each way.
    """
    small = np.ascontiguousarray(depth[2::4, 2::4])
    found = _open(small, np.float32(camera.focal / 4), np.array(_REACH, np.float32))
    found = cv2.GaussianBlur(found, (5, 5), 1.0)
    return cv2.resize(found, depth.shape[::-1], interpolation=cv2.INTER_LINEAR)


@njit(cache=True, error_model="numpy")
def _open(depth, focal, reaches):
    height, width = depth.shape
    found = np.ones((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            z = depth[y, x]
            if not np.isfinite(z):
                continue
            hidden, ways = 0.0, _WAYS[(x + y) % 2]
            for reach in reaches:
                radius = reach * focal / z
                for k in range(_TAPS):
                    i, j = int(y + radius * ways[k, 0]), int(x + radius * ways[k, 1])
                    if i < 0 or j < 0 or i >= height or j >= width:
                        continue
                    nearer = z - depth[i, j]
                    if 0.2 * reach < nearer < 4 * reach:
                        hidden += min(nearer / reach, 1.0)
            found[y, x] = max(1 - _STRENGTH * hidden / (2 * _TAPS), 0.15)
    return found
