"""Curves in space, as points in their order."""

import numpy as np


def lengths(curve: np.ndarray) -> np.ndarray:
    """How far along a curve (K, 3) its points are, metres: (K,)."""
    return np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])


def smooth(curve: np.ndarray, count: int, closed: bool = False) -> np.ndarray:
    """A smooth curve (count, 3) through the points (K, 3): a Catmull-Rom spline, evenly sampled."""
    curve = np.asarray(curve, np.float64)
    ends = (curve[-1:], curve[:2]) if closed else (2 * curve[:1] - curve[1:2], 2 * curve[-1:] - curve[-2:-1])
    p = np.concatenate([ends[0], curve, ends[1]])
    spans = len(p) - 3
    t = np.linspace(0, spans, count, endpoint=not closed)
    k = np.minimum(t.astype(int), spans - 1)
    t = (t - k)[:, None]
    a, b, c, d = (p[k + i] for i in range(4))
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
