"""Hair: bald to long, as a mass of colour with single strands inside it and beyond its rim."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.chance import pick
from portrait_matting.synthetic.head import Head
from portrait_matting.synthetic.palette import DYES, HAIR_COLOURS, Colour, darker, lighter, mix, near
from portrait_matting.synthetic.strand import WIDTH, between, grow, hairline, paint, rim
from portrait_matting.synthetic.tress import draw_bun, draw_cloud, draw_curtain, draw_tail

STYLES = ("bald", "buzz", "short", "spiky", "curly", "afro", "long", "bob", "bun", "ponytail", "pigtails")
_MASCULINE = (0.1, 0.14, 0.28, 0.14, 0.12, 0.08, 0.08, 0.0, 0.03, 0.03, 0.0)
_FEMININE = (0.01, 0.03, 0.1, 0.03, 0.11, 0.1, 0.28, 0.14, 0.09, 0.07, 0.04)


@dataclass(frozen=True)
class Hair:
    """A style of STYLES and its measures in units of half a head; `seed` fixes the single strands."""

    style: str
    colour: Colour
    volume: float
    height: float
    parting: float
    length: float
    wave: float
    fringe: bool
    flyaways: int
    seed: int


def sample_hair(rng: np.random.Generator, head: Head) -> Hair:
    """Random hair for `head`."""
    style = pick(rng, STYLES, _MASCULINE if head.masculine else _FEMININE)
    dark = sum(head.skin) < 400
    colour = HAIR_COLOURS[rng.integers(3 if dark else 9)]
    if head.old:
        colour = HAIR_COLOURS[rng.integers(9, 12)]
    elif rng.random() < 0.05:
        colour = DYES[rng.integers(len(DYES))]
    volume = {"buzz": (0.0, 0.03), "curly": (0.16, 0.3), "afro": (0.3, 0.75), "bald": (0.0, 0.01), "bun": (0.02, 0.06)}
    receding = head.masculine and rng.random() < (0.5 if head.old else 0.15)
    return Hair(
        style=style,
        colour=near(colour, rng, 8),
        volume=rng.uniform(*volume.get(style, (0.05, 0.18))),
        height=rng.uniform(0.86, 0.95) if receding else rng.uniform(0.68, 0.8),
        parting=pick(rng, [0.3, 0.5, 0.7]) + rng.uniform(-0.06, 0.06),
        length=rng.uniform(1.3, 3.2),
        wave=pick(rng, [0.05, 0.25, 0.6]) * rng.uniform(0.7, 1.3),
        fringe=not receding and bool(rng.random() < (0.15 if head.masculine else 0.3)),
        flyaways=int(rng.integers(15, 90)),
        seed=int(rng.integers(2**32)),
    )


def draw_back_hair(brush: Brush, head: Head, hair: Hair) -> None:
    """What hangs or stands behind the head; to be painted before the body."""
    rng, colour = np.random.default_rng([hair.seed, 0]), hair.colour
    w = head.width + hair.volume
    if hair.style in ("long", "bob"):
        end = hair.length if hair.style == "long" else 0.95
        draw_curtain(brush, rng, darker(colour, 0.25), hair.wave, (-w - 0.05, w + 0.05), (-0.3, end), 84)
    elif hair.style == "ponytail":
        draw_tail(brush, rng, colour, hair.wave, (np.sign(hair.parting - 0.5) * 0.4 * w, -0.85), 1.9)
    elif hair.style == "pigtails":
        for side in (-1, 1):
            draw_tail(brush, rng, colour, hair.wave, (side * (w - 0.02), -0.1), 1.3)
    elif hair.style == "bun":
        draw_bun(brush, rng, colour, 0.3 * (hair.parting - 0.5), -1.18 - hair.volume, 0.3 + hair.volume)
    elif hair.style in ("curly", "afro"):
        draw_cloud(brush, rng, head, colour, hair.volume, 2.2 if hair.style == "afro" else 1.6)


def draw_front_hair(brush: Brush, head: Head, hair: Hair, hat: bool) -> None:
    """The cap of hair with its hairline, the fringe, and strands that leave the rim; nothing above a hat's band."""
    if hair.style == "bald":
        return
    rng = np.random.default_rng([hair.seed, 1])
    t = np.linspace(0, 1, 33)
    outer, inner = rim(head, hair.volume, t), hairline(head, hair.height, hair.parting, t)
    colour = mix(hair.colour, head.skin, 0.35) if hair.style == "buzz" else hair.colour
    hangs = hair.style in ("long", "bob")
    if hangs:
        _locks(brush, rng, head, hair)
    brush.fill(np.concatenate([outer, inner[::-1]]), colour, shade=0.15 if hangs else 0.4)
    brush.glow([(0.35 * brush.light, -0.82)], 0.35, 0.14, lighter(colour, 0.6), 0.28)
    if hangs or hair.style in ("short", "pigtails"):
        _parted(brush, rng, head, hair)
    else:
        _combed(brush, rng, head, hair)
    if hair.fringe and hair.style not in ("buzz", "afro"):
        _fringe(brush, rng, head, hair)
    if not hat and hair.style != "buzz":
        n = hair.flyaways
        t = rng.uniform(0, 1, n)
        away = np.pi + np.pi * t + rng.normal(0, 0.7, n)
        reach = 0.5 if hangs or hair.style == "curly" else 0.2
        roots, length = rim(head, hair.volume - 0.04, t), reach * rng.uniform(0.3, 1, n)
        strands = grow(rng, roots, away, length, rng.uniform(0.2, 1, n)[:, None], hair.wave, points=7)
        paint(brush, strands, colour, 0.006)


