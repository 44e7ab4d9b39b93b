"""The camera: where points of the room fall on the picture, and how far away they are."""

from dataclasses import dataclass

import numpy as np

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
        offset = points - self.position.astype(np.float32)
        axes = np.stack([self.right, -self.up, self.forward], 1).astype(np.float32)
        local = offset @ axes
        depth = local[..., 2]
        scale = np.float32(self.focal) / np.maximum(depth, np.float32(NEAR))
        pixels = local[..., :2] * scale[..., None] + np.float32(self.centre)
        return pixels, np.ascontiguousarray(depth)

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

    def footprint(self, depth: np.ndarray | float) -> np.ndarray | float:
        """Metres that a pixel spans at a depth."""
        return depth / self.focal


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
