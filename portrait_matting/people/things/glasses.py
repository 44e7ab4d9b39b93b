"""Glasses and sunglasses: frames, lenses, temples that reach the ears."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.rendering.surface import Surface
from portrait_matting.people.things.curve import smooth
from portrait_matting.people.things.eyeglass import acetate, clear, tinted
from portrait_matting.people.things.materials import metal
from portrait_matting.people.things.prints import metal_colour
from portrait_matting.people.things.skull import Skull, bare_head, fit
from portrait_matting.people.things.solids import Solid, ball, grid, joined, tube

_POINTS = 40  # of an outline
_UP, _ANGLE = 0.22, math.radians(48)  # of sunglasses, how many are pushed up, and how far they are turned
_OFF = 0.006  # metres between what is pushed up and the skull: hair
_TILT, _WRAP = (
    math.radians(8),
    math.radians(5),
)  # of lenses: their lower edges, and their outer ones, are nearer the face


@dataclass(frozen=True)
class _Outline:
    """Half a lens's width and height in metres, the exponent of the superellipse, how much wider it is above than
    below, how far its outer corner is drawn up, and how far below the eyes its middle is, of its height."""

    width: float
    height: float
    power: float
    taper: float = 0.0
    wing: float = 0.0
    drop: float = 0.1


_OUTLINES = {
    "round": _Outline(0.0235, 0.0230, 2.0),
    "panto": _Outline(0.0245, 0.0225, 2.4, 0.10),
    "rectangle": _Outline(0.0270, 0.0175, 4.5),
    "square": _Outline(0.0265, 0.0215, 4.0, 0.10),
    "narrow": _Outline(0.0260, 0.0140, 3.2),
    "aviator": _Outline(0.0290, 0.0255, 2.6, 0.14, 0.0, 0.24),
    "cat": _Outline(0.0270, 0.0200, 2.8, 0.12, 0.35),
    "large": _Outline(0.0300, 0.0270, 2.8, 0.05, 0.0, 0.2),
}


def wear_glasses(
    body: Body, rng: np.random.Generator, dark: bool | None = None, pushed_up: bool | None = None
) -> list[Surface]:
    """A pair of glasses on the nose, or, sunglasses, pushed up on the head.

    Args:
        body: who wears them.
        rng: of the glasses.
        dark: sunglasses; None: a quarter are.
        pushed_up: sunglasses, on the head; None: some are.
    """
    skull = Skull(body)
    dark = rng.random() < 0.25 if dark is None else dark
    kinds = ("aviator", "square", "large", "cat", "round") if dark else tuple(_OUTLINES)
    outline = _OUTLINES[str(rng.choice(kinds))]
    size = float(np.clip(skull.size / 0.104, 0.75, 1.12)) * rng.uniform(0.93, 1.07)
    thin = rng.random() < (0.4 if not dark else 0.3)
    rim = rng.choice(["full", "half", "none"], p=(0.78, 0.12, 0.10)) if not dark else "full"
    radius = rng.uniform(0.0007, 0.0011) if thin or rim != "full" else rng.uniform(0.0016, 0.0028)
    frame, lens_edges, hinges = _front(skull, outline, size, radius, str(rim), thin)
    lenses = [_lens(edge) for edge in lens_edges]
    chance = rng.random() if dark else 1.0
    up = dark and (chance < _UP if pushed_up is None else pushed_up)
    paths = _temples(skull, hinges, hooked=not up)
    if up:
        frame, *lenses, paths = _pushed_up(skull, [frame, *lenses], paths)
    temples = [tube(path, radius, 6, flat=(0.8, 1.0) if thin else (0.7, 1.5)) for path in paths]
    look = metal(metal_colour(rng)) if thin else acetate(rng)
    surfaces = [frame.worn(body, look), *(temple.worn(body, look) for temple in temples)]
    glass, opacity = tinted(rng) if dark else (clear(rng), 0.10)
    both = joined(lenses)
    surfaces.append(both.worn(body, glass, opacity=opacity, casts=dark))
    return surfaces


def _front(skull: Skull, outline: _Outline, size: float, radius: float, rim: str, thin: bool):
    """The rims with the bridge, the edges of both lenses (_POINTS, 3), and where the temples begin."""
    eyes, width = skull.eyes.astype(np.float64), outline.width * size
    apart = float(np.ptp(skull.body.eyes[:, 0])) / 2
    middle = max(0.93 * apart, width + 0.0075 * size)  # of a lens, from the middle of the face
    shape = _shape(outline, size)
    off = _clearance(skull, shape, middle)
    parts, edges, hinges = [], [], []
    for sign in (1.0, -1.0):
        edge = _in_face(shape[:, 0], shape[:, 1], off - 6 * (shape**2).sum(1) * 0.35, middle, sign) + eyes
        edges.append(edge)
        if rim == "full":
            parts.append(tube(edge, radius, 8, closed=True, flat=(1.0, 1.0) if thin else (1.5, 1.0), up=(0, 1, 0)))
        elif rim == "half":
            top = edge[(np.arange(_POINTS) + _POINTS - 2) % _POINTS][: _POINTS // 2 + 5]
            parts.append(tube(top, radius, 6))
        corner = edge[int(np.argmax(shape[:, 0] + 0.35 * shape[:, 1]))]
        outward = corner + np.array([sign * 0.0035, 0.004, 0.001])
        parts.append(tube(np.stack([corner, (corner + outward) / 2 - (0, 0.001, 0), outward]), radius * 1.1, 6))
        hinges.append(outward)
    inner = [edge[int(np.argmax(-shape[:, 0] + 0.5 * shape[:, 1]))] for edge in edges]
    top = (inner[0] + inner[1]) / 2 + np.array([0, -0.002, 0.003 if thin else 0.0015]) * size
    parts.append(tube(smooth(np.stack([inner[0], top, inner[1]]), 9), radius * 1.05, 8))
    if outline is _OUTLINES["aviator"]:
        high = [edge[int(np.argmax(-0.45 * shape[:, 0] + shape[:, 1]))] for edge in edges]
        parts.append(tube(np.stack(high), radius, 6))
    for edge, sign in zip(edges, (1, -1), strict=True):
        pad = edge[int(np.argmin(shape[:, 0] + 0.3 * shape[:, 1]))] + np.array([-sign * 0.001, 0.005, 0.0])
        parts.append(ball(0.0024, 8).stretched((0.5, 0.8, 1.6)).moved(np.eye(3), pad))
    return joined(parts), edges, hinges


def _shape(outline: _Outline, size: float) -> np.ndarray:
    """The outline of the left lens (_POINTS, 2) around its middle: outwards, up."""
    turn = np.linspace(0, 2 * math.pi, _POINTS, endpoint=False)
    c, s = np.cos(turn), np.sin(turn)
    r = (np.abs(c) ** outline.power + np.abs(s) ** outline.power) ** (-1 / outline.power)
    x, z = r * c, r * s
    x = x * (1 + outline.taper * z)
    z = z + outline.wing * np.clip(x, 0, None) ** 2 * (0.3 + 0.7 * np.clip(z + 0.5, 0, 1))
    if outline.taper > 0.12:
        x = x + 0.12 * np.clip(-z, 0, None)  # drops of aviators lean outwards
    return np.stack([outline.width * x, outline.height * (z - outline.drop)], 1) * size


def _in_face(x, z, off, middle: float, sign: float) -> np.ndarray:
    """Points of a lens at (x, z), `off` metres before its plane, from the point between the eyes: (n, 3)."""
    y = x * math.sin(_WRAP) - z * math.sin(-_TILT) * -1 - off
    return np.stack([sign * (middle + x * math.cos(_WRAP)), y, z * math.cos(_TILT)], 1)


def _clearance(skull: Skull, shape: np.ndarray, middle: float) -> float:
    """How far before the eyes' middles the lenses must be so that nothing of the face but lashes touches them."""
    points = skull.body.rest[_before()] - skull.eyes
    x, z = np.abs(points[:, 0]) - middle, points[:, 2]
    half = np.abs(shape).max(0)
    inside = (np.abs(x) < half[0]) & (np.abs(z) < half[1] + 0.002) & (points[:, 1] < 0.02)
    inside &= np.abs(points[:, 0]) > 0.014 + 0.3 * np.clip(-z, 0, None)
    behind = x * math.sin(_WRAP) - z * math.sin(_TILT) - points[:, 1]
    return float(max(behind[inside].max() + 0.002, 0.017 if inside.any() else 0.02))


