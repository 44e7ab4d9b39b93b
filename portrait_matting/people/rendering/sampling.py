"""Where on a surface the samples of a picture lie: between the corners of their triangles."""

import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.raster import Seen
from portrait_matting.people.rendering.surface import Samples, Surface

_OUTLINE = 0.35  # the cosine: how far past an outline smooth normals point


def samples_of(surface: Surface, seen: Seen, where, camera: Camera) -> Samples:
    """What the camera sees of a surface at the samples `where` (numbers y * width + x)."""
    triangles = seen.triangle.ravel()[where]
    weights = seen.weights.reshape(-1, 2)[where]
    corners = surface.triangles[triangles]
    position = _mean(surface.points, corners, weights)
    normal = _mean(surface.normals, corners, weights)
    _face(normal, position, camera.position.astype(np.float32))
    count = len(where)
    return Samples(
        position=position,
        normal=normal,
        rest=position if surface.rest is None else _mean(surface.rest, corners, weights),
        uv=_in_map(surface.corners, triangles, weights),
        colour=np.ones((count, 3), np.float32) if surface.colours is None else _mean(surface.colours, corners, weights),
        hem=np.full(count, np.inf, np.float32)
        if surface.hem is None
        else _mean(surface.hem[:, None], corners, weights)[:, 0],
        footprint=seen.depth.ravel()[where] / np.float32(camera.focal),
    )


@njit(cache=True, error_model="numpy")
def _face(normal, position, eye):
    """Makes normals (n, 3) unit vectors on the side of the eye.

    Near an outline smooth normals point a little past it, and are bent to lie along it; those that point far away are
    of the other side of cloth, and are turned round.
    """
    for i in range(normal.shape[0]):
        length, away, facing = np.float32(1e-12), np.float32(1e-12), np.float32(0)
        for c in range(3):
            towards = eye[c] - position[i, c]
            length += normal[i, c] * normal[i, c]
            away += towards * towards
            facing += normal[i, c] * towards
        cosine = facing / np.sqrt(length * away)
        if cosine < 0 and cosine > -_OUTLINE:
            rest = np.float32(1e-12)
            for c in range(3):
                normal[i, c] -= facing / away * (eye[c] - position[i, c])
                rest += normal[i, c] * normal[i, c]
            length = rest
        scale = np.float32(1 if cosine > -_OUTLINE else -1) / np.sqrt(length)
        for c in range(3):
            normal[i, c] *= scale


@njit(cache=True, error_model="numpy")
def _mean(values, corners, weights):
    """The values of vertices (V, C) at samples: (n, C)."""
    found = np.empty((corners.shape[0], values.shape[1]), np.float32)
    for i in range(corners.shape[0]):
        v, w = weights[i, 0], weights[i, 1]
        u = 1 - v - w
        for c in range(values.shape[1]):
            found[i, c] = u * values[corners[i, 0], c] + v * values[corners[i, 1], c] + w * values[corners[i, 2], c]
    return found


def _in_map(corners: np.ndarray | None, triangles, weights) -> np.ndarray:
    if corners is None:
        return np.zeros((len(triangles), 2), np.float32)
    return _mean_of_corners(corners, triangles, weights)


@njit(cache=True, error_model="numpy")
def _mean_of_corners(corners, triangles, weights):
    """What the corners of triangles have (T, 3, C) at samples: (n, C)."""
    found = np.empty((len(triangles), corners.shape[2]), np.float32)
    for i in range(len(triangles)):
        v, w = weights[i, 0], weights[i, 1]
        u = 1 - v - w
        for c in range(corners.shape[2]):
            at = corners[triangles[i]]
            found[i, c] = u * at[0, c] + v * at[1, c] + w * at[2, c]
    return found
