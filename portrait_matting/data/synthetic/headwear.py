"""What is worn on the head: hats, a headscarf, glasses and headphones."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.data.synthetic.brush import Brush, ellipse, mirrored, smooth
from portrait_matting.data.synthetic.face import Face
from portrait_matting.data.synthetic.hair import Hair
from portrait_matting.data.synthetic.head import Head
from portrait_matting.data.synthetic.palette import Colour, any_colour, darker, lighter
from portrait_matting.data.synthetic.strand import grow

HATS = ("beanie", "cap", "fedora", "headband", "headscarf", "headphones")
GLASSES = ("none", "round", "square", "sun")


@dataclass(frozen=True)
class Headwear:
    """A hat of HATS or "none", and glasses of GLASSES."""

    hat: str
    colour: Colour
    second: Colour
    glasses: str
    frame: Colour
    seed: int


def sample_headwear(rng: np.random.Generator, head: Head, hair: Hair) -> Headwear:
    """A hat for one person in four, where the hair leaves room for it, and glasses for one in four."""
    roomy = hair.style not in ("afro", "bun", "ponytail", "curly", "spiky")
    hat = str(rng.choice(HATS, p=(0.25, 0.22, 0.17, 0.1, 0.14, 0.12))) if rng.random() < 0.28 else "none"
    if hat == "headscarf" and head.masculine:
        hat = "beanie"
    return Headwear(
        hat=hat if roomy or hat in ("headscarf", "headband") else "none",
        colour=any_colour(rng),
        second=any_colour(rng),
        glasses=str(rng.choice(GLASSES[1:], p=(0.4, 0.4, 0.2))) if rng.random() < 0.26 else "none",
        frame=any_colour(rng, value=(0.05, 0.45)),
        seed=int(rng.integers(2**32)),
    )


def draw_headscarf_back(brush: Brush, head: Head, headwear: Headwear) -> None:
    """The part of a headscarf that lies behind the face and over the neck and shoulders."""
    w, cloth = head.width, headwear.colour
    right = [
        (0, -1.2),
        (0.75 * w, -1.08),
        (1.2 * w, -0.4),
        (1.2 * w, 0.4),
        (1.05 * w, 0.95),
        (1.5 * w, 1.5),
        (1.2 * w, 2.1),
        (0, 2.5),
    ]
    brush.fill(smooth(mirrored(right)), cloth, shade=0.45)
    for side, lift in ((-1, 0.0), (1, 0.12), (-1, 0.24)):
        fold = [(side * 0.9 * w, 0.9 + lift), (side * 0.2, 1.25 + lift), (-side * 0.8 * w, 1.65 + lift)]
        brush.line(smooth(fold, closed=False), darker(cloth, 0.22), 0.035)


def draw_headscarf_front(brush: Brush, head: Head, headwear: Headwear) -> None:
    """The rim of a headscarf around the face."""
    w, turn = head.width, 0.04 * head.yaw
    angle = np.linspace(0, 2 * np.pi, 48)
    ring = np.stack([np.sin(angle), -np.cos(angle)], 1)
    face = ring * (0.83 * w, 0.83) + (turn, 0.1)
    brush.fill(np.concatenate([ring * (1.12 * w, 1.06) + (0, -0.03), face[::-1]]), headwear.colour, shade=0.3)
    brush.line(face, darker(headwear.colour, 0.3), 0.03)
    for k in (0.93, 1.03):
        brush.line((ring * (k * w, 0.95) + (turn / 2, 0.03))[30:46], darker(headwear.colour, 0.18), 0.02)


def draw_hat(brush: Brush, head: Head, hair: Hair, headwear: Headwear) -> None:
    """Paint the hat over the hair."""
    w = head.width + 0.06 + 0.55 * hair.volume
    cloth, band = headwear.colour, headwear.second
    top = -1.14 - 0.6 * hair.volume
    if headwear.hat == "beanie":
        rng = np.random.default_rng(headwear.seed)
        if headwear.seed % 2:
            angle = rng.uniform(0, 2 * np.pi, 160)
            roots = np.tile([[0.0, top - 0.16]], (160, 1))
            brush.fill(ellipse(0, top - 0.16, 0.15, 0.15), band)
            strands = grow(rng, roots, angle, rng.uniform(0.14, 0.24, 160), 0.1, 0.4, points=5)
            brush.strands(strands, [band, lighter(band, 0.2), darker(band, 0.2)], 0.02)
        brush.fill(
            smooth(mirrored([(0, top - 0.08), (0.6 * w, top + 0.06), (w, -0.62), (1.01 * w, -0.3), (0, -0.42)])),
            cloth,
            shade=0.45,
        )
        brow = smooth([(-1.03 * w, -0.5), (0, -0.72), (1.03 * w, -0.5), (1.05 * w, -0.2), (0, -0.4), (-1.05 * w, -0.2)])
        brush.fill(brow, lighter(cloth, 0.08), shade=0.4)
        for x in np.linspace(-0.95, 0.95, 15):
            bow = 0.2 * x * x
            brush.line([(x * 1.02 * w, -0.68 + bow), (x * 1.03 * w, -0.42 + bow)], darker(cloth, 0.22), 0.018)
    elif headwear.hat == "cap":
        side = 0.35 * head.yaw
        brush.fill(
            smooth(mirrored([(0, top - 0.02), (0.62 * w, top + 0.1), (w, -0.6), (1.02 * w, -0.38), (0, -0.5)])),
            cloth,
            shade=0.45,
        )
        for x in (-0.4, 0.4):
            seam = smooth([(0, top), (x * w, -0.95), (1.2 * x * w, -0.5)], closed=False)
            brush.line(seam, darker(cloth, 0.25), 0.015)
        brush.fill(ellipse(0, top - 0.02, 0.06, 0.035), darker(cloth, 0.2))
        visor = [
            (-0.9 * w + 0.3 * side, -0.46),
            (side, -0.62),
            (0.9 * w + 0.3 * side, -0.46),
            (0.75 * w + side, -0.24),
            (1.3 * side, -0.3),
            (-0.75 * w + side, -0.24),
        ]
        brush.fill(smooth(visor), band, shade=0.4)
        brush.fill(ellipse(0.5 * side, -0.82, 0.13, 0.1), lighter(band, 0.2))
    elif headwear.hat == "fedora":
        brush.fill(
            smooth(
                mirrored([(0, top - 0.2), (0.5 * w, top - 0.28), (0.85 * w, top + 0.12), (0.97 * w, -0.5), (0, -0.4)])
            ),
            cloth,
            shade=0.45,
        )
        brush.fill(
            [(-0.96 * w, -0.74), (0, -0.66), (0.96 * w, -0.74), (0.99 * w, -0.48), (0, -0.38), (-0.99 * w, -0.48)], band
        )
        brim = smooth(
            [
                (-1.75 * w, -0.62),
                (-0.9 * w, -0.56),
                (0, -0.5),
                (0.9 * w, -0.56),
                (1.75 * w, -0.62),
                (1.1 * w, -0.34),
                (0, -0.26),
                (-1.1 * w, -0.34),
            ]
        )
        brush.fill(brim, cloth, shade=0.45)
    elif headwear.hat == "headband":
        brush.fill(
            smooth(
                mirrored([(0, -0.84), (0.6 * w, -0.72), (0.98 * w, -0.44), (w, -0.22), (0.62 * w, -0.5), (0, -0.6)])
            ),
            band,
            shade=0.35,
        )
    elif headwear.hat == "headphones":
        t = np.linspace(0, np.pi, 24)
        arc = np.stack([-(w + 0.06) * np.cos(t), 0.05 - (1.2 + 0.7 * hair.volume) * np.sin(t)], 1)
        brush.line(arc, headwear.frame, 0.1)
        for side in (-1, 1):
            brush.fill(ellipse(side * (w + 0.06), 0.1, 0.17, 0.28), cloth, shade=0.4)
            brush.fill(ellipse(side * (w + 0.1), 0.1, 0.1, 0.2), darker(cloth, 0.3))


def draw_glasses(brush: Brush, head: Head, face: Face, headwear: Headwear) -> None:
    """Paint the frame, and the lenses where they are dark."""
    if headwear.glasses == "none":
        return
    turn, r = 0.1 * head.yaw, 0.235
    power = 1.0 if headwear.glasses == "round" else 0.55
    angle = np.linspace(0, 2 * np.pi, 32)
    cos, sin = np.cos(angle), np.sin(angle)
    lens = np.stack([np.sign(cos) * abs(cos) ** power * r, np.sign(sin) * abs(sin) ** power * 0.82 * r], 1)
    for side in (-1, 1):
        x = turn + side * (face.eye_gap + 0.01)
        if headwear.glasses == "sun":
            brush.fill(lens * 1.08 + (x, 0.03), darker(headwear.frame, 0.7), shade=0.4)
            glint = [(x - 0.12, -0.06), (x - 0.02, -0.1), (x - 0.08, 0.02)]
            brush.fill(smooth(glint), lighter(headwear.frame, 0.35))
        brush.line(lens + (x, 0.03), headwear.frame, 0.034)
        brush.line([(x + side * r, -0.03), (side * head.width - 0.03 * head.yaw, -0.05)], headwear.frame, 0.034)
    gap = face.eye_gap - r + 0.02
    brush.line(smooth([(turn - gap, 0.0), (turn, -0.04), (turn + gap, 0.0)], closed=False), headwear.frame, 0.034)
