"""What people hold: phones, cups, glasses, bottles, books, microphones, flowers, teddies."""

import math

import numpy as np

from portrait_matting.people.body import Body
from portrait_matting.people.hand import Hand, grip, hand, turned
from portrait_matting.people.materials import any_pattern, cloth, colour, metal, metal_colour, plain, shiny, skin_of
from portrait_matting.people.solids import Solid, ball, box, joined, lathe, smooth, tube
from portrait_matting.people.surface import Appearance, Surface

SIZES = {  # metres across where fingers are, of an adult's hand; and whether it is flat: the arguments of `grip`
    "phone": (0.072, True),
    "mug": (0.08, False),
    "paper cup": (0.075, False),
    "glass": (0.065, False),
    "bottle": (0.063, False),
    "book": (0.12, True),
    "microphone": (0.034, False),
    "flowers": (0.03, False),
    "teddy": (0.085, False),
}
_SHARES = (0.3, 0.14, 0.13, 0.09, 0.1, 0.08, 0.05, 0.06, 0.05)
__all__ = ["SIZES", "grip", "grip_for", "hold", "pick"]


def pick(rng: np.random.Generator, years: float = 30.0) -> str:
    """What somebody of this age holds: a name of SIZES."""
    shares = np.asarray(_SHARES)
    if years < 11:
        shares = np.array([0.05, 0.1, 0.05, 0.05, 0.1, 0.15, 0.03, 0.07, 0.4])
    return list(SIZES)[rng.choice(len(SIZES), p=shares / shares.sum())]


def grip_for(kind: str, side: str) -> dict[str, np.ndarray]:
    """The pose of the fingers that hold a thing: rotations (3, 3) by bone, to be put into the pose of the body."""
    size, flat = SIZES[kind]
    return grip(side, size, flat)


def hold(body: Body, side: str, rng: np.random.Generator, kind: str | None = None) -> list[Surface]:
    """A thing in the hand, as upright as the hand lets it.

    Args:
        body: whose fingers are in the pose of `grip_for`.
        side: "L" or "R".
        rng: of the thing.
        kind: a name of SIZES; None: any, for their age.

    Raises:
        KeyError: there is no such thing.
    """
    kind = kind or pick(rng, body.shape.age)
    size, flat = SIZES[kind]
    own = hand(body.joints, side)
    scale = own.length / hand(body.data.joints, side).length
    axes, middle = _place(body, own, side, size * scale, flat)
    parts = _MAKERS[kind](rng)
    found = []
    for solid, look, opacity in parts:
        solid = solid._replace(points=solid.points * np.float32(scale))
        found.append(solid.moved(axes, middle).worn(body, look, f"wrist.{side}", opacity=opacity))
    return found


def _place(body: Body, own: Hand, side: str, size: float, flat: bool) -> tuple[np.ndarray, np.ndarray]:
    """Axes, one a row, and the middle of a thing in the hand at rest: to the fingers, out of the palm, up."""
    turn = body.bones[body.data.bone(f"wrist.{side}")][:, :3].astype(np.float64)
    above = turn.T @ np.array([0.0, 0, 1])
    in_palm = above - (above @ own.out) * own.out
    lean = math.atan2(in_palm @ own.along, in_palm @ own.across)
    upside_down = abs(lean) > math.pi / 2 and not flat
    if upside_down:
        lean -= math.copysign(math.pi, lean)
    limit = 0.35 if flat else 0.6
    lean = float(np.clip(lean, -limit, limit))
    up = math.cos(lean) * own.across + math.sin(lean) * own.along
    along = math.cos(lean) * own.along - math.sin(lean) * own.across
    axes = np.stack([along, own.out, up])
    if upside_down:
        axes[2] *= -1
        axes[0] *= -1
    off = 0.004 if flat else size / 2
    middle = own.palm + off * own.out + (0.0 if flat else -0.004) * own.along - 0.005 * own.across
    return axes, middle


Part = tuple[Solid, object, float]


