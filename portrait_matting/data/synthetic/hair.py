"""Hair: bald to long, as a mass of colour with single strands inside it and beyond its rim."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.data.synthetic.brush import Brush, ellipse, smooth
from portrait_matting.data.synthetic.head import Head
from portrait_matting.data.synthetic.palette import DYES, HAIR_COLOURS, Colour, darker, mix, near
from portrait_matting.data.synthetic.strand import WIDTH, between, grow, hairline, paint, rim

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
    style = str(rng.choice(STYLES, p=_MASCULINE if head.masculine else _FEMININE))
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
        parting=rng.choice([0.3, 0.5, 0.7]) + rng.uniform(-0.06, 0.06),
        length=rng.uniform(1.3, 3.2),
        wave=rng.choice([0.05, 0.25, 0.6]) * rng.uniform(0.7, 1.3),
        fringe=not receding and bool(rng.random() < (0.15 if head.masculine else 0.3)),
        flyaways=int(rng.integers(15, 90)),
        seed=int(rng.integers(2**32)),
    )


def draw_back_hair(brush: Brush, head: Head, hair: Hair) -> None:
    """What hangs or stands behind the head; to be painted before the body."""
    rng = np.random.default_rng([hair.seed, 0])
    w, back = head.width + hair.volume, darker(hair.colour, 0.25)
    if hair.style in ("long", "bob"):
        end = hair.length if hair.style == "long" else 0.95
        _curtain(brush, rng, hair, -w - 0.05, w + 0.05, -0.3, end, back, 150)
    elif hair.style == "ponytail":
        side = 1 if hair.parting > 0.5 else -1
        _tail(brush, rng, hair, (side * 0.45 * w, -0.75), side, 1.9)
    elif hair.style == "pigtails":
        for side in (-1, 1):
            _tail(brush, rng, hair, (side * (w - 0.02), -0.1), side, 1.3)
    elif hair.style == "bun":
        x, y, r = 0.15 * (hair.parting - 0.5), -1.18 - hair.volume, 0.3 + hair.volume
        brush.fill(ellipse(x, y, r, 0.85 * r), hair.colour, shade=0.45)
        angle = rng.uniform(0, 2 * np.pi, 70)
        roots = np.stack([x + 0.75 * r * np.cos(angle), y + 0.65 * r * np.sin(angle)], 1)
        paint(brush, grow(rng, roots, angle + 1.3, rng.uniform(0.2, 0.6, 70), wave=0.3, gravity=0.2), hair.colour)
    elif hair.style in ("curly", "afro"):
        _cloud(brush, rng, head, hair)


def draw_front_hair(brush: Brush, head: Head, hair: Hair, hat: bool) -> None:
    """The cap of hair with its hairline, the fringe, and strands that leave the rim; nothing above a hat's band."""
    if hair.style == "bald":
        return
    rng = np.random.default_rng([hair.seed, 1])
    t = np.linspace(0, 1, 33)
    outer, inner = rim(head, hair.volume, t), hairline(head, hair.height, hair.parting, t)
    colour = mix(hair.colour, head.skin, 0.35) if hair.style == "buzz" else hair.colour
    brush.fill(np.concatenate([outer, inner[::-1]]), colour, shade=0.4)
    if hair.style in ("long", "bob"):
        _locks(brush, rng, head, hair)
    if hair.style in ("long", "bob", "short", "pigtails"):
        _parted(brush, rng, head, hair)
    else:
        _combed(brush, rng, head, hair)
    if hair.fringe and hair.style not in ("buzz", "afro"):
        _fringe(brush, rng, head, hair)
    if not hat and hair.style != "buzz":
        n = hair.flyaways
        t = rng.uniform(0, 1, n)
        away = np.pi + np.pi * t + rng.normal(0, 0.7, n)
        roots, length = (
            rim(head, hair.volume - 0.04, t),
            rng.uniform(0.3, 1, n) * (0.5 if hair.style in ("long", "bob", "curly") else 0.2),
        )
        paint(brush, grow(rng, roots, away, length, rng.uniform(0.2, 1, n)[:, None], hair.wave), colour, 0.006)


def _parted(brush: Brush, rng: np.random.Generator, head: Head, hair: Hair) -> None:
    n = 160
    end = np.where(rng.random(n) < hair.parting, 0.0, 1.0)
    t = hair.parting + (end - hair.parting) * np.linspace(0.02, 1, 12)[:, None] ** 0.8 * rng.uniform(0.5, 1, n)
    depth = rng.beta(1.2, 1.2, n) * 1.06 + 0.05 * np.sin(9 * t + rng.uniform(0, 6, n)) * (hair.wave + 0.2)
    line = between(hairline(head, hair.height, hair.parting, t), rim(head, hair.volume, t), np.clip(depth, 0, 1.1))
    paint(brush, line.transpose(1, 0, 2), hair.colour)


