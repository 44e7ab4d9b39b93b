"""A face: eyes, brows, nose and mouth, drawn on a head."""

from dataclasses import dataclass

import numpy as np

from portrait_matting.synthetic.brush import Brush
from portrait_matting.synthetic.head import Head
from portrait_matting.synthetic.outline import ellipse, smooth
from portrait_matting.synthetic.palette import INK, IRISES, WHITE, Colour, darker, lighter, mix


@dataclass(frozen=True)
class Face:
    """Sizes and places of the features, in units of half a head; `smile` 0..1, `gaze` -1..1."""

    iris: Colour
    eye_gap: float
    eye_size: float
    eye_open: float
    gaze: float
    brow_height: float
    brow_weight: float
    brow_tilt: float
    nose_length: float
    nose_width: float
    mouth_width: float
    smile: float
    teeth: bool
    lips: Colour
    lashes: bool
    freckles: tuple[tuple[float, float], ...]


def sample_face(rng: np.random.Generator, head: Head) -> Face:
    """A random expression that fits `head`."""
    made_up = not head.masculine and not head.child and rng.random() < 0.4
    red = (196, 44, 64) if made_up else (190, 82, 78)
    freckled = rng.random() < 0.15
    return Face(
        iris=IRISES[rng.integers(2 if sum(head.skin) < 380 else len(IRISES))],
        eye_gap=rng.uniform(0.31, 0.36),
        eye_size=rng.uniform(0.135, 0.16) * (1.15 if head.child else 1.0),
        eye_open=rng.uniform(0.5, 0.75) + 0.1 * head.child,
        gaze=rng.uniform(-1, 1),
        brow_height=rng.uniform(0.2, 0.27),
        brow_weight=rng.uniform(0.022, 0.034) + 0.016 * head.masculine,
        brow_tilt=rng.uniform(-0.05, 0.02),
        nose_length=rng.uniform(0.36, 0.46) - 0.06 * head.child,
        nose_width=rng.uniform(0.11, 0.17),
        mouth_width=rng.uniform(0.22, 0.31),
        smile=rng.uniform(0, 1),
        teeth=rng.random() < 0.35,
        lips=mix(head.skin, red, rng.uniform(0.5, 0.8) if made_up else rng.uniform(0.3, 0.5)),
        lashes=not head.masculine,
        freckles=tuple(map(tuple, rng.normal((0, 0.3), (0.32, 0.08), (24, 2)))) if freckled else (),
    )


def draw_face(brush: Brush, head: Head, face: Face, brow: Colour) -> None:
    """Paints the features; `brow` is the colour of the eyebrows."""
    turn = 0.1 * head.yaw
    if face.freckles:
        spots = np.array(face.freckles) + (turn, 0)
        brush.discs(spots, [0.012] * len(spots), darker(head.skin, 0.22))
    _draw_eyes(brush, head, face, turn, brow)
    _draw_nose(brush, head, face, 1.4 * turn)
    _draw_mouth(brush, head, face, 1.1 * turn)
    if head.old:
        crease = darker(head.skin, 0.2)
        for y in (-0.5, -0.41):
            brush.line(smooth([(-0.28 + turn, y), (turn, y - 0.02), (0.28 + turn, y)], closed=False), crease, 0.012)
        for side in (-1, 1):
            fold = [(side * 0.2 + turn, 0.4), (side * 0.3 + turn, 0.52), (side * 0.34 + turn, 0.66)]
            brush.line(smooth(fold, closed=False), crease, 0.016)


