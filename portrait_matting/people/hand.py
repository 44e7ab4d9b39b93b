"""The hand that holds something: its own axes, and how its fingers close."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from portrait_matting.people.body_data import body_data

_FINGER = 0.0105  # metres from a finger's bones to its skin, of the template's hand
_FINGERS = (2, 3, 4, 5)


class Hand(NamedTuple):
    """A hand at rest.

    Attributes:
        palm: (3,), the middle of the knuckles, on the skin of the palm.
        along: (3,), from the wrist to the knuckles.
        across: (3,), from the little finger to the thumb's side.
        out: (3,), away from the palm.
        length: metres, from the wrist to the knuckle of the middle finger: 0.1 of an adult.
    """

    palm: np.ndarray
    along: np.ndarray
    across: np.ndarray
    out: np.ndarray
    length: float


def hand(joints: np.ndarray, side: str) -> Hand:
    """The hand on "L" or "R" of a skeleton whose joints (B, 3) are at rest."""

    def at(name: str) -> np.ndarray:
        return joints[body_data().bone(f"{name}.{side}")].astype(np.float64)

    knuckles = np.stack([at(f"finger{k}-1") for k in _FINGERS])
    middle = knuckles.mean(0)
    along = middle - at("wrist")
    length = float(np.linalg.norm(along))
    along /= length
    across = knuckles[0] - knuckles[-1]
    out = np.cross(along, across) * (1 if side == "L" else -1)
    out /= np.linalg.norm(out)
    across = np.cross(out, along) * (1 if side == "L" else -1)
    return Hand(middle + 0.13 * length * out, along, across, out, length)


def turned(axis: np.ndarray, radians: float) -> np.ndarray:
    """A rotation (3, 3) about an axis (3,) of length 1 (Rodrigues' formula)."""
    x, y, z = axis
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + math.sin(radians) * k + (1 - math.cos(radians)) * k @ k


def grip(side: str, size: float, flat: bool = False) -> dict[str, np.ndarray]:
    """The pose of fingers that close around something which lies across the palm.

    Args:
        side: "L" or "R".
        size: metres: its diameter, of an adult's hand; what is flat, its width.
        flat: it lies on palm and fingers, as phones and books do, with the thumb on its edge.
    """
    return dict(_grip(side, round(float(np.clip(size, 0.012, 0.12)), 3), flat))


@cache
def _grip(side: str, size: float, flat: bool) -> dict[str, np.ndarray]:
    data = body_data()
    own = hand(data.joints, side)
    bend = np.cross(own.along, own.out)  # about it fingers close
    joints = {
        (k, i): data.joints[data.bone(f"finger{k}-{i}.{side}")].astype(np.float64) for k in range(1, 6) for i in (1, 2, 3)
    }
    found = {}
    radius = size / 2 + _FINGER
    for k in _FINGERS:
        a, b, c = (joints[k, i] for i in (1, 2, 3))
        first, second = np.linalg.norm(b - a), np.linalg.norm(c - b)
        third = 0.9 * second
        if flat:
            angles = np.array([0.05, 0.62, 0.6]) if size < 0.09 else np.array([-0.02, 0.12, 0.12])
        else:
            h1, h2, h3 = (math.asin(min(0.99, s / 2 / radius)) for s in (first, second, third))
            angles = np.array([h1, h1 + h2, h2 + h3])
        before = own.along
        for i, (start, end, angle) in enumerate(((a, b, angles[0]), (b, c, angles[1]), (c, None, angles[2])), 1):
            if end is None:
                rest = 0.15  # the last bone's direction is not in the data
            else:
                ahead = (end - start) / np.linalg.norm(end - start)
                rest = math.atan2(ahead @ own.out, ahead @ own.along) - math.atan2(before @ own.out, before @ own.along)
                before = ahead
            found[f"finger{k}-{i}.{side}"] = turned(bend, angle - rest)
    found.update(_thumb(side, own, joints, size, flat))
    return found


def _thumb(side: str, own: Hand, joints, size: float, flat: bool) -> dict[str, np.ndarray]:
    """The thumb, brought to the other side of the thing: what fits best of many tries."""
    a, b, c = (joints[1, i] for i in (1, 2, 3))
    tip = c + 0.9 * (c - b)
    thick = (0.01 if size < 0.09 else 0.022) if flat else size
    middle = own.palm + own.out * thick / 2
    if flat:
        goal = middle - 0.012 * own.along + 0.03 * own.across + own.out * (0.5 * thick + 0.010)
        goal_joint = goal - 0.020 * own.across - 0.018 * own.along + 0.003 * own.out
    else:
        away = -0.55 * own.along + 0.83 * own.out
        goal = middle + (size / 2 + _FINGER) * away / np.linalg.norm(away) + 0.02 * own.across
        away = -0.9 * own.along + 0.4 * own.out
        goal_joint = middle + (size / 2 + _FINGER) * away / np.linalg.norm(away) + 0.03 * own.across
    random = np.random.default_rng(0)
    best, chosen, spread = np.inf, np.zeros(4), 0.6
    for step in range(900):
        tried = chosen + spread * random.normal(size=4)
        if step % 300 == 299:
            spread *= 0.35
        tried[2:] = np.clip(tried[2:], -0.2, 1.2)
        tried[:2] = np.clip(tried[:2], -1.2, 1.2)
        first, flex = _thumb_turns(own, b - a, tried)
        second = first @ (b - a) + a
        third = second + first @ flex[0] @ (c - b)
        end = third + first @ flex[0] @ flex[1] @ (tip - c)
        cost = ((end - goal) ** 2).sum() + 0.7 * ((third - goal_joint) ** 2).sum() + 2e-5 * (tried**2).sum()
        if cost < best:
            best, chosen = cost, tried
    first, flex = _thumb_turns(own, b - a, chosen)
    return {f"finger1-1.{side}": first, f"finger1-2.{side}": flex[0], f"finger1-3.{side}": flex[1]}


def _thumb_turns(own: Hand, thumb: np.ndarray, angles: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The turn of the thumb's first bone, about the hand's length and its thickness, and those of the other two."""
    first = turned(own.along, angles[0]) @ turned(own.out, angles[1])
    ahead = thumb / np.linalg.norm(thumb)
    hinge = np.cross(ahead, own.along + 0.4 * own.out)
    hinge /= np.linalg.norm(hinge)
    return first, [turned(hinge, angles[2]), turned(hinge, angles[3])]
