"""A head: skull, ears and neck. One unit is half the height of the head; (0, 0) lies between the eyes and the nose."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.outline import ellipse, mirrored, smooth
from portrait_matting.synthetic.palette import Colour, darker, lighter, skin_tone


@dataclass(frozen=True)
class Head:
    """Proportions of a head, in units of half its height; `yaw` (-1..1) turns the face to the left or the right."""

    skin: Colour
    width: float
    jaw: float
    chin: float
    ears: float
    neck: float
    yaw: float
    child: bool
    old: bool
    masculine: bool
    earrings: bool


def sample_head(rng: np.random.Generator) -> Head:
    """A random head, of a child one time in ten and of an old person one time in six."""
    child, old = rng.random() < 0.1, rng.random() < 0.17
    masculine = rng.random() < 0.5
    return Head(
        skin=skin_tone(rng),
        width=rng.uniform(0.72, 0.82) + 0.06 * child,
        jaw=rng.uniform(0.74, 0.84) + 0.05 * masculine,
        chin=rng.uniform(0.3, 0.4) + 0.06 * masculine,
        ears=rng.uniform(0.85, 1.2),
        neck=(rng.uniform(0.4, 0.46) + 0.06 * masculine) * (0.85 if child else 1.0),
        yaw=rng.uniform(-1, 1),
        child=child,
        old=old and not child,
        masculine=masculine,
        earrings=bool(rng.random() < (0.05 if masculine or child else 0.35)),
    )


def outline(head: Head) -> np.ndarray:
    """The skull and the jaw, without ears: float (n, 2)."""
    w = head.width
    right = [(0, -1), (0.52 * w, -0.9), (0.9 * w, -0.5), (w, -0.05), (0.97 * w, 0.28), (head.jaw * w, 0.64)]
    return smooth(mirrored([*right, (head.chin * w, 0.93), (0, 1.0)]), samples=6)


def draw_neck(brush: Brush, head: Head) -> None:
    """The neck and the skin below it, which a garment then covers; the chin throws its shadow on it."""
    n = head.neck
    brush.fill(
        [
            (-n, 0.3),
            (n, 0.3),
            (1.05 * n, 1.2),
            (1.9 * n, 1.55),
            (1.9 * n, 2.2),
            (-1.9 * n, 2.2),
            (-1.9 * n, 1.55),
            (-1.05 * n, 1.2),
        ],
        darker(head.skin, 0.08),
    )
    shadow = smooth([(-n, 0.5), (n, 0.5), (1.0 * n, 1.0), (0.3 * n * brush.light, 1.32), (-n, 1.0)])
    brush.fill(np.clip(shadow, (-n, 0), (n, 9)), darker(head.skin, 0.3))


def draw_head(brush: Brush, head: Head) -> None:
    """The ears and the skull with soft shading."""
    ry, ears, hollows = 0.23 * head.ears, [], []
    for side in (-1, 1):
        x = side * (head.width - 0.01) - 0.05 * head.yaw
        rx = 0.13 * head.ears * (1 - 0.3 * side * head.yaw)
        ears.append(ellipse(x, 0.1, rx, ry, turn=-0.2 * side))
        hollows.append(ellipse(x + 0.01 * side, 0.1, 0.55 * rx, 0.65 * ry, turn=-0.2 * side))
    brush.fill(ears, darker(head.skin, 0.15))
    brush.fill(hollows, darker(head.skin, 0.3))
    if head.earrings:
        rings = [(side * (head.width + 0.02) - 0.05 * head.yaw, 0.13 + ry) for side in (-1, 1)]
        brush.discs(rings, [0.05, 0.05], (226, 186, 88))
    brush.fill(outline(head), head.skin, shade=0.38)
    cheeks = [(side * 0.56 * head.width + 0.08 * head.yaw, 0.36) for side in (-1, 1)]
    brush.glow(cheeks, 0.2, 0.16, (214, 80, 66), 0.2)
    brush.glow([(0.2 * brush.light + 0.08 * head.yaw, -0.45)], 0.35, 0.2, lighter(head.skin, 0.5), 0.3)
