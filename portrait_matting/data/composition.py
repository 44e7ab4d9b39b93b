"""A cut-out person before a background: where in the frame, how large, which way round."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from portrait_matting.images.network_input import resize

Backgrounds = Callable[[np.random.Generator, int, int], np.ndarray]
"""A random background of a height and width: uint8 RGB (height, width, 3)."""

_SEEN = 8 / 255  # alpha from which a pixel belongs to the person's box: less is a tool's noise
_OPAQUE = 0.5
_SIZE = (0.55, 1.25)  # of the largest person that the frame holds
_MOST_ENLARGED = 2.0  # times: beyond, soft edges are of no real photo
_MOST_SHOWN = 2.5  # times the frame: _SIZE, and a figure's upper part twice as large
_FIGURE = 1.6  # height of a box by its width from which it is a whole figure, and a frame may show its upper part
_ABOVE, _BELOW, _BESIDE = 0.04, 0.15, 0.2  # of what is seen of a person, the most that lies beyond that side


class BoxedCutOut(NamedTuple):
    """A person cut out, and the box around them.

    Attributes:
        colours: uint8 RGB (h, w, 3), not multiplied by alpha.
        alpha: float32 (h, w) in [0, 1].
        ends: whether the person ends at the picture's border: above, below, left and right.
    """

    colours: np.ndarray
    alpha: np.ndarray
    ends: tuple[bool, bool, bool, bool]


def boxed(colours: np.ndarray, alpha: np.ndarray) -> BoxedCutOut:
    """A person without the empty picture around them: views of uint8 RGB (H, W, 3) and float32 (H, W)."""
    seen = alpha >= _SEEN
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    ends = tuple(bool((border > _OPAQUE).any()) for border in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]))
    return BoxedCutOut(colours[box], alpha[box], ends)


def reduced(person: BoxedCutOut, height: int, width: int) -> BoxedCutOut:
    """A person in as many pixels as a frame of this size can show, where they have more.

    Colours are means of those that are seen: what stands where alpha is 0 stays out of them.
    """
    tall, wide = person.alpha.shape
    scale = _MOST_SHOWN * max(height / tall, width / wide)
    if scale >= 1:
        return person
    size = max(1, round(scale * wide)), max(1, round(scale * tall))
    weight = np.where(person.alpha > 0, np.float32(1), np.float32(1e-3))
    share = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    means = [
        cv2.resize(person.colours[..., channel] * weight, size, interpolation=cv2.INTER_AREA) / share
        for channel in range(3)  # one by one: a photo of a camera has hundreds of megabytes as floats
    ]
    alpha = cv2.resize(person.alpha, size, interpolation=cv2.INTER_AREA)
    return BoxedCutOut(np.rint(cv2.merge(means)).astype(np.uint8), alpha, person.ends)


def compose(
    person: BoxedCutOut, backgrounds: Backgrounds, rng: np.random.Generator, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Puts a person somewhere into a frame, before a background: all by the random generator alone.

    A side on which the person ends with their picture lies at the frame's border or beyond it: no one ends in mid-air.

    Returns:
        image: uint8 RGB (height, width, 3), alpha F + (1 - alpha) B. alpha: float32 (height, width) in [0, 1].
    """
    background = backgrounds(rng, height, width)
    if rng.random() < 0.5:
        above, below, left, right = person.ends
        person = BoxedCutOut(person.colours[:, ::-1], person.alpha[:, ::-1], (above, below, right, left))
    scale = _scale(person, rng, height, width)
    size = [max(1, round(scale * side)) for side in person.alpha.shape]
    top = _top(person.ends, rng, size[0], height)
    left = _left(person.ends, rng, size[1], width)
    # Colours multiplied by alpha are what may be averaged: what stands where alpha is 0 then counts for nothing.
    weight = person.alpha.copy()  # of one column, ascontiguousarray would keep the mirror's stride of less than 0
    colours = person.colours.copy() * cv2.merge([weight] * 3)
    alpha, own = (_framed(resize(part, *size), top, left, height, width) for part in (weight, colours))
    alpha = np.clip(alpha, 0, 1)
    image = own + background * cv2.merge([1 - alpha] * 3)
    return np.rint(np.clip(image, 0, 255, out=image)).astype(np.uint8), alpha


def _scale(person: BoxedCutOut, rng: np.random.Generator, height: int, width: int) -> float:
    tall, wide = person.alpha.shape
    above, below, left, right = person.ends
    scale = min(height / tall, width / wide) * rng.uniform(*_SIZE)
    if rng.random() < 0.5 and not below and tall > _FIGURE * wide:
        scale *= rng.uniform(1, 2)
    scale = min(scale, _MOST_ENLARGED)
    least = max([width / wide] * (left and right) + [height / tall] * (above and below), default=0.0)
    return max(scale, least)


def _top(ends: tuple[bool, ...], rng: np.random.Generator, length: int, frame: int) -> int:
    above, below = ends[:2]
    if above:
        return _between(rng, max(frame - length, -0.1 * length) if below else -0.1 * length, 0)
    lowest = frame - (1 - _BELOW) * min(length, frame)
    highest = -_ABOVE * min(length, frame)
    return _between(rng, max(highest, frame - length) if below else highest, lowest)


def _left(ends: tuple[bool, ...], rng: np.random.Generator, length: int, frame: int) -> int:
    left, right = ends[2:]
    beside = _BESIDE * min(length, frame)
    first, last = (frame - length, 0) if length > frame else (0, frame - length)
    if left and right:
        return _between(rng, frame - length, 0)
    if left:
        return _between(rng, max(-beside, frame - length) if length > frame else -beside, 0)
    if right:
        return frame - length + _between(rng, 0, min(beside, length - frame) if length > frame else beside)
    return _between(rng, first - beside, last + beside)


def _between(rng: np.random.Generator, one: float, other: float) -> int:
    return round(rng.uniform(min(one, other), max(one, other)))


def _framed(picture: np.ndarray, top: int, left: int, height: int, width: int) -> np.ndarray:
    """The part of a picture, which lies at (top, left) in a frame, that is within it; 0 around it."""
    frame = np.zeros((height, width, *picture.shape[2:]), np.float32)
    tall, wide = picture.shape[:2]
    rows = slice(max(top, 0), min(top + tall, height))
    columns = slice(max(left, 0), min(left + wide, width))
    frame[rows, columns] = picture[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return frame
