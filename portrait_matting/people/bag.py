"""Straps of rucksacks and shoulder bags, with what hangs on them, and lanyards."""

import math

import numpy as np

from portrait_matting.people.body import Body
from portrait_matting.people.materials import cloth, colour, plain, shiny
from portrait_matting.people.solids import Solid, box, grid, joined, ribbon, smooth
from portrait_matting.people.surface import Appearance, Look, Surface
from portrait_matting.people.torso import frame, loop, torso_triangles

_GAP = 0.025  # metres from the body: clothes are between


def wear_bag(body: Body, rng: np.random.Generator, kind: str | None = None, gap: float = _GAP) -> list[Surface]:
    """A rucksack, a bag on a strap across the chest or from one shoulder, or a lanyard with a card.

    Args:
        body: who wears it.
        rng: of the bag.
        kind: rucksack, across or lanyard; None: any.
        gap: metres between body and strap.
    """
    kind = kind or str(rng.choice(["rucksack", "across", "lanyard"], p=(0.5, 0.38, 0.12)))
    return {"rucksack": _rucksack, "across": _across, "lanyard": _lanyard}[kind](body, rng, gap)


def _band(body: Body, middle, normal, up, angles, width: float, gap: float, edge: float = 0.003) -> Solid | None:
    """A strap in a plane around the torso, `width` metres wide: it follows the torso at both of its edges."""
    normal = normal / np.linalg.norm(normal)
    rows = []
    for share, lift in ((-0.5, 0.0), (-0.47, edge), (0.0, edge * 1.3), (0.47, edge), (0.5, 0.0)):
        row = loop(body.points, torso_triangles(), middle + share * width * normal, normal, up, angles, gap + lift)
        if row is None:
            return None
        rows.append(row)
    return grid(np.stack(rows))


def _rucksack(body: Body, rng: np.random.Generator, gap: float) -> list[Surface]:
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
        strap = _band(body, middle, normal, up, angles, width, gap, 0.006)
        if strap is None:
            return []
        straps.append(strap)
    main = colour(rng, 0.35)
    look = _webbing(main if rng.random() < 0.6 else colour(rng, 0.1))
    surfaces = [joined(straps).placed(look)]
    if rng.random() < 0.25:  # a strap across the chest between them
        surfaces += _sternum(straps, rng)
    points = body.points[np.unique(torso_triangles())].astype(np.float64)
    spine = points[np.abs((points - base) @ left) < 0.05 * size]
    deep = rng.uniform(0.10, 0.17) * size
    dims = np.array([rng.uniform(0.27, 0.33), 0, rng.uniform(0.38, 0.46)]) * size + (0, deep, 0)
    behind = ((spine - base) @ back).max() + gap + 0.45 * deep
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


def _sternum(straps: list[Solid], rng: np.random.Generator) -> list[Surface]:
    count = len(straps[0].points) // 5
    ends = [strap.points.reshape(5, count, 3)[2, k] for strap, k in zip(straps, (_front(s, count) for s in straps), strict=True)]
    path = np.linspace(ends[0], ends[1], 12).astype(np.float64)
    path[:, 1] -= 0.004 + 0.01 * np.sin(np.linspace(0, math.pi, 12))
    return [ribbon(path, np.array([0.0, 0, 1]), 0.02).placed(_webbing(colour(rng, 0.1)))]


def _front(strap: Solid, count: int) -> int:
    """The point of a strap on the chest, 11 cm below the shoulder."""
    path = strap.points.reshape(5, count, 3)[2]
    ahead = path[:, 1] < path[:, 1].mean()
    return int(np.argmin(np.where(ahead, np.abs(path[:, 2] - (path[:, 2].max() - 0.13)), np.inf)))


def _across(body: Body, rng: np.random.Generator, gap: float) -> list[Surface]:
    base, (left, back, up) = frame(body)
    sign = rng.choice([1, -1])
    shoulder = _shoulder(body, left)
    size = shoulder / 0.2
    slant = math.radians(rng.uniform(38, 52))  # of the strap's plane from upright
    normal = math.cos(slant) * left - sign * math.sin(slant) * up
    top = base + sign * rng.uniform(0.5, 0.62) * shoulder * left
    middle = top + (math.sin(slant) * -sign * left - math.cos(slant) * up) * 0.26 * size
    strap = _band(body, middle, normal, up, np.linspace(0, 2 * math.pi, 73), rng.uniform(0.02, 0.05) * size, gap)
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


def _lanyard(body: Body, rng: np.random.Generator, gap: float) -> list[Surface]:
    """A ribbon around the neck, and a card before the chest."""
    base, (left, back, up) = frame(body)
    size = _shoulder(body, left) / 0.2
    nape = body.carried(body.joints[body.data.bone("neck01")], "neck01").astype(np.float64)
    points = body.points[np.unique(torso_triangles())].astype(np.float64)
    local = (points - base) @ np.stack([left, back, up]).T
    card_z = float((nape - base) @ up) - rng.uniform(0.24, 0.32) * size

    def before(x: float, z: float) -> float:
        near = (np.abs(local[:, 0] - x) < 0.03) & (np.abs(local[:, 2] - z) < 0.03)
        return float(local[near, 1].min()) if near.any() else float(local[:, 1].min())

    start, top = 0.062 * size, float((nape - base) @ up)
    rows = []
    for sign in (1, -1):
        heights = np.linspace(top - 0.015 * size, card_z, 12)
        xs = sign * start * (1 - np.linspace(0, 1, 12)) ** 0.9
        ys = np.array([before(x, z) for x, z in zip(xs, heights, strict=True)]) - gap - 0.004
        ys = np.minimum(ys, np.convolve(np.pad(ys, 2, "edge"), np.ones(5) / 5, "valid"))
        rows.append(np.stack([xs, ys, heights], 1))
    behind = np.array([[0.055 * size, 0.03 * size, top + 0.012], [0, 0.075 * size, top + 0.02], [-0.055 * size, 0.03 * size, top + 0.012]])
    behind[:, 1] += float((nape - base) @ back) - 0.02 * size
    path = smooth(np.concatenate([rows[0][::-1], behind, rows[1]]), 60)
    ahead = np.gradient(path, axis=0)
    out = path - path.mean(0) * (1, 1, 0) - path * (0, 0, 1)
    across = np.cross(ahead, out)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    axes = np.stack([left, back, up])
    band = ribbon(path, across, rng.uniform(0.010, 0.018)).moved(axes, base)
    y = rows[0][-1, 1]
    card = box((0.058, 0.003, 0.088), 0.001).moved(axes, np.array([0, y - 0.002, card_z - 0.055]) @ axes + base)
    return [band.placed(_webbing(colour(rng, 0.6))), card.placed(_printed_card(rng))]


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
