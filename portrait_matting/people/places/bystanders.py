"""People small in the background, who do not count: they are part of the place.

Who counts: those who stand with the one in front, and whose head is at least a fourth as high as the highest head of
the picture. Who is smaller stands far behind, is as much out of focus as the place, and is background.
"""

from typing import NamedTuple

import cv2
import numpy as np

COUNTS = 0.25
"""A head of this share of the highest head, or more, belongs to somebody who counts."""
_SHARES = (0.06, 0.8 * COUNTS)  # of the highest head: what bystanders' heads have, well below
_LEGS = 0.38  # of the figure's height: what is missing below mid-thigh


class Bystander(NamedTuple):
    """Somebody down to mid-thigh.

    Attributes:
        picture: linear RGB times alpha and alpha, float32 (h, w, 4), filled from the top of the head to the thigh.
        head: of the picture's height, the share that the head has.
    """

    picture: np.ndarray
    head: float


def with_bystanders(
    background: np.ndarray, figures: list[Bystander], rng: np.random.Generator, head: float
) -> np.ndarray:
    """A place with small people in it: linear RGB, float32 (H, W, 3); still to be put out of focus.

    Args:
        background: linear RGB, float32 (H, W, 3).
        figures: who is there; they are reduced, given legs, and lit as the place is around them.
        rng: of where they are.
        head: pixels, the height of the highest head of those who count.
    """
    found = background.copy()
    around = np.median(cv2.resize(background, (32, 32), interpolation=cv2.INTER_AREA), (0, 1))
    around = np.clip(around, 0.004, 1.2)
    height, width = background.shape[:2]
    for figure, share in map(_whole, figures):
        tall = max(4, round(head * rng.uniform(*_SHARES) / share))
        small = cv2.resize(
            figure, (max(2, round(tall * figure.shape[1] / figure.shape[0])), tall), interpolation=cv2.INTER_AREA
        )
        if rng.random() < 0.5:
            small = cv2.flip(small, 1)
        # eyes are near the horizon, as the camera is about as high as they are
        top = round(height * rng.normal(0.36, 0.05))
        left = round(width * rng.uniform(-0.05, 1.05) - small.shape[1] / 2)
        _paste(found, small, top, left, around)
    return found


def _whole(figure: Bystander) -> Bystander:
    """The figure with the rows above its lower edge drawn out downwards and narrower: from afar, they pass for legs."""
    picture = figure.picture
    filled = picture[..., 3].sum(1)
    # trousers end at a slant: the last row that is as full as those above it, of the lower quarter
    lower = np.median(filled[len(filled) * 3 // 4 : np.flatnonzero(filled > 0.5)[-1] + 1])
    picture = picture[: np.flatnonzero(filled >= 0.85 * lower)[-1] + 1]
    tall, wide = picture.shape[:2]
    long = max(1, round(_LEGS * tall))
    middle = (wide - 1) / 2
    narrow = np.linspace(1, 0.6, long, dtype=np.float32)[:, None]
    x = middle + (np.arange(wide, dtype=np.float32) - middle) / narrow
    last = picture[-max(1, tall // 20) :].mean(0, keepdims=True)
    legs = cv2.remap(last, x, np.zeros_like(x), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return Bystander(np.concatenate([picture, legs]), figure.head * len(filled) / (tall + long))


def _paste(background: np.ndarray, figure: np.ndarray, top: int, left: int, around: np.ndarray) -> None:
    height, width = background.shape[:2]
    y0, y1 = max(0, top), min(height, top + figure.shape[0])
    x0, x1 = max(0, left), min(width, left + figure.shape[1])
    if y0 >= y1 or x0 >= x1:
        return
    part = figure[y0 - top : y1 - top, x0 - left : x1 - left]
    place = background[y0:y1, x0:x1]
    alpha = part[..., 3:]
    own = float(part[..., :3].sum()) / max(3 * float(alpha.sum()), 1e-3)
    # about as bright as the place, of a little of its colour: their own colours, of their clothes, stay
    light = np.clip(0.8 * around.mean() / max(own, 1e-3), 0.05, 2) * (around / around.mean()) ** 0.5
    place[...] = part[..., :3] * light.astype(np.float32) + (1 - alpha) * place
