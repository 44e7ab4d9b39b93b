"""Straps of rucksacks and shoulder bags, with what hangs on them, and lanyards."""

import math
from collections.abc import Sequence

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.rendering.surface import Appearance, Look, Surface
from portrait_matting.people.things.curve import smooth
from portrait_matting.people.things.materials import cloth, metal, shiny
from portrait_matting.people.things.prints import colour, plain
from portrait_matting.people.things.reach import Fit
from portrait_matting.people.things.solids import Solid, box, grid, joined, ribbon, tube
from portrait_matting.people.things.torso import frame, loop, shoulders, torso_triangles

_GAP = 0.025  # metres from the body: clothes are between
_THICK = 0.025  # metres that thick clothes push a strap farther out, at most


def wear_bag(
    body: Body, rng: np.random.Generator, kind: str | None = None, over: Sequence[Surface] = ()
) -> list[Surface]:
    """A rucksack, a bag on a strap across the chest or from one shoulder, or a lanyard with a card.

    Args:
        body: who wears it.
        rng: of the bag.
        kind: rucksack, across or lanyard; None: any.
        over: the clothes that it is worn over; without them the straps are 2.5 cm off the body.
    """
    kind = kind or str(rng.choice(["rucksack", "across", "lanyard"], p=(0.5, 0.38, 0.12)))
    return {"rucksack": _rucksack, "across": _across, "lanyard": _lanyard}[kind](
        body, rng, shoulders(body, over, neck=kind == "lanyard")
    )


def _band(body: Body, chest: Fit, middle, normal, up, angles, width: float, edge: float = 0.003) -> Solid | None:
    """A strap in a plane around the torso, `width` metres wide: it follows the torso at both of its edges, and thick
    clothes push it out a little farther."""
    normal = normal / np.linalg.norm(normal)
    rows = []
    for share in (-0.5, 0.0, 0.5):
        row = loop(body.points, torso_triangles(), middle + share * width * normal, normal, up, angles, _GAP)
        if row is None:
            return None
        off = np.linalg.norm(chest.outside(row, 0.003) - row, axis=1)
        off = np.minimum(np.maximum.reduce([np.roll(off, k) for k in (-1, 0, 1)]), _THICK)
        out = (row - chest.origin) / np.linalg.norm(row - chest.origin, axis=1, keepdims=True)
        rows.append((row + off[:, None] * out, edge * out))
    (left, rise), (centre, lift), (right, fall) = rows
    rows = [left, 0.97 * left + 0.03 * centre + rise, centre + 1.3 * lift, 0.97 * right + 0.03 * centre + fall, right]
    return grid(np.stack(rows))


def _rucksack(body: Body, rng: np.random.Generator, chest: Fit) -> list[Surface]:
    base, (left, back, up) = frame(body)
    shoulder = _shoulder(body, left)
    size = shoulder / 0.2
    width = rng.uniform(0.045, 0.065) * size
    out = rng.uniform(0.48, 0.6)
    angles = np.linspace(0, 2 * math.pi, 73)
    lean = rng.uniform(0.25, 0.42)
    straps = []
    for sign in (1, -1):
        normal = left + sign * lean * up
        middle = base + sign * (out * shoulder + 0.13 * size * lean) * left - 0.13 * size * up + 0.02 * size * back
        strap = _band(body, chest, middle, normal, up, angles, width, 0.006)
        if strap is None:
            return []
        straps.append(strap)
    main = colour(rng, 0.35)
    look = _webbing(main if rng.random() < 0.6 else colour(rng, 0.1))
    surfaces = [joined(straps).placed(look)]
    if rng.random() < 0.18:  # a strap across the chest between them
        surfaces += _sternum(straps, base, np.stack([left, back, up]), rng)
    points = body.points[np.unique(torso_triangles())].astype(np.float64)
    spine = points[np.abs((points - base) @ left) < 0.05 * size]
    deep = rng.uniform(0.10, 0.17) * size
    dims = np.array([rng.uniform(0.27, 0.33), 0, rng.uniform(0.38, 0.46)]) * size + (0, deep, 0)
    behind = ((spine - base) @ back).max() + _GAP + 0.45 * deep
    at = base + behind * back - (0.5 * dims[2] + rng.uniform(-0.02, 0.05) * size) * up
    bag = box(dims, 0.06 * size).moved(np.stack([left, back, up]), at)
    pocket = box(dims * (0.8, 0.4, 0.42), 0.03 * size).moved(
        np.stack([left, back, up]), at + 0.45 * deep * back - 0.2 * dims[2] * up
    )
    handle = np.array([[-0.04, 0, 0], [-0.03, 0.0, 0.035], [0.03, 0.0, 0.035], [0.04, 0, 0]]) * size
    top = at + 0.49 * dims[2] * up - 0.2 * deep * back
    grip = smooth(handle @ np.stack([left, back, up]) + top, 16)
    fabric = cloth(plain(main), up, 0.08, 0.3, int(rng.integers(1 << 31)))
    other = cloth(plain(colour(rng, 0.3) if rng.random() < 0.4 else main * np.float32(0.8)), up, 0.08, 0.3)
    return [*surfaces, bag.placed(fabric), pocket.placed(other), ribbon(grip, back, 0.022 * size).placed(look)]