def _combed(brush: Brush, rng: np.random.Generator, head: Head, hair: Hair) -> None:
    n, reach = {"buzz": (350, 0.1), "spiky": (260, 0.28), "curly": (190, 0.2), "afro": (190, 0.1)}.get(
        hair.style, (200, 0.0)
    )
    t = rng.uniform(0, 1, n)
    wave, turns = {"curly": (1.5, 2.0), "afro": (2.0, 2.0), "buzz": (0.2, 1.0)}.get(hair.style, (0.15, 1.0))
    start = between(hairline(head, hair.height, hair.parting, t), rim(head, hair.volume, t), rng.uniform(0, 0.9, n))
    lean = (hair.parting - 0.5) * (2.5 if hair.style == "spiky" else 0.6)
    heading = np.pi + np.pi * t + lean + rng.normal(0, 0.25, n)
    if hair.style in ("bun", "ponytail"):  # pulled back: every strand runs from the hairline towards the crown
        end = rim(head, hair.volume + 0.005, 0.5 + (t - 0.5) * 0.75)
        s = np.linspace(0, 1, 8)[:, None, None]
        start = between(hairline(head, hair.height, hair.parting, t), end, rng.uniform(0, 0.3, n))
        paint(brush, (start + (end - start) * s).transpose(1, 0, 2), hair.colour)
        return
    length = rng.uniform(0.5, 1, n) * (reach + 0.06) * (0.6 if hair.style == "buzz" else 1.6)
    colour = mix(hair.colour, head.skin, 0.2) if hair.style == "buzz" else hair.colour
    paint(brush, grow(rng, start, heading, length, 0.1, wave, turns), colour, WIDTH if hair.style != "buzz" else 0.006)


def _fringe(brush: Brush, rng: np.random.Generator, head: Head, hair: Hair) -> None:
    n = 130
    t = np.sort(rng.uniform(0.16, 0.84, n))
    top = rim(head, hair.volume, 0.5 + (t - 0.5) * 0.8) * (1, 0.93)
    brow = hairline(head, 0.42, hair.parting, t) + np.stack([rng.normal(0, 0.03, n), rng.normal(0, 0.05, n)], 1)
    brow[:, 0] += 0.25 * (hair.parting - 0.5)
    middle = 0.5 * (top + brow) + (0.2 * (hair.parting - 0.5), -0.1)
    brush.fill(np.concatenate([top, brow[::-1] - (0, 0.06)]), hair.colour)
    s = np.linspace(0, 1, 8)[:, None, None]
    line = (1 - s) ** 2 * top + 2 * s * (1 - s) * middle + s**2 * brow
    paint(brush, line.transpose(1, 0, 2), hair.colour, 1.6 * WIDTH)


def _curtain(
    brush: Brush, rng, hair: Hair, left: float, right: float, top: float, end: float, colour: Colour, n: int
) -> None:
    x = np.linspace(left, right, 14)
    spread = 1 + 0.08 * (end - top)
    hem = np.stack([x.mean() + (x - x.mean()) * spread, end + 0.07 * rng.uniform(-1, 1, 14)], 1)
    side = 0.04 * hair.wave * np.sin(np.linspace(0, 9, 8))
    down = np.linspace(top, end, 8)[1:-1]
    edge = np.linspace(1, spread, 8)[1:-1]
    half = 0.5 * (right - left)
    rights = np.stack([x.mean() + half * edge + side[1:-1], down], 1)
    lefts = np.stack([x.mean() - half * edge + side[1:-1], down], 1)
    brush.fill(
        np.concatenate(
            [smooth([(left, top), *lefts], closed=False), hem, smooth([*rights[::-1], (right, top)], closed=False)]
        ),
        colour,
        shade=0.35,
    )
    start = rng.uniform(left - 0.02, right + 0.02, n)
    s = np.linspace(0, 1, 14)[:, None]
    drift = 0.06 * hair.wave * np.sin(9 * s + rng.uniform(0, 6.3, n) + 2 * start) + rng.normal(0, 0.06, n) * s**2
    line_x = x.mean() + (start - x.mean()) * (1 + (spread - 1) * s) + drift
    line_y = top + (end - top + rng.normal(0.03, 0.09, n)) * s
    paint(brush, np.stack([line_x, line_y], 2).transpose(1, 0, 2), colour)


def _locks(brush: Brush, rng: np.random.Generator, head: Head, hair: Hair) -> None:
    end = 0.92 if hair.style == "bob" else 0.75 * hair.length
    w, outer = head.width, head.width + 0.04 + 0.8 * hair.volume
    for side in (-1, 1):
        near_face, far = sorted((side * (0.86 * w + 0.03 * side * head.yaw), side * (outer + 0.02)))
        _curtain(brush, rng, hair, near_face, far, -0.05, end, hair.colour, 60)


def _tail(
    brush: Brush, rng: np.random.Generator, hair: Hair, root: tuple[float, float], side: int, length: float
) -> None:
    n = 120
    spread = rng.normal(0, 1, n).clip(-2, 2)
    roots = np.stack([np.full(n, root[0]), np.full(n, root[1])], 1) + spread[:, None] * (0.02, 0.05)
    heading = (-0.35 if side > 0 else np.pi + 0.35) + spread * 0.16
    strands = grow(rng, roots, heading, length * rng.uniform(0.8, 1.05, n), 1.15, 0.25 * hair.wave, 1.5, points=14)
    paint(brush, strands[:60], darker(hair.colour, 0.1), 0.09)
    paint(brush, strands, hair.colour)


def _cloud(brush: Brush, rng: np.random.Generator, head: Head, hair: Hair) -> None:
    n = 34
    low = 0.1 if hair.style == "afro" else 0.0
    t = np.linspace(-low, 1 + low, n)
    for (x, y), r in zip(rim(head, hair.volume - 0.12, t), rng.uniform(0.15, 0.24, n), strict=True):
        brush.disc(x, y, r, hair.colour)
    brush.fill(rim(head, hair.volume - 0.1, t.clip(0, 1)), hair.colour, shade=0.35)
    n = 330
    t = rng.uniform(-low, 1 + low, n)
    roots = rim(head, hair.volume - rng.uniform(0.0, 0.35, n) + 0.04, t)
    heading = np.pi + np.pi * t + rng.normal(0, 0.8, n)
    curl = 2.2 if hair.style == "afro" else 1.6
    paint(brush, grow(rng, roots, heading, rng.uniform(0.15, 0.4, n), 0.1, curl, 1.7, points=12), hair.colour)
