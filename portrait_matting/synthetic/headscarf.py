"""A headscarf: cloth around the face, over the neck and onto the shoulders."""

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.head import Head
from portrait_matting.synthetic.outline import mirrored, smooth
from portrait_matting.synthetic.palette import Colour, darker


def draw_headscarf_back(brush: Brush, head: Head, colour: Colour) -> None:
    """The part that lies behind the face and over the neck; to be painted over the clothes and before the head."""
    w = head.width
    upper = [(0, -1.2), (0.75 * w, -1.08), (1.2 * w, -0.4), (1.2 * w, 0.4)]
    brush.fill(smooth(mirrored([*upper, (1.05 * w, 0.95), (1.5 * w, 1.5), (1.2 * w, 2.1), (0, 2.5)])), colour, 0.45)
    for side, lift in ((-1, 0.0), (1, 0.12), (-1, 0.24)):
        fold = [(side * 0.9 * w, 0.9 + lift), (side * 0.2, 1.25 + lift), (-side * 0.8 * w, 1.65 + lift)]
        brush.line(smooth(fold, closed=False), darker(colour, 0.22), 0.035)


def draw_headscarf_front(brush: Brush, head: Head, colour: Colour) -> None:
    """The rim around the face; to be painted over the head."""
    w, turn = head.width, 0.04 * head.yaw
    angle = np.linspace(0, 2 * np.pi, 48)
    ring = np.stack([np.sin(angle), -np.cos(angle)], 1)
    face = ring * (0.83 * w, 0.83) + (turn, 0.1)
    brush.fill(np.concatenate([ring * (1.12 * w, 1.06) + (0, -0.03), face[::-1]]), colour, shade=0.3)
    brush.line(face, darker(colour, 0.3), 0.03)
    for k in (0.93, 1.03):
        brush.line((ring * (k * w, 0.95) + (turn / 2, 0.03))[30:46], darker(colour, 0.18), 0.02)