def _phone(rng: np.random.Generator) -> list[Part]:
    """Its back lies in the palm, its screen looks out of it."""
    shape = np.array([0.074, 0.008, 0.152])
    at = np.array([0.010, 0.006, 0.024])
    case = colour(rng, 0.35)
    body = box(shape, 0.0039)
    screen = box(shape - (0.005, 0.004, 0.005), 0.001)
    camera = joined([ball(0.006, 10).moved(np.diag((1, 0.4, 1)), np.array([x, 0.0, z])) for x, z in ((0, 0), (0, -0.016))])
    lit = rng.random() < 0.55
    first, second = colour(rng, 0.8), colour(rng, 0.6)
    rows = rng.uniform(4, 9)

    def picture(samples):  # a screen shines by itself: it is brighter than what light falls on it would make it
        u, v = samples.uv.T
        found = np.where(((v * rows) % 1 < 0.6)[:, None] & (np.abs(u - 0.5) < 0.42)[:, None], second, first + 0.25)
        found = found if lit else np.full_like(found, 0.01)
        return Appearance(np.clip(found, 0, 1).astype(np.float32), samples.normal, 0.06, 0.1)

    return [
        (body.moved(np.eye(3), at), shiny(case, 0.05, rng.uniform(0.2, 0.6)), 1.0),
        (screen.moved(np.eye(3), at + (0, 0.0024, 0)), picture, 1.0),
        (camera.moved(np.eye(3), at + (-0.022, -0.004, 0.056)), shiny(np.full(3, 0.01, np.float32), 0.08, 0.1), 1.0),
    ]


def _mug(rng: np.random.Generator) -> list[Part]:
    radius, high = 0.04, rng.uniform(0.085, 0.105)
    profile = [(0, 0.004), (0.9, 0), (1, 0.004), (1, high - 0.001), (0.97, high), (0.93, high - 0.002), (0.93, 0.006), (0, 0.006)]
    cup = lathe(np.asarray(profile) * (radius, 1), 32)
    turn = np.linspace(-1.9, 1.9, 14)
    handle = np.stack([-radius - 0.018 * np.cos(turn) - 0.006, 0 * turn, high / 2 + 0.028 * np.sin(turn)], 1)
    handle = tube(handle, 0.0055, 8, flat=(1.3, 0.8))
    tea = lathe([(0, high - 0.014), (0.94 * radius, high - 0.014)], 24)
    pattern = any_pattern(rng, 0.25, high, 0.4)[0] if rng.random() < 0.6 else plain(np.full(3, 0.72, np.float32))
    low = np.array([0, 0, -0.5 * high])
    about = turned(np.array([0.0, 0, 1]), rng.uniform(-0.6, 0.4) + math.pi / 2 * 0.4)
    look = shiny(pattern, 0.05, 0.15)
    brown = shiny(np.array([0.03, 0.012, 0.005], np.float32), 0.04, 0.1)
    return [(cup.moved(np.eye(3), low), look, 1.0), (handle.moved(about, low), look, 1.0), (tea.moved(np.eye(3), low), brown, 1.0)]


def _paper_cup(rng: np.random.Generator) -> list[Part]:
    high = rng.uniform(0.10, 0.13)
    cup = lathe([(0, 0), (0.029, 0), (0.030, 0.002), (0.0405, high)], 32)
    lid = [(0.042, high - 0.002), (0.0425, high + 0.003), (0.039, high + 0.005), (0.0375, high + 0.015), (0.034, high + 0.015), (0.033, high + 0.011), (0, high + 0.011)]
    low = np.array([0, 0, -0.5 * high])
    shade = any_pattern(rng, 0.25, high, 0.3)[0] if rng.random() < 0.5 else plain(np.array([0.72, 0.68, 0.62], np.float32))
    parts = [(cup.moved(np.eye(3), low), shiny(shade, 0.02, 0.6), 1.0)]
    white = np.full(3, 0.7 if rng.random() < 0.6 else 0.015, np.float32)
    parts.append((lathe(lid, 32).moved(np.eye(3), low), shiny(white, 0.05, 0.3), 1.0))
    if rng.random() < 0.4:
        sleeve = lathe([(0.0345, 0.035), (0.0352, 0.036), (0.0395, high - 0.03), (0.038, high - 0.029)], 32)
        parts.append((sleeve.moved(np.eye(3), low), skin_of(np.array([0.33, 0.2, 0.1], np.float32)), 1.0))
    return parts


def _glass(rng: np.random.Generator) -> list[Part]:
    high, wide = rng.uniform(0.11, 0.15), 0.033
    wall = lathe([(0, 0.006), (0.85 * wide, 0.006), (0.9 * wide, 0), (wide, high)], 28)
    full = rng.uniform(0.35, 0.85) * high
    drink = lathe([(0, 0.008), (0.83 * wide, 0.008), (0.93 * wide, full), (0, full)], 28)
    tint = np.asarray([(0.55, 0.3, 0.02), (0.45, 0.1, 0.01), (0.7, 0.65, 0.6), (0.1, 0.02, 0.02), (0.05, 0.02, 0.01)][rng.integers(5)], np.float32)
    low = np.array([0, 0, -0.45 * high])
    clear = shiny(np.full(3, 0.5, np.float32), 0.5, 0.08)
    return [
        (drink.moved(np.eye(3), low), shiny(tint, 0.04, 0.1), 0.75),
        (wall.moved(np.eye(3), low), clear, 0.22),
    ]


