"""Meshes cut along lines, so that pieces of cloth end there and not along triangles."""

import numpy as np
from numba import njit


def pairs_of(ends: list[tuple[int, int, float]]):
    """The pairs (S, 2) of points, and how far from the first (S,), of new points."""
    return (np.array([(a, b) for a, b, _ in ends], np.int32).reshape(-1, 2),
            np.array([share for _, _, share in ends], np.float32))  # fmt: skip


@njit(cache=True, error_model="numpy")
def along_seams(points, pairs, shares):
    """Points (n, C) and those between pairs of them, in their order."""
    count, width = points.shape
    found = np.empty((count + pairs.shape[0], width), np.float32)
    found[:count] = points
    for i in range(pairs.shape[0]):
        for c in range(width):
            a, b = found[pairs[i, 0], c], found[pairs[i, 1], c]
            found[count + i, c] = a + shares[i] * (b - a)
    return found


def sewn(triangles: np.ndarray, field: np.ndarray, ends: list):
    """Cuts triangles where a field of their points changes its sign, and adds the new points to `ends`.

    Args:
        triangles: (T, 3).
        field: (n,), of the points there are.
        ends: of the points that lie between others, in their order.
    """
    field, count, numbers = field.astype(float).copy(), len(field), {}
    edges = np.unique(np.sort(np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)]), 1), axis=0)
    crossing = edges[field[edges[:, 0]] * field[edges[:, 1]] < 0]
    for a, b in crossing:  # no slivers
        share = field[a] / (field[a] - field[b]) if field[a] != field[b] else 0.5
        if share < 0.1:
            field[a] = 0
        elif share > 0.9:
            field[b] = 0

    def between(a: int, b: int) -> int:
        key = (min(a, b), max(a, b))
        if key not in numbers:
            numbers[key] = count + len(numbers)
            ends.append((*key, float(field[key[0]] / (field[key[0]] - field[key[1]]))))
        return numbers[key]

    found = []
    sign = np.sign(field)
    mixed = (sign[triangles].min(1) < 0) & (sign[triangles].max(1) > 0)
    for a, b, c in triangles[mixed]:
        while not (sign[b] * sign[c] > 0 or sign[a] == 0):  # the lone one first
            a, b, c = b, c, a
        if sign[a] == 0:
            middle = between(b, c)
            found += [(a, b, middle), (a, middle, c)]
        else:
            p, q = between(a, b), between(a, c)
            found += [(a, p, q), (p, b, c), (p, c, q)]
    return np.concatenate([triangles[~mixed], np.array(found, np.int32).reshape(-1, 3)]).astype(np.int32)
