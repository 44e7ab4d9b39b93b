"""The hand that holds something: its own axes, and how its fingers close."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.bodies.pose import rotation

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
        (k, i): data.joints[data.bone(f"finger{k}-{i}.{side}")].astype(np.float64)
        for k in range(1, 6)
        for i in (1, 2, 3)
    }
    found = {}
    radius, middle = size / 2 + _FINGER, np.array(centre(size))
    for k in _FINGERS:
        points = np.stack([joints[k, i] for i in (1, 2, 3)])
        points = np.concatenate([points, points[2:] + 0.9 * (points[2:] - points[1:2])])  # the tip is not in the data
        points = np.stack([(points - own.palm) @ own.along, (points - own.palm) @ own.out], 1)
        at, turned = points[0], 0.0
        for i in (1, 2, 3):
            ahead = points[i] - points[i - 1]
            length, before = float(np.linalg.norm(ahead)), math.atan2(ahead[1], ahead[0])
            # what is flat is carried by fingers that are nearly straight
            wanted = (-0.04, 0.06, 0.12)[i - 1] if flat else _onto(at, length, middle, radius)
            found[f"finger{k}-{i}.{side}"] = rotation(bend, math.degrees(wanted - before - turned))
            turned = wanted - before
            at = at + length * np.array([math.cos(wanted), math.sin(wanted)])
    found.update(_thumb(side, own, joints, size, flat))
    return found


def centre(size: float) -> tuple[float, float]:
    """Where the middle of a round thing is, from the palm: along the hand and out of it, metres."""
    return -0.004, size / 2 + 0.003


def _onto(start: np.ndarray, length: float, middle: np.ndarray, radius: float) -> float:
    """The direction, in radians, of a bone whose end is to lie on a circle (the law of cosines)."""
    offset = middle - start
    far = float(np.linalg.norm(offset))
    cosine = (length**2 + far**2 - radius**2) / (2 * length * far)
    return math.atan2(offset[1], offset[0]) - math.acos(min(max(cosine, -1.0), 1.0))


def _thumb(side: str, own: Hand, joints, size: float, flat: bool) -> dict[str, np.ndarray]:
    """The thumb, brought to the other side of the thing: what fits best of many tries."""
    a, b, c = (joints[1, i] for i in (1, 2, 3))
    tip = c + 0.9 * (c - b)
    thick = (0.01 if size < 0.09 else 0.022) if flat else size
    middle = own.palm + own.out * thick / 2
    if flat:
        goal = middle + 0.002 * own.along + 0.03 * own.across + own.out * (0.5 * thick + 0.004)
        goal_joint = goal - 0.020 * own.across - 0.018 * own.along - 0.002 * own.out
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
    angles = np.degrees(angles)
    first = rotation(own.along, angles[0]) @ rotation(own.out, angles[1])
    ahead = thumb / np.linalg.norm(thumb)
    hinge = np.cross(ahead, own.along + 0.4 * own.out)
    hinge /= np.linalg.norm(hinge)
    return first, [rotation(hinge, angles[2]), rotation(hinge, angles[3])]
