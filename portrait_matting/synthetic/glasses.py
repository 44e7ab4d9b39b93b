"""Glasses: round, square or dark."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.face import Face
from portrait_matting.synthetic.head import Head
from portrait_matting.synthetic.outline import smooth
from portrait_matting.synthetic.palette import Colour, any_colour, darker, lighter

GLASSES = ("round", "square", "sun")


@dataclass(frozen=True)
class Glasses:
    """A kind of GLASSES or "none", and the colour of the frame."""

    kind: str
    frame: Colour


def sample_glasses(rng: np.random.Generator) -> Glasses:
    """Glasses for about one person in four."""
    kind = pick(rng, GLASSES, (0.4, 0.4, 0.2)) if rng.random() < 0.26 else "none"
    return Glasses(kind, any_colour(rng, value=(0.05, 0.45)))


def draw_glasses(brush: Brush, head: Head, face: Face, glasses: Glasses) -> None:
    """Paints the frame, and the lenses where they are dark."""
    if glasses.kind == "none":
        return
    turn, r = 0.1 * head.yaw, 0.235
    power = 1.0 if glasses.kind == "round" else 0.55
    angle = np.linspace(0, 2 * np.pi, 32)
    cos, sin = np.cos(angle), np.sin(angle)
    lens = np.stack([np.sign(cos) * abs(cos) ** power * r, np.sign(sin) * abs(sin) ** power * 0.82 * r], 1)
    for side in (-1, 1):
        x = turn + side * (face.eye_gap + 0.01)
        if glasses.kind == "sun":
            brush.fill(lens * 1.08 + (x, 0.03), darker(glasses.frame, 0.7), shade=0.4)
            brush.fill(smooth([(x - 0.12, -0.06), (x - 0.02, -0.1), (x - 0.08, 0.02)]), lighter(glasses.frame, 0.35))
        brush.line(lens + (x, 0.03), glasses.frame, 0.034)
        brush.line([(x + side * r, -0.03), (side * head.width - 0.03 * head.yaw, -0.05)], glasses.frame, 0.034)
    gap = face.eye_gap - r + 0.02
    brush.line(smooth([(turn - gap, 0.0), (turn, -0.04), (turn + gap, 0.0)], closed=False), glasses.frame, 0.034)
