"""Where on a surface the samples of a picture lie: between the corners of their triangles."""

import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.raster import Seen
from portrait_matting.people.rendering.surface import Samples, Surface

_OUTLINE = 0.35  # the cosine: how far past an outline smooth normals point


def samples_of(surface: Surface, seen: Seen, where, camera: Camera) -> Samples:
    """What the camera sees of a surface at the samples `where` (numbers y * width + x)."""
    count = len(where)
    position, normal, colour = (np.empty((count, 3), np.float32) for _ in range(3))
    rest = position if surface.rest is None else np.empty((count, 3), np.float32)
    uv, hem, footprint = np.empty((count, 2), np.float32), np.empty(count, np.float32), np.empty(count, np.float32)
    _sampled(
        where,
        seen.triangle.reshape(-1),
        seen.weights.reshape(-1, 2),
        seen.depth.reshape(-1),
        np.float32(1 / camera.focal),
        surface.triangles,
        surface.points,
        surface.normals,
        surface.points if surface.rest is None else surface.rest,
        _NONE if surface.colours is None else surface.colours,
        _NO_MAP if surface.corners is None else surface.corners,
        _NONE[:, 0] if surface.hem is None else surface.hem,
        position,
        normal,
        rest,
        colour,
        uv,
        hem,
        footprint,
    )
    _face(normal, position, camera.eye)
    return Samples(position, normal, rest, uv, colour, hem, footprint)


_NONE, _NO_MAP = np.zeros((0, 3), np.float32), np.zeros((0, 3, 2), np.float32)


@njit(cache=True, error_model="numpy")
def _sampled(
    where,
    numbers,
    weights,
    depths,
    per_focal,
    triangles,
    points,
    normals,
    rests,
    colours,
    corners,
    hems,
    position,
    normal,
    rest,
    colour,
    uv,
    hem,
    footprint,
):
    """Means of what the corners of triangles have, at samples; of what a surface has none of, what `Samples` says."""
    has_colours, has_map, has_hem = colours.size > 0, corners.size > 0, hems.size > 0
    for i in range(len(where)):
        k = np.uint64(where[i])  # unsigned: numba would look whether they count from the end
        t, v, w = np.uint64(numbers[k]), weights[k, 0], weights[k, 1]
        u = np.float32(1) - v - w
        a, b, d = np.uint64(triangles[t, 0]), np.uint64(triangles[t, 1]), np.uint64(triangles[t, 2])
        for c in range(3):
            position[i, c] = u * points[a, c] + v * points[b, c] + w * points[d, c]
            normal[i, c] = u * normals[a, c] + v * normals[b, c] + w * normals[d, c]
            rest[i, c] = u * rests[a, c] + v * rests[b, c] + w * rests[d, c]
            colour[i, c] = u * colours[a, c] + v * colours[b, c] + w * colours[d, c] if has_colours else 1
        for c in range(2):
            uv[i, c] = u * corners[t, 0, c] + v * corners[t, 1, c] + w * corners[t, 2, c] if has_map else 0
        hem[i] = u * hems[a] + v * hems[b] + w * hems[d] if has_hem else np.inf
        footprint[i] = depths[k] * per_focal


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
def place(values: np.ndarray, where: np.ndarray, picture: np.ndarray) -> None:
    """Writes values (n, 3) of samples to their places in a picture (H · W, 3)."""
    for i in range(len(where)):
        for c in range(3):
            picture[where[i], c] = values[i, c]