@cache
def _before() -> np.ndarray:
    """The vertices of eyes and face."""
    return np.concatenate([np.unique(body_data().meshes["eyes"][0]), np.unique(bare_head())])


def _temples(skull: Skull, hinges: list[np.ndarray], hooked: bool) -> list[np.ndarray]:
    """The middles of the temples (22, 3) from the hinges back; hooked over the ears, or straight on."""
    whole = fit(skull, 0.1, 0)
    found = []
    for hinge, side, sign in zip(hinges, "LR", (1, -1), strict=True):
        ear = skull.ear(side).astype(np.float64)
        top, back, low = ear[:, 2].max(), ear[:, 1].max(), ear[:, 2].min()
        upper = ear[ear[:, 2] > top - 0.4 * (top - low)]
        root = sign * (sign * upper[:, 0]).min()
        front = upper[:, 1].min()
        rest = np.array([root + sign * 0.001, front + 0.35 * (back - front), top - 0.002])
        end = np.array([root - sign * 0.002, back - 0.001, top - 0.6 * (top - low)])
        knee = (hinge + (0, 0.004, 0)) * (1, 1, 1)
        last = [0.5 * (rest + end) + (0, 0.005, 0.007), end] if hooked else [rest + 0.3 * (rest - knee)]
        path = smooth(np.stack([hinge, knee, 0.55 * knee + 0.45 * rest, rest, *last]), 22)
        path[1:] = whole.outside(path[1:], 0.002)
        path[:, 0] = sign * np.maximum(
            sign * path[:, 0], sign * np.interp(path[:, 1], path[[0, -1], 1], [hinge[0], root]) - 0.004
        )
        found.append(path)
    return found


