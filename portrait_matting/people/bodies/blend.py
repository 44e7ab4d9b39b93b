"""The blend of shapes: most move a part of the face or of the trunk alone, and only that part is gone through."""

import numpy as np
from numba import njit

_APART = 64  # values: parts that are nearer to one another are one


def blend(
    template: np.ndarray,
    shapes: np.ndarray,
    moved: tuple[np.ndarray, np.ndarray],
    active: np.ndarray,
    scales: np.ndarray,
) -> np.ndarray:
    """template + Σ scale · shape over the active shapes: float32 (V, 3).

    Args:
        template: float32 (V, 3).
        shapes: int16 (N, V, 3).
        moved: what each of them moves, as `moved_by` says it.
        active: (n,), of the shapes.
        scales: float32 (n,), theirs.
    """
    found = template.ravel().copy()
    _add(found, shapes.reshape(len(shapes), -1), *moved, active, scales)
    return found.reshape(template.shape)


def moved_by(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which parts of the flat values shapes (N, V, 3) move: from and to, int32 (P, 2), and where those of each shape
    begin, int32 (N + 1,)."""
    return _parts(shapes.reshape(len(shapes), -1))


@njit(cache=True, error_model="numpy")
def _parts(shapes):
    count, size = shapes.shape
    found = np.empty((count * (size // _APART + 1), 2), np.int32)
    starts = np.zeros(count + 1, np.int32)
    total = 0
    for s in range(count):
        last = -2 * _APART - size
        for i in range(size):
            if shapes[s, i] == 0:
                continue
            if i - last > _APART:
                found[total, 0] = i
                total += 1
            found[total - 1, 1] = i + 1
            last = i
        starts[s + 1] = total
    return found[:total].copy(), starts


@njit(cache=True, error_model="numpy")
def _add(found, shapes, parts, starts, active, scales):
    for k in range(len(active)):
        scale, shape = scales[k], shapes[active[k]]
        for p in range(starts[active[k]], starts[active[k] + 1]):
            part, by = found[parts[p, 0] : parts[p, 1]], shape[parts[p, 0] : parts[p, 1]]
            for i in range(len(part)):  # flat, so that it is done eight at a time
                part[i] += scale * np.float32(by[i])
