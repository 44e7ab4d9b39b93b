"""What a garment wears at its neck: a hem, a collar with buttons or a tie, lapels, a hood's strings, a scarf.

`n` is half the width of the neck, in units of half a head; the neck meets the shoulders at y = 1.25.
"""

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.outline import mirrored, smooth
from portrait_matting.synthetic.palette import Colour, darker, lighter

_DEPTHS = {"v_neck": 2.05, "shirt": 1.75, "suit": 2.4, "hoodie": 1.75}


def neckline(n: float, garment: str) -> np.ndarray:
    """The edge of the garment under the chin, from left to right: float (points, 2)."""
    depth, w = _DEPTHS.get(garment, 1.6), 1.12 * n
    if garment in ("v_neck", "shirt", "suit"):
        return np.array([(-w, 1.26), (0, depth), (w, 1.26)])
    hollow = 0.4 + 0.68 * depth
    return smooth([(-w, 1.26), (-0.7 * w, hollow), (0, depth), (0.7 * w, hollow), (w, 1.26)], closed=False)


def draw_hem(brush: Brush, n: float, garment: str, colour: Colour) -> None:
    """A ribbed band along the neckline."""
    brush.line(neckline(n, garment), darker(colour, 0.25), 0.09)


def draw_turtleneck(brush: Brush, n: float, colour: Colour) -> None:
    """A rolled collar that hides the neck."""
    w = 1.1 * n
    roll = [(-w, 0.95), (0, 1.12), (w, 0.95), (1.1 * w, 1.3), (0.6 * w, 1.55), (0, 1.62), (-0.6 * w, 1.55)]
    brush.fill(smooth([*roll, (-1.1 * w, 1.3)]), darker(colour, 0.08), shade=0.35)


def draw_collar(brush: Brush, n: float, colour: Colour, tie: Colour | None) -> None:
    """A shirt's collar over a row of buttons, or over a tie of that colour."""
    brush.line([(0, 1.75), (0, 8)], darker(colour, 0.25), 0.03)
    if tie:
        blade = mirrored([(0, 1.62), (0.13, 1.62), (0.09, 1.86), (0.2, 3.4), (0, 3.7)])
        brush.fill(blade, tie, shade=0.3)
        brush.line([(-0.1, 1.86), (0.1, 1.86)], darker(tie, 0.35), 0.03)
    else:
        buttons = np.arange(2.0, 5, 0.45)
        brush.discs(np.stack([0 * buttons, buttons], 1), [0.04] * len(buttons), darker(colour, 0.35))
    for s in (-1, 1):
        flap = [(s * 1.04 * n, 1.02), (s * 1.22 * n, 1.3), (s * 0.72, 1.62), (s * 0.4, 1.95), (s * 0.02, 1.68)]
        brush.fill(flap, colour, shade=0.3)
        brush.line(flap[2:], darker(colour, 0.25), 0.02)


def draw_suit(brush: Brush, n: float, colour: Colour, tie: Colour | None) -> None:
    """A white shirt under a jacket with lapels."""
    shirt = (240, 240, 244)
    brush.fill([(-1.1 * n, 1.2), (0, 1.75), (1.1 * n, 1.2), (0.62, 2.2), (0, 3.6), (-0.62, 2.2)], shirt)
    draw_collar(brush, n, shirt, tie)
    for s in (-1, 1):
        front = [(s * 1.2 * n, 1.24), (s * 0.6, 2.2), (0, 3.6), (0, 8), (s * 1.1, 8), (s * 0.95, 2.6)]
        brush.fill(front, colour)
        notch = [(s * 1.0, 1.95), (s * 0.82, 2.1), (s * 0.95, 2.25), (s * 0.05, 3.6)]
        brush.fill([(s * 1.15 * n, 1.2), *notch, (s * 0.5, 2.2)], lighter(colour, 0.07), shade=0.35)
        brush.line(notch, darker(colour, 0.5), 0.02)


def draw_hood(brush: Brush, n: float, colour: Colour, skin: Colour) -> None:
    """A hood that lies behind the neck; to be painted before the garment."""
    hood = smooth(mirrored([(0, 0.86), (1.35 * n, 0.95), (1.95 * n, 1.3), (1.5 * n, 1.8), (0, 1.95)]))
    brush.fill(hood, darker(colour, 0.3), shade=0.3)
    brush.fill([(-n, 0.8), (n, 0.8), (1.05 * n, 1.4), (0, 1.9), (-1.05 * n, 1.4)], darker(skin, 0.18))


def draw_strings(brush: Brush, n: float, colour: Colour) -> None:
    """The hem and the two strings of a hood."""
    draw_hem(brush, n, "hoodie", colour)
    for x in (-0.6 * n, 0.6 * n):
        brush.line(smooth([(x, 1.6), (1.1 * x, 2.1), (x, 2.6)], closed=False), lighter(colour, 0.6), 0.045)


def draw_scarf(brush: Brush, n: float, colour: Colour) -> None:
    """A scarf wound around the neck, with a striped and fringed end that hangs down."""
    fringe = np.linspace(0.2, 0.72, 14)[:, None, None] * (1, 0) + np.array([[0, 2.7], [0, 2.95]])
    brush.strands(fringe, [colour, darker(colour, 0.2)], 0.02)
    brush.fill([(0.08, 1.4), (0.62, 1.4), (0.74, 2.72), (0.18, 2.78)], darker(colour, 0.08), shade=0.4)
    for y in (2.1, 2.3, 2.5):
        brush.line([(0.17, y + 0.02), (0.7, y)], lighter(colour, 0.5), 0.05)
    wrap = smooth(mirrored([(0, 1.1), (1.2 * n, 0.92), (1.9 * n, 1.28), (1.5 * n, 1.62), (0, 1.76)]))
    brush.fill(wrap, colour, shade=0.5)
    for lift in (0.0, 0.16):
        fold = smooth([(-1.6 * n, 1.2 + lift), (0, 1.42 + lift), (1.6 * n, 1.2 + lift)], closed=False)
        brush.line(fold, darker(colour, 0.25), 0.025)
