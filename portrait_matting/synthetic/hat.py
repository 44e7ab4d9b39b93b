"""Hats, headbands and headphones, worn over the hair. Units are half a head; the crown of a bald head is at y = -1."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.hair import Hair
from portrait_matting.synthetic.head import Head
from portrait_matting.synthetic.outline import ellipse, mirrored, smooth
from portrait_matting.synthetic.palette import Colour, any_colour, darker, lighter
from portrait_matting.synthetic.strand import grow

HATS = ("beanie", "cap", "fedora", "headband", "headscarf", "headphones", "helmet")
CLOSED = ("beanie", "cap", "fedora", "helmet")  # no strand stands up through these


@dataclass(frozen=True)
class Hat:
    """A kind of HATS or "none" in two colours."""

    kind: str
    colour: Colour
    second: Colour
    seed: int


def sample_hat(rng: np.random.Generator, head: Head, hair: Hair) -> Hat:
    """A hat for about one person in four, where the hair leaves room for it."""
    kind = pick(rng, HATS, (0.21, 0.2, 0.15, 0.09, 0.13, 0.1, 0.12)) if rng.random() < 0.3 else "none"
    if kind == "headscarf" and head.masculine:
        kind = "beanie"
    if kind in (*CLOSED, "headphones") and hair.style in ("afro", "bun", "ponytail", "curly", "spiky"):
        kind = "none"
    return Hat(kind, any_colour(rng), any_colour(rng), int(rng.integers(2**32)))


def draw_hat(brush: Brush, head: Head, hair: Hair, hat: Hat) -> None:
    """Paints the hat; `w` is its half-width and `top` the height of the hair below it."""
    w, top = head.width + 0.06 + 0.55 * hair.volume, -1.14 - 0.6 * hair.volume
    if hat.kind == "beanie":
        _draw_beanie(brush, hat, w, top)
    elif hat.kind == "cap":
        _draw_cap(brush, hat, w, top, 0.35 * head.yaw)
    elif hat.kind == "fedora":
        _draw_fedora(brush, hat, w, top)
    elif hat.kind == "helmet":
        _draw_helmet(brush, head, hat, w, top)
    elif hat.kind == "headband":
        band = [(0, -0.86), (0.6 * w, -0.75), (0.99 * w, -0.44), (1.01 * w, -0.2), (0.62 * w, -0.52), (0, -0.62)]
        brush.fill(smooth(mirrored(band)), hat.second, shade=0.35)
    elif hat.kind == "headphones":
        t = np.linspace(0, np.pi, 24)
        arc = np.stack([-(w + 0.06) * np.cos(t), 0.05 + (top - 0.05) * np.sin(t)], 1)
        brush.line(arc, darker(hat.second, 0.6), 0.1)
        for side in (-1, 1):
            brush.fill(ellipse(side * (w + 0.06), 0.1, 0.17, 0.28), hat.colour, shade=0.4)
            brush.fill(ellipse(side * (w + 0.1), 0.1, 0.1, 0.2), darker(hat.colour, 0.3))


def _draw_beanie(brush: Brush, hat: Hat, w: float, top: float) -> None:
    if hat.seed % 2:
        rng, n = np.random.default_rng(hat.seed), 160
        y = top - 0.18
        brush.disc(0, y, 0.16, hat.second)
        wool = grow(rng, np.tile([[0.0, y]], (n, 1)), rng.uniform(0, 6.3, n), rng.uniform(0.14, 0.25, n), 0.1, 0.4)
        brush.strands(wool, [hat.second, lighter(hat.second, 0.2), darker(hat.second, 0.2)], 0.02)
    dome = [(0, top - 0.08), (0.6 * w, top + 0.06), (w, -0.62), (1.01 * w, -0.3), (0, -0.42)]
    brush.fill(smooth(mirrored(dome)), hat.colour, shade=0.45)
    band = [(0, -0.72), (0.55 * w, -0.66), (1.03 * w, -0.48), (1.05 * w, -0.2), (0.55 * w, -0.36), (0, -0.42)]
    brush.fill(smooth(mirrored(band)), lighter(hat.colour, 0.08), shade=0.4)
    x = np.linspace(-0.97, 0.97, 17)
    ribs = np.stack([np.stack([k * w * x, y + 0.2 * x * x], 1) for k, y in ((1.02, -0.69), (1.03, -0.44))], 1)
    brush.strands(ribs, [darker(hat.colour, 0.22)], 0.018)


def _draw_cap(brush: Brush, hat: Hat, w: float, top: float, turn: float) -> None:
    dome = [(0, top - 0.02), (0.62 * w, top + 0.1), (w, -0.6), (1.02 * w, -0.38), (0, -0.5)]
    brush.fill(smooth(mirrored(dome)), hat.colour, shade=0.45)
    for x in (-0.4, 0.4):
        brush.line(
            smooth([(0, top), (x * w, -0.95), (1.2 * x * w, -0.5)], closed=False), darker(hat.colour, 0.25), 0.015
        )
    brush.fill(ellipse(0, top - 0.02, 0.06, 0.035), darker(hat.colour, 0.2))
    upper = np.array([(-0.9 * w, -0.46), (0, -0.62), (0.9 * w, -0.46)]) + [(0.3 * turn, 0), (turn, 0), (0.3 * turn, 0)]
    lower = np.array([(0.75 * w, -0.24), (0, -0.3), (-0.75 * w, -0.24)]) + [(turn, 0), (1.3 * turn, 0), (turn, 0)]
    brush.fill(smooth(np.concatenate([upper, lower])), hat.second, shade=0.4)
    brush.fill(ellipse(0.5 * turn, -0.82, 0.13, 0.1), lighter(hat.second, 0.2))


def _draw_helmet(brush: Brush, head: Head, hat: Hat, w: float, top: float) -> None:
    straps = np.array([(0.98 * w, -0.4), (0.9 * w, 0.3), (0.12, 1.02)])
    brush.strands(smooth(np.stack([straps, straps * (-1, 1)]), closed=False), [darker(hat.second, 0.7)], 0.05)
    shell = [(0, top - 0.2), (0.7 * w, top - 0.02), (1.12 * w, -0.62), (1.12 * w, -0.34), (0.6 * w, -0.5), (0, -0.54)]
    brush.fill(smooth(mirrored(shell)), hat.colour, shade=0.5)
    if hat.seed % 2:  # a cyclist's, with openings that the hair is seen through
        slots = [ellipse(x * w, top + 0.22 + 0.3 * abs(x), 0.09, 0.2, turn=0.5 * x) for x in (-0.62, -0.2, 0.2, 0.62)]
        brush.fill(slots, darker(hat.colour, 0.8))
    else:  # a builder's, with a rim and a ridge
        brim = [(0, -0.62), (0.8 * w, -0.6), (1.3 * w, -0.42), (0.8 * w, -0.4), (0, -0.4)]
        brush.fill(smooth(mirrored(brim)), lighter(hat.colour, 0.1), shade=0.3)
        brush.line([(0, top - 0.2), (0.02 * head.yaw, -0.6)], darker(hat.colour, 0.2), 0.08)
    brush.glow([(0.45 * w * brush.light, top + 0.2)], 0.2, 0.14, (255, 255, 255), 0.4)


def _draw_fedora(brush: Brush, hat: Hat, w: float, top: float) -> None:
    crown = [(0, top - 0.2), (0.5 * w, top - 0.28), (0.85 * w, top + 0.12), (0.97 * w, -0.5), (0, -0.4)]
    brush.fill(smooth(mirrored(crown)), hat.colour, shade=0.45)
    brush.fill(mirrored([(0, -0.66), (0.96 * w, -0.74), (0.99 * w, -0.48), (0, -0.38)]), hat.second)
    brim = [(0, -0.5), (0.9 * w, -0.56), (1.75 * w, -0.62), (1.1 * w, -0.34), (0, -0.26)]
    brush.fill(smooth(mirrored(brim)), hat.colour, shade=0.45)