def _lens(edge: np.ndarray) -> Solid:
    """A lens within its edge, bulging forward."""
    middle = edge.mean(0)
    shares = np.linspace(1, 0, 5)[:, None, None]
    rows = middle + shares * (edge - middle)[None]
    rows[..., 1] -= 0.0022 * (1 - shares[..., 0] ** 2)
    turn = np.linspace(0, 2 * math.pi, len(edge), endpoint=False)
    solid = grid(rows, closed=True, pole=True)
    flat = 0.5 + 0.5 * shares * np.stack([np.cos(turn), np.sin(turn)], 1)[None]
    # the map goes straight across the lens, from 0 to 1
    return solid._replace(corners=flat.reshape(-1, 2)[solid.triangles].astype(np.float32))


def _pushed_up(skull: Skull, parts: list[Solid], paths: list[np.ndarray]):
    """Turns glasses about the ears until the lenses are above the forehead, and lifts them off the skull.

    Args:
        skull: whose head.
        parts: the frame and the lenses, which are stiff.
        paths: of the temples, (n, 3), which are bent around the head.

    Returns:
        The parts, and the paths, as they are then.
    """
    ears = np.concatenate([skull.ear("L"), skull.ear("R")])
    about = np.array([skull.eyes[0], ears[:, 1].mean(), ears[:, 2].max() - 0.012])
    c, s = math.cos(_ANGLE), math.sin(_ANGLE)
    axes = np.array([[1, 0, 0], [0, c, -s], [0, s, c]], np.float64)
    moved = [part.moved(axes, about - about @ axes) for part in parts]
    whole = fit(skull, 0.3, 0)
    points = np.concatenate([part.points for part in moved]).astype(np.float64)
    away = points.mean(0) - whole.origin
    away[0] = 0
    away /= np.linalg.norm(away)
    lift = 0.0
    for _ in range(8):
        lift += max(_OFF - float(whole.above(points + lift * away).min()), 0.0)
    shift = lift * away
    moved = [part._replace(points=(part.points + shift).astype(np.float32)) for part in moved]
    share = np.linspace(1, 0, len(paths[0]))[:, None]
    paths = [(path - about) @ axes + about + share * shift for path in paths]
    return *moved, [np.concatenate([path[:1], whole.outside(path[1:], 0.003)]) for path in paths]