def _draw_eyes(brush: Brush, head: Head, face: Face, turn: float, brow: Colour) -> None:
    """Both at once: what is alike is painted in one go."""
    r, h = face.eye_size, face.eye_size * face.eye_open
    sides = np.array([[[-1.0, 1.0]], [[1.0, 1.0]]])
    x = turn + face.eye_gap * (np.array([-1, 1]) - 0.08 * head.yaw)
    middles = np.stack([x, 0 * x], 1)[:, None]
    upper = np.array([(-r, 0.02), (-0.5 * r, -0.8 * h), (0.3 * r, -0.85 * h), (r, 0.0)])
    lower = np.array([(r, 0.0), (0.4 * r, 0.6 * h), (-0.4 * r, 0.62 * h), (-r, 0.02)])
    upper, lower = (smooth(lid + middles, closed=False) for lid in (upper, lower))
    brush.glow(middles[:, 0] - (0, 0.05), 1.3 * r, 1.5 * h, darker(head.skin, 0.5), 0.3)
    brush.fill(np.concatenate([upper, lower], 1), mix(WHITE, head.skin, 0.12))
    irises = middles + (0.3 * r * face.gaze, 0)
    brush.fill(ellipse(0, -0.005, 0.82 * h, 0.78 * h) + irises, darker(face.iris, 0.2))
    brush.fill(ellipse(0, 0.01, 0.6 * h, 0.58 * h) + irises, lighter(face.iris, 0.12))
    brush.fill(ellipse(0, 0.0, 0.36 * h, 0.36 * h) + irises, (14, 10, 12))
    brush.fill(ellipse(0.25 * h * brush.light, -0.3 * h, 0.17 * h, 0.17 * h, points=10) + irises, (255, 255, 255))
    brush.strands(upper, [mix(INK, head.skin, 0.1)], 0.034 if face.lashes else 0.024)
    lines = np.stack([lower, np.concatenate([upper[:, 3:-3], np.repeat(upper[:, -4:-3], 6, axis=1)], 1)])
    lines[1, :, :, 1] -= 0.45 * h
    brush.strands(lines.reshape(4, -1, 2), [darker(head.skin, 0.33)], 0.01)
    if face.lashes:
        brush.strands(np.array([(r, 0.0), (r + 0.05, -0.05)]) * sides + middles, [INK], 0.02)
    y, weight = -face.brow_height, face.brow_weight
    top = np.array([(-0.95 * r, y + face.brow_tilt), (0.4 * r, y - 0.07), (1.3 * r, y + 0.02)])
    top = smooth(top * sides + middles, closed=False)
    thickness = np.linspace(1.3, 0.3, top.shape[1])[:, None] * (0, weight)
    brush.fill(np.concatenate([top - thickness, (top + thickness)[:, ::-1]], 1), brow)


def _draw_nose(brush: Brush, head: Head, face: Face, turn: float) -> None:
    x, y, w = turn, face.nose_length, face.nose_width
    side = -1 if brush.light > 0 else 1
    bridge = [(x + 0.05 * side, 0.02), (x + 0.06 * side, 0.2), (x + w * side, y - 0.04), (x, y + 0.03), (x, 0.1)]
    brush.fill(smooth(bridge), darker(head.skin, 0.12))
    brush.fill(ellipse(x, y - 0.05, 0.75 * w, 0.085), mix(darker(head.skin, 0.05), (214, 96, 80), 0.08))
    brush.fill(ellipse(x - 0.03 * side, y - 0.08, 0.035, 0.03, points=12), lighter(head.skin, 0.22))
    under = smooth(
        [(x - w, y - 0.05), (x - 0.8 * w, y + 0.01), (x, y + 0.04), (x + 0.8 * w, y + 0.01), (x + w, y - 0.05)],
        closed=False,
    )
    brush.line(under, darker(head.skin, 0.3), 0.022)
    nostrils = [ellipse(x + 0.5 * w * side, y + 0.005, 0.03, 0.016, points=10) for side in (-1, 1)]
    brush.fill(nostrils, darker(head.skin, 0.55))


def _draw_mouth(brush: Brush, head: Head, face: Face, turn: float) -> None:
    x, w = turn, face.mouth_width
    y, lift = face.nose_length + 0.24, 0.09 * face.smile + 0.005
    corner, dip = y - lift, y + 0.6 * lift
    left, right = (x - w, corner), (x + w, corner)
    brush.fill(
        smooth([left, (x - 0.4 * w, y - 0.06), (x, y - 0.045), (x + 0.4 * w, y - 0.06), right, (x, dip + 0.02)]),
        face.lips,
    )
    gape = 0.03 + 0.1 * face.smile if face.teeth else 0.0
    low = smooth(
        [left, (x - 0.55 * w, dip + gape), (x, dip + gape + 0.02), (x + 0.55 * w, dip + gape), right], closed=False
    )
    lip = smooth(
        [right, (x + 0.5 * w, dip + gape + 0.075), (x, dip + gape + 0.095), (x - 0.5 * w, dip + gape + 0.075), left],
        closed=False,
    )
    brush.fill(np.concatenate([low, lip]), lighter(face.lips, 0.1))
    high = smooth([left, (x - 0.5 * w, dip - 0.005), (x, dip), (x + 0.5 * w, dip - 0.005), right], closed=False)
    if gape:
        brush.fill(np.concatenate([low, high[::-1]]), (250, 248, 240))
    brush.line(high, darker(face.lips, 0.55), 0.018)
    corners = [[(x + side * w, corner), (x + side * (w + 0.025), corner - 0.01)] for side in (-1, 1)]
    brush.strands(np.array(corners), [darker(head.skin, 0.35)], 0.02)
    brush.line(
        smooth([(x - 0.3 * w, y + gape + 0.16), (x, y + gape + 0.175), (x + 0.3 * w, y + gape + 0.16)], closed=False),
        darker(head.skin, 0.15),
        0.02,
    )
