"""The camera: where points of the room fall on the picture, and how far away they are."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit

NEAR = 0.05
"""Metres before the camera; what is nearer is not seen."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Attributes:
        position: (3,) metres.
        right, up, forward: (3,), of length 1 and at right angles.
        focal: the focal length in pixels.
        centre: (x, y) in pixels, where the optical axis meets the picture.
        height, width: of the picture in pixels. Pixel (0, 0) is the square from 0 to 1.
    """

    position: np.ndarray
    right: np.ndarray
    up: np.ndarray
    forward: np.ndarray
    focal: float
    centre: tuple[float, float]
    height: int
    width: int

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where points (…, 3) fall: pixels (…, 2) x and y, and depth (…,) along the axis in metres, float32.

        A point nearer than NEAR, or behind the camera, falls where one at NEAR would; its depth says so.
        """
        shape = points.shape[:-1]
        flat = np.ascontiguousarray(points, np.float32).reshape(-1, 3)
        pixels, depth = _projected(flat, self.eye, self.axes, self.focal, *self.centre)
        return pixels.reshape(*shape, 2), depth.reshape(shape)

    @cached_property
    def eye(self) -> np.ndarray:
        """Its position, float32 (3,)."""
        return self.position.astype(np.float32)

    @cached_property
    def axes(self) -> np.ndarray:
        """To the right, down and forward on the picture: float32 (3, 3)."""
        return np.stack([self.right, -self.up, self.forward]).astype(np.float32)

    def scaled(self, factor: int) -> "Camera":
        """The same view on a picture of `factor` times the pixels."""
        x, y = self.centre
        return Camera(
            self.position,
            self.right,
            self.up,
            self.forward,
            factor * self.focal,
            (factor * x, factor * y),
            factor * self.height,
            factor * self.width,
        )


@njit(cache=True, error_model="numpy")
def _projected(points, position, axes, focal, across, down):
    count = points.shape[0]
    pixels, depth = np.empty((count, 2), np.float32), np.empty(count, np.float32)
    for i in range(count):
        x, y, z = points[i, 0] - position[0], points[i, 1] - position[1], points[i, 2] - position[2]
        depth[i] = axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z
        scale = focal / max(depth[i], NEAR)
        pixels[i, 0] = (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z) * scale + across
        pixels[i, 1] = (axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z) * scale + down
    return pixels, depth


def look_at(
    target: np.ndarray,
    yaw: float,
    pitch: float,
    roll: float,
    distance: float,
    focal: float,
    centre: tuple[float, float],
    height: int,
    width: int,
) -> Camera:
    """A camera that has `target` (3,) at `centre` (x, y in pixels), from `distance` metres.

    Args:
        target, distance, focal, centre, height, width: as in `Camera`.
        yaw: degrees; 0 looks along +y, at a face that looks along -y; positive goes to the person's left.
        pitch: degrees; positive looks down, from above.
        roll: degrees; positive turns the camera clockwise.
    """
    y, p, r = np.radians([yaw, pitch, roll])
    forward = np.array([-np.sin(y) * np.cos(p), np.cos(y) * np.cos(p), -np.sin(p)])
    right = np.array([np.cos(y), np.sin(y), 0.0])
    up = np.cross(right, forward)
    right, up = right * np.cos(r) - up * np.sin(r), up * np.cos(r) + right * np.sin(r)
    return Camera(target - distance * forward, right, up, forward, focal, centre, height, width)
