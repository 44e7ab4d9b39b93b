"""What light makes of hairs: cylinders, which throw light back in cones around themselves.

Kajiya and Kay's diffuse term (SIGGRAPH 1989); the two shifted highlights and the light that comes through of Marschner
et al. ("Light Scattering from Human Hair Fibers", SIGGRAPH 2003), as lobes of powers (Scheuermann, SIGGRAPH 2004).
"""

import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.light import Light
from portrait_matting.people.rendering.shadow import ShadowMap
from portrait_matting.people.rendering.surface import Strands

_ROOT = 0.6  # how bright a hair is at its root, where others stand around it, of what it is at its tip


def strand_colours(strands: Strands, camera: Camera, light: Light, maps: list[ShadowMap | None]) -> np.ndarray:
    """The light that the points of strands send to the camera: linear RGB, float32 (S, K, 3), 0 or more."""
    stride = 2 if strands.points.shape[1] > 10 else 1  # of long hair every other point is enough
    points = np.ascontiguousarray(strands.points, np.float32)
    tangents, outward = _frames(points, points if strands.normals is None else strands.normals, strands.normals is None)
    if stride > 1:
        points, tangents, outward = (np.ascontiguousarray(part[:, ::stride]) for part in (points, tangents, outward))
    own = np.ascontiguousarray(strands.colours[:, ::stride], np.float32)
    flat = points.reshape(-1, 3)
    ambient = light.ambient(outward.reshape(-1, 3)).astype(np.float32)
    found = _around(ambient.reshape(points.shape), own, np.float32(_ROOT))
    eye = camera.position.astype(np.float32)
    for source, shadow in zip(light.sources, maps, strict=True):
        reached = np.ones(len(flat), np.float32) if shadow is None else shadow.reached_within(flat)
        _add(
            found,
            tangents,
            outward,
            own,
            reached.reshape(points.shape[:2]),
            points,
            eye,
            source.direction.astype(np.float32),
            source.colour.astype(np.float32),
            np.float32(strands.shine),
            np.float32(_ROOT),
        )
    return found if stride == 1 else _between(found, strands.points.shape[1])


@njit(cache=True, error_model="numpy")
def _between(values, length):
    """Values at every other point of strands, at all of their points: (S, length, 3)."""
    found = np.empty((values.shape[0], length, 3), np.float32)
    for s in range(values.shape[0]):
        for k in range(length):
            i = k // 2
            j = min(i + k % 2, values.shape[1] - 1)
            for c in range(3):
                found[s, k, c] = np.float32(0.5) * (values[s, i, c] + values[s, j, c])
    return found


@njit(cache=True, error_model="numpy")
def _frames(points, normals, none):
    """Of each point the direction of its hair, and away from the body at right angles to it: (S, K, 3) each."""
    count, length = points.shape[:2]
    tangents, outward = np.empty_like(points), np.empty_like(points)
    for s in range(count):
        for k in range(length):
            a, b = points[s, max(k - 1, 0)], points[s, min(k + 1, length - 1)]
            x, y, z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
            size = np.sqrt(x * x + y * y + z * z) + np.float32(1e-9)
            x, y, z = x / size, y / size, z / size
            tangents[s, k, 0], tangents[s, k, 1], tangents[s, k, 2] = x, y, z
            if none:
                u, v, w = np.float32(0), np.float32(0), np.float32(1)
            else:
                u, v, w = normals[s, k, 0], normals[s, k, 1], normals[s, k, 2]
            along = np.float32(0.7) * (u * x + v * y + w * z)
            u, v, w = u - along * x, v - along * y, w - along * z
            size = np.sqrt(u * u + v * v + w * w) + np.float32(1e-9)
            outward[s, k, 0], outward[s, k, 1], outward[s, k, 2] = u / size, v / size, w / size
    return tangents, outward


@njit(cache=True, error_model="numpy")
def _around(ambient, colours, root):
    """Light from all around."""
    found = np.empty_like(ambient)
    length = ambient.shape[1]
    for s in range(ambient.shape[0]):
        for k in range(length):
            share = root + (1 - root) * k / max(length - 1, 1)
            for c in range(3):
                # the constant: the sheen of many hairs under a whole sky
                found[s, k, c] = share * ambient[s, k, c] * (np.float32(0.9) * colours[s, k, c] + np.float32(0.008))
    return found


@njit(cache=True, error_model="numpy")
def _lobe(x):
    return np.float32(1) / ((1 + x * x) * (1 + x * x))


@njit(cache=True, error_model="numpy")
def _add(found, tangents, outward, colours, reached, points, eye, direction, colour, shine, root):
    """Adds the light of one source."""
    length = points.shape[1]
    for s in range(points.shape[0]):
        for k in range(length):
            share = reached[s, k]
            if share <= 0.01:
                continue
            t, n = tangents[s, k], outward[s, k]
            vx, vy, vz = eye[0] - points[s, k, 0], eye[1] - points[s, k, 1], eye[2] - points[s, k, 2]
            size = np.sqrt(vx * vx + vy * vy + vz * vz)
            vx, vy, vz = vx / size, vy / size, vz / size
            tl = t[0] * direction[0] + t[1] * direction[1] + t[2] * direction[2]
            tv = t[0] * vx + t[1] * vy + t[2] * vz
            nl = n[0] * direction[0] + n[1] * direction[1] + n[2] * direction[2]
            vl = vx * direction[0] + vy * direction[1] + vz * direction[2]
            sin_l = np.sqrt(max(1 - tl * tl, np.float32(0)))
            facing = min(max((nl + np.float32(0.5)) / np.float32(1.5), np.float32(0)), np.float32(1))
            # lobes: the angle between the light's cone and the eye's, shifted by the scales of a hair
            bend = (tl + tv) / max(sin_l, np.float32(0.3))
            first = _lobe((bend + np.float32(0.12)) / np.float32(0.16))
            second = _lobe((bend - np.float32(0.2)) / np.float32(0.3))
            back = max(-vl, np.float32(0))
            through = _lobe(bend / np.float32(0.45)) * back * back * back * back
            depth = root + (1 - root) * k / max(length - 1, 1)
            for c in range(3):
                own = colours[s, k, c]
                value = own * sin_l * facing * np.float32(0.85) * depth
                value += (
                    shine * facing * (first * np.float32(0.45) + second * (own * np.float32(2.2) + np.float32(0.05)))
                )
                value += through * np.sqrt(own) * np.float32(0.6) * (own + np.float32(0.15))
                found[s, k, c] += share * colour[c] * value
