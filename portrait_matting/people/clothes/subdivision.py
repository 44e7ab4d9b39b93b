"""Meshes made finer and smoother."""

import numpy as np
from numba import njit


def edges_of(triangles: np.ndarray):
    """Edges (E, 2), the points across them (E, 2), and which edges each triangle has (T, 3): from corner k to k + 1."""
    ends = np.concatenate([triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    across = np.concatenate([triangles[:, (k + 2) % 3] for k in range(3)])
    edges, inverse = np.unique(np.sort(ends, 1), axis=0, return_inverse=True)
    inverse = inverse.ravel()
    second = np.full((len(edges), 2), -1, np.int32)
    for edge, point in zip(inverse, across, strict=True):
        second[edge, 0 if second[edge, 0] < 0 else 1] = point
    return edges.astype(np.int32), second, inverse.reshape(3, -1).T.astype(np.int32)


@njit(cache=True, error_model="numpy")
def loop(points, first, second):
    """Loop's rule ("Smooth Subdivision Surfaces Based on Triangles", 1987), borders as cubic splines."""
    count, edges, width = points.shape[0], first.shape[0], points.shape[1]
    found = np.zeros((count + edges, width), np.float32)
    degree, border = np.zeros(count, np.int32), np.zeros(count, np.int32)
    for e in range(edges):
        for k in range(2):
            degree[first[e, k]] += 1
            if second[e, 1] < 0:
                border[first[e, k]] += 1
    for e in range(edges):
        a, b = first[e, 0], first[e, 1]
        edge = second[e, 1] < 0
        for c in range(width):
            middle = points[a, c] + points[b, c]
            if edge:
                found[count + e, c] = middle / 2
            else:
                found[count + e, c] = 0.375 * middle + 0.125 * (points[second[e, 0], c] + points[second[e, 1], c])
            if border[a] == 0 or edge:
                found[a, c] += points[b, c]
            if border[b] == 0 or edge:
                found[b, c] += points[a, c]
    for v in range(count):
        if border[v] == 2:
            for c in range(width):
                found[v, c] = 0.75 * points[v, c] + 0.125 * found[v, c]
        elif border[v] > 2 or degree[v] < 3:
            for c in range(width):
                found[v, c] = points[v, c]
        else:
            n = degree[v]
            beta = 3 / (8 * n) if n > 3 else 3 / 16
            for c in range(width):
                found[v, c] = (1 - n * beta) * points[v, c] + beta * found[v, c]
    return found


@njit(cache=True, error_model="numpy")
def smoothed(points, edges, share, rounds):
    count, width = points.shape
    found = points.copy()
    total, degree = np.zeros((count, width), np.float32), np.zeros(count, np.float32)
    for e in range(edges.shape[0]):
        degree[edges[e, 0]] += 1
        degree[edges[e, 1]] += 1
    for _ in range(rounds):
        total[:] = 0
        for e in range(edges.shape[0]):
            a, b = edges[e, 0], edges[e, 1]
            for c in range(width):
                total[a, c] += found[b, c]
                total[b, c] += found[a, c]
        for v in range(count):
            for c in range(width):
                found[v, c] += share[v] * (total[v, c] / degree[v] - found[v, c])
    return found
