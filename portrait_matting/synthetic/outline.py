"""Outlines and curves of what is painted, as points in units of the person."""

from functools import lru_cache

import numpy as np


def smooth(points, closed: bool = True, samples: int = 6) -> np.ndarray:
    """A Catmull-Rom curve through `points` (n, 2): float (m, 2); or several, (k, n, 2) to (k, m, 2)."""
    points = np.asarray(points, dtype=np.float64)
    return _smoothing(points.shape[-2], closed, samples) @ points


@lru_cache(maxsize=256)
def _smoothing(count: int, closed: bool, samples: int) -> np.ndarray:
    """What each of `count` points counts in each point of a Catmull-Rom curve through them: float (m, count)."""
    p = np.eye(count)
    if closed:
        before, after, beyond = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    else:
        padded = np.concatenate([[2 * p[0] - p[1]], p, [2 * p[-1] - p[-2]]])
        before, after, beyond, last = padded[:-3], padded[2:-1], padded[3:], p[-1:]
        p = padded[1:-2]
    t = (np.arange(samples) / samples)[:, None, None]
    curve = p + 0.5 * t * (
        after - before + t * (2 * before - 5 * p + 4 * after - beyond + t * (3 * (p - after) + beyond - before))
    )
    curve = curve.transpose(1, 0, 2).reshape(-1, count)
    return curve if closed else np.concatenate([curve, last])


def mirrored(right) -> np.ndarray:
    """A closed outline from its right half (n, 2), listed from top to bottom."""
    right = np.asarray(right, dtype=np.float64)
    left = right[::-1] * (-1, 1)
    return np.concatenate([right, left[left[:, 0] < -1e-6]])


def ellipse(x: float, y: float, rx: float, ry: float, turn: float = 0.0, points: int = 24) -> np.ndarray:
    """The outline of an ellipse, turned by `turn` radians: float (points, 2)."""
    cos, sin = np.cos(turn), np.sin(turn)
    return _circle(points) @ np.array([[rx * cos, rx * sin], [-ry * sin, ry * cos]]) + (x, y)


@lru_cache(maxsize=16)
def _circle(points: int) -> np.ndarray:
    angle = 2 * np.pi * np.arange(points) / points
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)
