"""A raised hand beside the head: forearm, palm and five fingers, with gaps between them."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.clothes import Clothes
from portrait_matting.synthetic.head import Head
from portrait_matting.synthetic.outline import smooth
from portrait_matting.synthetic.palette import darker

_FINGERS = ((-0.24, -0.72, 0.105), (-0.09, -0.84, 0.11), (0.07, -0.82, 0.108), (0.22, -0.66, 0.095))


@dataclass(frozen=True)
class Hand:
    """`side` -1 or 1, 0 for no hand; `height` of the wrist in units of half a head; `spread` of the fingers."""

    side: int
    height: float
    lean: float
    spread: float


def sample_hand(rng: np.random.Generator) -> Hand:
    """A hand for one person in eight."""
    side = pick(rng, (-1, 1)) if rng.random() < 0.125 else 0
    return Hand(side, rng.uniform(0.75, 1.25), rng.uniform(-0.3, 0.15), rng.uniform(0.7, 1.3))


def draw_hand(brush: Brush, head: Head, clothes: Clothes, hand: Hand) -> None:
    """Paints the forearm in its sleeve and the open hand above it."""
    if not hand.side:
        return
    s, skin = hand.side, head.skin
    wrist = np.array([s * 1.5, hand.height])
    sleeve = skin if clothes.garment == "tank_top" else clothes.colour
    elbow = (s * (clothes.shoulder + 0.25), 3.6)
    arm = brush._replace(origin=tuple(brush.place(wrist)))
    dx, dy = np.array(elbow) - wrist
    upper = [(dx + s * 0.36, dy), (dx + s * 0.36, dy + 4), (dx - s * 0.5, dy + 4), (dx - s * 0.36, dy)]
    arm.fill([(s * -0.2, 0.3), (s * 0.2, 0.3), *upper], sleeve, shade=0.4)
    palm = arm.turned(s * hand.lean, (0, 0))
    palm.fill(
        smooth([(-0.15, 0.45), (-0.15, 0.02), (-0.3, -0.35), (0.28, -0.35), (0.15, 0.02), (0.15, 0.45)]),
        skin,
        shade=0.25,
    )
    for x, y, width in _FINGERS:
        tip = (x * (1 + 0.6 * hand.spread), y)
        palm.line([(x, -0.3), tip], darker(skin, 0.16), width + 0.025)
        palm.line([(x, -0.25), tip], skin, width)
    thumb = [(-s * 0.18, -0.05), (-s * 0.36, -0.2), (-s * 0.46, -0.42)]
    palm.line(smooth(thumb, closed=False), darker(skin, 0.16), 0.15)
    palm.line(smooth(thumb, closed=False), skin, 0.125)
    palm.fill(smooth([(-0.22, -0.05), (-0.27, -0.33), (0.25, -0.33), (0.2, -0.05)]), skin)
    palm.line(smooth([(-0.15, -0.24), (0, -0.17), (0.17, -0.22)], closed=False), darker(skin, 0.16), 0.018)
    arm.fill(smooth([(-0.21, 0.3), (0.21, 0.3), (0.23, 0.46), (-0.23, 0.46)]), darker(sleeve, 0.15))