def _bottle(rng: np.random.Generator) -> list[Part]:
    profile = [(0, 0), (0.85, 0), (1, 0.006), (1, 0.12), (0.95, 0.135), (0.6, 0.16), (0.42, 0.175), (0.4, 0.185), (0.4, 0.19)]
    body = lathe(np.asarray(profile) * (0.0315, 1), 28)
    cap = lathe([(0.0145, 0.187), (0.0145, 0.205), (0.0135, 0.207), (0, 0.207)], 20)
    label = lathe([(0.0317, 0.04), (0.0318, 0.041), (0.0318, 0.099), (0.0317, 0.1)], 28)
    low = np.array([0, 0, -0.085])
    if rng.random() < 0.5:  # clear, with water
        look, opacity = shiny(np.array([0.5, 0.58, 0.6], np.float32), 0.3, 0.1), 0.4
    else:
        look, opacity = (metal(metal_colour(rng)) if rng.random() < 0.3 else shiny(colour(rng, 0.5), 0.05, 0.2)), 1.0
    parts = [(body.moved(np.eye(3), low), look, opacity), (cap.moved(np.eye(3), low), shiny(colour(rng, 0.6), 0.05, 0.4), 1.0)]
    if opacity < 1:
        parts.append((label.moved(np.eye(3), low), shiny(any_pattern(rng, 0.2, 0.06, 0.7)[0], 0.04, 0.4), 1.0))
    return parts


def _book(rng: np.random.Generator) -> list[Part]:
    size = np.array([rng.uniform(0.12, 0.15), rng.uniform(0.014, 0.03), rng.uniform(0.18, 0.22)])
    at = np.array([0.045, size[1] / 2 + 0.006, 0.03])
    cover = joined([box((size[0], 0.002, size[2]), 0.0009).moved(np.eye(3), np.array([0, s * size[1] / 2, 0])) for s in (-1, 1)])
    spine = box((0.002, size[1] + 0.002, size[2]), 0.0009).moved(np.eye(3), np.array([-size[0] / 2, 0, 0]))
    pages = box(size - (0.006, 0.001, 0.006), 0.001)
    main, second = colour(rng, 0.6), colour(rng, 0.4)
    top = rng.uniform(0.5, 0.8)

    def front(uv):
        title = (np.abs(uv[:, 1] - top) < 0.05) & (np.abs(uv[:, 0] - 0.5) < 0.36)
        picture = (np.abs(uv[:, 1] - 0.32) < 0.16) & (np.abs(uv[:, 0] - 0.5) < 0.25)
        return np.where((title | picture)[:, None], second, main)

    paper = skin_of(np.array([0.66, 0.62, 0.53], np.float32))
    return [
        (cover.moved(np.eye(3), at), shiny(front, 0.04, 0.35), 1.0),
        (spine.moved(np.eye(3), at), shiny(main, 0.04, 0.35), 1.0),
        (pages.moved(np.eye(3), at), paper, 1.0),
    ]


def _microphone(rng: np.random.Generator) -> list[Part]:
    handle = lathe([(0, -0.1), (0.011, -0.1), (0.012, -0.09), (0.017, 0.03), (0.0185, 0.045), (0.0185, 0.052)], 20)
    head = ball(0.0255, 16).moved(np.eye(3), np.array([0, 0, 0.066]))
    shade = np.full(3, 0.02, np.float32) if rng.random() < 0.7 else colour(rng, 0.5)
    mesh = metal(np.full(3, rng.uniform(0.15, 0.6), np.float32), 0.5)
    return [(handle, shiny(shade, 0.05, 0.35), 1.0), (head, mesh, 1.0)]


def _flowers(rng: np.random.Generator) -> list[Part]:
    """A bunch: stems, leaves, and blossoms of petals."""
    count = int(rng.integers(5, 13))
    shades = [colour(rng, 0.9) for _ in range(int(rng.integers(1, 4)))]
    stems, middles, petals = [], [], []
    for number in range(count):
        lean = 0.055 * math.sqrt(number / count)
        side = np.array([math.cos(2.4 * number), math.sin(2.4 * number), 0]) * lean  # the golden angle
        top = np.array([0, 0, rng.uniform(0.13, 0.17)]) + 1.3 * side
        way = smooth(np.stack([-0.4 * side - (0, 0, 0.11), 0.1 * side, 0.7 * side + (0, 0, 0.08), top]), 8)
        stems.append(tube(way, 0.002, 5))
        facing = top - (0, 0, 0.02) + 0.5 * side
        facing = facing / np.linalg.norm(facing)
        size = rng.uniform(0.017, 0.027)
        petals.append(_blossom(top, facing, size))
        middles.append(ball(0.25 * size, 8).moved(np.eye(3), top + 0.1 * size * facing))
    blossoms = [petals[k :: len(shades)] for k in range(len(shades))]
    green = np.array([0.05, 0.14, 0.03], np.float32) * np.float32(rng.uniform(0.7, 1.5))
    found = [(joined(stems), skin_of(green), 1.0), (joined(middles), skin_of(np.array([0.5, 0.33, 0.03], np.float32)), 1.0)]
    found += [(joined(some), cloth(plain(shade), (0, 0, 1), 0.05, 0.4), 1.0) for some, shade in zip(blossoms, shades, strict=True) if some]
    if rng.random() < 0.5:  # paper around the stems
        wrap = lathe([(0.016, -0.09), (0.017, 0.0), (0.05, 0.1), (0.058, 0.115)], 24)
        found.append((wrap, skin_of(colour(rng, 0.3)), 1.0))
    return found