def _parted(brush: Brush, rng: np.random.Generator, head: Head, hair: Hair) -> None:
    n = 105
    end = np.where(rng.random(n) < hair.parting, 0.0, 1.0)
    t = hair.parting + (end - hair.parting) * np.linspace(0.02, 1, 7)[:, None] ** 0.8 * rng.uniform(0.5, 1, n)
    depth = rng.beta(1.2, 1.2, n) * 1.06 + 0.05 * np.sin(9 * t + rng.uniform(0, 6, n)) * (hair.wave + 0.2)
    line = between(hairline(head, hair.height, hair.parting, t), rim(head, hair.volume, t), np.clip(depth, 0, 1.1))
    paint(brush, line.transpose(1, 0, 2), hair.colour)


def _combed(brush: Brush, rng: np.random.Generator, head: Head, hair: Hair) -> None:
    n, reach = {"buzz": (200, 0.1), "spiky": (180, 0.28), "curly": (145, 0.2), "afro": (145, 0.1)}.get(
        hair.style, (150, 0.0)
    )
    t = rng.uniform(0, 1, n)
    wave, turns = {"curly": (1.5, 2.0), "afro": (2.0, 2.0), "buzz": (0.2, 1.0)}.get(hair.style, (0.15, 1.0))
    start = between(hairline(head, hair.height, hair.parting, t), rim(head, hair.volume, t), rng.uniform(0, 0.9, n))
    lean = (hair.parting - 0.5) * (2.5 if hair.style == "spiky" else 0.6)
    heading = np.pi + np.pi * t + lean + rng.normal(0, 0.25, n)
    if hair.style in ("bun", "ponytail"):  # pulled back: every strand runs from the hairline towards the crown
        end = rim(head, hair.volume + 0.005, 0.5 + (t - 0.5) * 0.75)
        start = between(hairline(head, hair.height, hair.parting, t), end, rng.uniform(0, 0.3, n))
        paint(brush, np.stack([start, end], 1), hair.colour)
        return
    length = rng.uniform(0.5, 1, n) * (reach + 0.06) * (0.6 if hair.style == "buzz" else 1.6)
    colour = mix(hair.colour, head.skin, 0.2) if hair.style == "buzz" else hair.colour
    width = {"buzz": 0.006, "spiky": 1.5 * WIDTH}.get(hair.style, WIDTH)
    points = {"curly": 9, "afro": 8, "buzz": 3}.get(hair.style, 5)
    paint(brush, grow(rng, start, heading, length, 0.1, wave, turns, points), colour, width, hair.style == "spiky")


def _fringe(brush: Brush, rng: np.random.Generator, head: Head, hair: Hair) -> None:
    n = 85
    t = np.sort(rng.uniform(0.16, 0.84, n))
    top = rim(head, hair.volume, 0.5 + (t - 0.5) * 0.8) * (1, 0.93)
    brow = hairline(head, 0.42, hair.parting, t) + np.stack([rng.normal(0, 0.03, n), rng.normal(0, 0.05, n)], 1)
    brow[:, 0] += 0.25 * (hair.parting - 0.5)
    middle = 0.5 * (top + brow) + (0.2 * (hair.parting - 0.5), -0.1)
    brush.fill(np.concatenate([top, brow[::-1] - (0, 0.06)]), hair.colour)
    s = np.linspace(0, 1, 6)[:, None, None]
    line = (1 - s) ** 2 * top + 2 * s * (1 - s) * middle + s**2 * brow
    paint(brush, line.transpose(1, 0, 2), hair.colour, 1.6 * WIDTH)


def _locks(brush: Brush, rng: np.random.Generator, head: Head, hair: Hair) -> None:
    end = 0.92 if hair.style == "bob" else 0.75 * hair.length
    outer = head.width + 0.05 + 0.8 * hair.volume
    for side in (-1, 1):
        sides = sorted((side * 0.91 * head.width + 0.03 * head.yaw, side * outer))
        draw_curtain(brush, rng, hair.colour, hair.wave, sides, (-0.02, end), 40)
