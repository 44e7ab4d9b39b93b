"""What light makes of hairs: cylinders, which throw light back in cones around themselves.

Kajiya and Kay's diffuse term (SIGGRAPH 1989); the two shifted highlights and the light that comes through of Marschner
et al. ("Light Scattering from Human Hair Fibers", SIGGRAPH 2003), as lobes of powers (Scheuermann, SIGGRAPH 2004).
"""

import numpy as np
from numba import njit

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.light import Light, ambient_of
from portrait_matting.people.rendering.shadow import ShadowMap
from portrait_matting.people.rendering.surface import Strands

_ROOT = np.float32(0.6)  # how bright a hair is at its root, where others stand around it, of what it is at its tip


def strand_colours(
    strands: Strands, camera: Camera, light: Light, maps: list[ShadowMap | None], seen: np.ndarray
) -> np.ndarray:
    """The light that the points of strands send to the camera: linear RGB, float32 (S, K, 3), 0 or more.

    Args:
        strands, camera: what is seen, and from where.
        light, maps: of the place, and what each of its sources reaches.
        seen: bool (S, K), the points of which it is asked; others may be black.
    """
    length = seen.shape[1]
    stride = 2 if length > 10 else 1  # of long hair every other point is enough
    wanted = thinned(seen, stride, stride - 1)
    numbers = np.flatnonzero(wanted)
    points, tangents, outward, own, along = _gathered(
        numbers,
        stride,
        wanted.shape[1],
        np.ascontiguousarray(strands.points, np.float32),
        _UP if strands.normals is None else np.ascontiguousarray(strands.normals, np.float32),
        np.ascontiguousarray(strands.colours, np.float32),
    )
    lamps = len(light.sources)
    reached = np.ones((lamps, len(numbers)), np.float32)
    for share, shadow in zip(reached, maps, strict=True):
        if shadow is not None:
            share[:] = shadow.reached_within(points, numbers)
    found = np.zeros((*wanted.shape, 3), np.float32)
    _shade(
        found.reshape(-1, 3),
        numbers,
        points,
        tangents,
        outward,
        own,
        along,
        camera.eye,
        light.polynomial,
        light.directions,
        light.colours,
        reached,
        np.float32(strands.shine),
    )
    return found if stride == 1 else _between(found, length)


_UP = np.zeros((0, 0, 3), np.float32)  # instead of normals


@njit(cache=True, error_model="numpy")
def thinned(seen: np.ndarray, step: int, reach: int) -> np.ndarray:
    """Of one in so many points of strands, whether one that is at most `reach` points away is seen: bool (S, …)."""
    count, length = seen.shape
    found = np.zeros((count, (length - 1) // step + 1), np.bool_)
    for s in range(count):
        for k in range(length):
            if seen[s, k]:
                first, last = max(k - reach + step - 1, 0) // step, min(k + reach, length - 1) // step
                for j in range(first, last + 1):
                    found[s, j] = True
    return found


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
def _gathered(numbers, stride, length, points, normals, colours):
    """Of points of strands, one in so many: where they are, the direction of their hair, away
    from the body at right angles to it, the hair's own colour, (n, 3) each, and how far along the strand, (n,)."""
    count, last = len(numbers), points.shape[1] - 1
    found = np.empty((4, count, 3), np.float32)
    along = np.empty(count, np.float32)
    for i in range(count):
        s, j = numbers[i] // length, numbers[i] % length
        k = j * stride
        a, b = points[s, max(k - 1, 0)], points[s, min(k + 1, last)]
        x, y, z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        size = np.sqrt(x * x + y * y + z * z) + np.float32(1e-9)
        x, y, z = x / size, y / size, z / size
        u, v, w = np.float32(0), np.float32(0), np.float32(1)
        if normals.size > 0:
            u, v, w = normals[s, k, 0], normals[s, k, 1], normals[s, k, 2]
        off = np.float32(0.7) * (u * x + v * y + w * z)
        u, v, w = u - off * x, v - off * y, w - off * z
        size = np.sqrt(u * u + v * v + w * w) + np.float32(1e-9)
        found[1, i, 0], found[1, i, 1], found[1, i, 2] = x, y, z
        found[2, i, 0], found[2, i, 1], found[2, i, 2] = u / size, v / size, w / size
        for c in range(3):
            found[0, i, c], found[3, i, c] = points[s, k, c], colours[s, k, c]
        along[i] = j / max(length - 1, 1)
    return found[0], found[1], found[2], found[3], along


@njit(cache=True, error_model="numpy")
def _lobe(x):
    shape = np.float32(1) + x * x
    return np.float32(1) / (shape * shape)


@njit(cache=True, error_model="numpy")
def _shade(found, numbers, points, tangents, outward, own, along, eye, polynomial, directions, colours, reached, shine):
    one, none = np.float32(1), np.float32(0)
    for i in range(len(numbers)):
        t, n, p, value = tangents[i], outward[i], points[i], found[numbers[i]]
        depth = _ROOT + (one - _ROOT) * along[i]
        ambient = ambient_of(n[0], n[1], n[2], polynomial)
        for c in range(3):
            # the constant: the sheen of many hairs under a whole sky
            value[c] = depth * ambient[c] * (np.float32(0.9) * own[i, c] + np.float32(0.008))
        vx, vy, vz = eye[0] - p[0], eye[1] - p[1], eye[2] - p[2]
        size = np.sqrt(vx * vx + vy * vy + vz * vz)
        vx, vy, vz = vx / size, vy / size, vz / size
        tv = t[0] * vx + t[1] * vy + t[2] * vz
        for k in range(len(directions)):
            share, d = reached[k, i], directions[k]
            if share <= np.float32(0.01):
                continue
            tl = t[0] * d[0] + t[1] * d[1] + t[2] * d[2]
            nl = n[0] * d[0] + n[1] * d[1] + n[2] * d[2]
            back = max(-(vx * d[0] + vy * d[1] + vz * d[2]), none)
            sin_l = np.sqrt(max(one - tl * tl, none))
            facing = min(max((nl + np.float32(0.5)) / np.float32(1.5), none), one)
            # lobes: the angle between the light's cone and the eye's, shifted by the scales of a hair
            bend = (tl + tv) / max(sin_l, np.float32(0.3))
            first = shine * facing * np.float32(0.45) * _lobe((bend + np.float32(0.12)) / np.float32(0.16))
            second = shine * facing * _lobe((bend - np.float32(0.2)) / np.float32(0.3))
            through = np.float32(0.6) * _lobe(bend / np.float32(0.45)) * back * back * back * back
            diffuse = sin_l * facing * np.float32(0.85) * depth
            for c in range(3):
                hair = own[i, c]
                sent = hair * diffuse + first + second * (hair * np.float32(2.2) + np.float32(0.05))
                if through > 0:
                    sent += through * np.sqrt(hair) * (hair + np.float32(0.15))
                value[c] += share * colours[k, c] * sent