def _blossom(top: np.ndarray, facing: np.ndarray, size: float) -> Solid:
    """Two rings of petals around the end of a stem."""
    first = np.cross(facing, (0.3, 0.8, 0.1))
    first /= np.linalg.norm(first)
    second = np.cross(facing, first)
    angles = np.concatenate([np.arange(8) / 8, (np.arange(6) + 0.5) / 6]) * 2 * math.pi
    open_ = np.repeat([0.95, 0.55], [8, 6])[:, None]
    out = np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second
    length = open_ * out + np.sqrt(1 - open_**2) * facing
    wide = np.cross(length, facing)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    thick = np.cross(length, wide)
    axes = np.stack([0.5 * length, 0.28 * wide, 0.07 * thick], 1) * size
    points = _PETAL.points @ axes + (top + 0.5 * size * length)[:, None]
    normal = _PETAL.normals @ np.stack([length, wide, 3 * thick], 1)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    starts = np.arange(len(angles))[:, None, None] * len(_PETAL.points)
    return Solid(
        points.reshape(-1, 3).astype(np.float32),
        (_PETAL.triangles + starts).reshape(-1, 3).astype(np.int32),
        normal.reshape(-1, 3).astype(np.float32),
        np.tile(_PETAL.corners, (len(angles), 1, 1)),
    )


def _teddy(rng: np.random.Generator) -> list[Part]:
    shade = np.asarray([(0.3, 0.15, 0.06), (0.5, 0.33, 0.17), (0.6, 0.55, 0.48), (0.45, 0.22, 0.26), (0.2, 0.2, 0.22)][rng.integers(5)], np.float32)

    def blob(x, y, z, a, b, c):
        return _stretched(ball(1.0, 14), np.array([a, b, c]), np.array([x, y, z]))

    fur = [
        blob(0, 0, 0, 0.046, 0.04, 0.055),
        blob(0, 0.004, 0.085, 0.04, 0.037, 0.037),
        *(blob(s * 0.031, 0, 0.117, 0.014, 0.008, 0.014) for s in (-1, 1)),
        *(blob(s * 0.052, 0.016, 0.022, 0.03, 0.016, 0.017) for s in (-1, 1)),
        *(blob(s * 0.032, 0.028, -0.052, 0.02, 0.034, 0.02) for s in (-1, 1)),
    ]
    light = [blob(0, 0.036, 0.077, 0.018, 0.014, 0.014), *(blob(s * 0.032, 0.06, -0.052, 0.013, 0.005, 0.013) for s in (-1, 1))]
    dark = [blob(0, 0.05, 0.082, 0.006, 0.004, 0.004), *(blob(s * 0.015, 0.037, 0.094, 0.0045, 0.004, 0.0045) for s in (-1, 1))]
    return [
        (joined(fur), cloth(plain(shade), (0, 0, 1), 0.25, 0.7, int(rng.integers(1 << 31))), 1.0),
        (joined(light), cloth(plain(np.clip(shade * 1.5 + 0.08, 0, 0.8)), (0, 0, 1), 0.1, 0.5), 1.0),
        (joined(dark), shiny(np.full(3, 0.01, np.float32), 0.06, 0.15), 1.0),
    ]


def _stretched(solid: Solid, by: np.ndarray, at: np.ndarray) -> Solid:
    """A solid stretched along the axes; its normals go the other way."""
    normal = solid.normals / by
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return solid._replace(points=(solid.points * by + at).astype(np.float32), normals=normal.astype(np.float32))


_PETAL = ball(1.0, 6)
_MAKERS = {
    "phone": _phone,
    "mug": _mug,
    "paper cup": _paper_cup,
    "glass": _glass,
    "bottle": _bottle,
    "book": _book,
    "microphone": _microphone,
    "flowers": _flowers,
    "teddy": _teddy,
}
