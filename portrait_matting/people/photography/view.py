"""Views: from where and from how far people are looked at, and how large."""

from typing import NamedTuple

import numpy as np

FROM_BEHIND, FROM_THE_SIDE = 0.02, 0.06  # shares of portraits


class View(NamedTuple):
    """Degrees of yaw against the way that faces look, of pitch and roll; the head's share of the picture's height;
    metres; and where the middle of the head is, as shares of the free width and height."""

    yaw: float
    pitch: float
    roll: float
    head: float
    distance: float
    across: float
    down: float


def sample_view(rng: np.random.Generator, several: bool) -> View:
    """Any view of one person, or of a few."""
    kind = rng.random()
    if kind < FROM_BEHIND:
        yaw = 180 + rng.normal(0, 30)
    elif kind < FROM_BEHIND + FROM_THE_SIDE and not several:
        yaw = rng.choice([-1, 1]) * rng.uniform(45, 115)
    else:
        yaw = rng.normal(0, 12 if several else 17)
    pitch, roll = rng.normal(2, 6), rng.normal(0, 2.5)
    steep = rng.random()
    if steep < 0.05:
        pitch = rng.uniform(12, 45)
    elif steep < 0.085:
        pitch = rng.uniform(-32, -10)
    if rng.random() < 0.05:
        roll = rng.normal(0, 12)
    near, far = [(0.74, 1.1), (0.5, 0.74), (0.34, 0.5), (0.23, 0.34)][rng.choice(4, p=(0.03, 0.12, 0.45, 0.4))]
    head = rng.uniform(near, far)
    distance = np.exp(rng.uniform(np.log(0.35), np.log(0.7)) if rng.random() < 0.35 else rng.uniform(-0.3, np.log(3)))
    across = rng.normal(0.5, 0.09) if rng.random() < 0.93 else rng.uniform(-0.02, 1.02)
    down = rng.uniform(0.08, 0.4) if rng.random() < 0.94 else rng.uniform(-0.35, 0.05) * head
    return View(float(yaw), float(pitch), float(roll), float(head), float(distance), float(across), float(down))


def from_hand(view: View, way: np.ndarray, around: float, rng: np.random.Generator) -> View:
    """The view of a telephone in a hand whose wrist is `way` (3,) from the head: beside the hand, above it."""
    way = way * rng.uniform(0.9, 1.05) + np.array([0.0, 0.0, rng.uniform(0.08, 0.2)])
    distance = float(np.linalg.norm(way))
    yaw = float(np.degrees(np.arctan2(way[0], -way[1]))) - around
    yaw *= rng.uniform(0.2, 0.7)  # turned to the middle: the arm leaves the picture at its side
    pitch = float(np.degrees(np.arcsin(np.clip(way[2] / distance, -1, 1))))
    return view._replace(yaw=yaw, pitch=pitch, distance=distance, head=float(rng.uniform(0.34, 0.62)))