def _shoulder(body: Body, left: np.ndarray) -> float:
    """From the spine to where the arms begin, metres."""
    ends = [body.carried(body.joints[body.data.bone(f"upperarm01.{s}")], "spine01").astype(np.float64) for s in "LR"]
    return float(abs((ends[0] - ends[1]) @ left)) / 2


def _sternum(straps: list[Solid], base: np.ndarray, axes: np.ndarray, rng: np.random.Generator) -> list[Surface]:
    """A strap across the chest, from one strap to the other."""
    ends = []
    for strap in straps:
        path = (strap.points.reshape(5, -1, 3)[2] - base) @ axes.T
        before = path[:, 1] < path[:, 1].mean()
        ends.append(path[np.argmin(np.where(before, np.abs(path[:, 2] - (path[:, 2].max() - 0.13)), np.inf))])
    path = np.linspace(ends[0], ends[1], 12)
    path[:, 1] -= 0.004 + 0.01 * np.sin(np.linspace(0, math.pi, 12))
    return [ribbon(path, np.array([0.0, 0, 1]), 0.016).moved(axes, base).placed(_webbing(colour(rng, 0.1)))]


def _across(body: Body, rng: np.random.Generator, chest: Fit) -> list[Surface]:
    base, (left, back, up) = frame(body)
    sign = rng.choice([1, -1])
    shoulder = _shoulder(body, left)
    size = shoulder / 0.2
    slant = math.radians(rng.uniform(38, 52))  # of the strap's plane from upright
    normal = math.cos(slant) * left - sign * math.sin(slant) * up
    top = base + sign * rng.uniform(0.5, 0.62) * shoulder * left
    middle = top + (math.sin(slant) * -sign * left - math.cos(slant) * up) * 0.26 * size
    strap = _band(body, chest, middle, normal, up, np.linspace(0, 2 * math.pi, 73), rng.uniform(0.02, 0.05) * size)
    if strap is None:
        return []
    leather = rng.random() < 0.5
    main = colour(rng, 0.3)
    look = shiny(main, 0.04, rng.uniform(0.35, 0.6)) if leather else _webbing(main)
    low = strap.points[strap.points[:, 2].argmin()].astype(np.float64)
    dims = np.array([rng.uniform(0.24, 0.36), rng.uniform(0.07, 0.12), rng.uniform(0.18, 0.27)]) * size
    axes = np.stack([back, left, up])
    bag = box(dims, 0.025 * size).moved(axes, low - sign * 0.45 * dims[1] * left - 0.4 * dims[2] * up)
    return [strap.placed(look), bag.placed(look)]


def _lanyard(body: Body, rng: np.random.Generator, chest: Fit) -> list[Surface]:
    """A ribbon around the neck, and a card before the chest."""
    base, (left, back, up) = frame(body)
    size = _shoulder(body, left) / 0.2
    low = rng.uniform(0.16, 0.23) * size
    t = np.linspace(0, 1, 14)[:, None]
    side = 0.06 * size * left + 0.02 * size * up
    ways = [base + sign * side * (1 - t) - low * t * up - 0.1 * size * t**0.3 * back for sign in (1, -1)]
    around = [base + x * size * left + (0.075 - 12 * x * x) * size * back + 0.03 * size * up for x in (-0.04, 0, 0.04)]
    path = np.concatenate([ways[0][::-1], around[::-1], ways[1]])
    path = smooth(chest.outside(path, 0.8 * _GAP), 64)
    out = path - chest.origin
    across = np.cross(np.gradient(path, axis=0), out)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    band = ribbon(path, across, rng.uniform(0.010, 0.018))
    hook = (path[0] + path[-1]) / 2
    foot = chest.outside(hook - 0.11 * up, 0.8 * _GAP)
    foot += min(0.0, float((hook - foot) @ back)) * back  # it hangs, it does not follow the body inwards
    fall = (hook - foot) / np.linalg.norm(hook - foot)
    card_axes = np.stack([left, np.cross(fall, left), fall])
    card = box((0.058, 0.003, 0.088), 0.001).moved(card_axes, hook - 0.055 * fall - 0.004 * back)
    clip = tube(np.stack([hook + 0.006 * up, hook - 0.014 * up - 0.003 * back]), 0.004, 6)
    grey = metal(np.full(3, 0.5, np.float32))
    return [band.placed(_webbing(colour(rng, 0.6))), card.placed(_printed_card(rng)), clip.placed(grey)]


def _webbing(shade: np.ndarray) -> Look:
    """Woven straps: darker at the stitched edges."""

    def look(samples):
        edge = np.minimum(samples.uv[:, 1], 1 - samples.uv[:, 1])
        stitched = np.where(np.abs(edge - 0.16) < 0.03, np.float32(0.72), np.float32(1))
        return Appearance((shade * stitched[:, None]).astype(np.float32), samples.normal, 0.015, 0.7, 0.1, 0.25)

    return look


def _printed_card(rng: np.random.Generator) -> Look:
    head = colour(rng, 0.6)

    def look(samples):
        u, v = samples.uv.T
        found = np.full((len(u), 3), 0.75, np.float32)
        found[np.maximum(u, v) > 0.8] = head
        found[(np.abs(u - 0.5) < 0.14) & (np.abs(v - 0.5) < 0.12)] = (0.25, 0.2, 0.18)
        return Appearance(found, samples.normal, 0.05, 0.25)

    return look
