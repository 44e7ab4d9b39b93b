"""What tied hair does behind where it is tied: a tail hangs by itself, a bun is wound, a plait is woven."""

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.hair.clearance import Clearance, probe
from portrait_matting.people.hair.locks import curl, cut_off, keep_off
from portrait_matting.people.hair.styles import Style


def tail_of(
    body: Body, style: Style, around: Clearance, rng: np.random.Generator, detail: float = 1.0
) -> list[np.ndarray]:
    """Strands (S, K, 3) beyond the knot, in the room, a share `detail` of all."""
    height = body.head_height
    eyes = body.eyes.mean(0)
    left, front, up = style.knot
    rest = np.array([left, eyes[1] / height + 0.8 - front, eyes[2] / height + up]) * height
    knot = body.carried(rest.astype(np.float32), "head")
    turned = body.bones[body.data.bone("head")][:, :3]
    out = turned @ np.array([left, -front, max(up - 0.1, 0.0)])
    out /= np.linalg.norm(out)
    if style.tail == "bun":
        return [_bun(knot + out * 0.16 * height, out, height * rng.uniform(0.24, 0.38), rng, detail)]
    length = style.top * height / 0.12
    points = (
        _plait(knot, out, height, 0.7 * length, around, rng, detail)
        if style.tail == "plait"
        else _tail(knot, out, height, length, style, around, rng, detail)
    )
    keep_off(points, 0.002, around.origin, around.distance)
    return [points]


def _path(knot, out, length: float, count: int, margin: float, fall: float, around: Clearance) -> np.ndarray:
    """Where what is tied at a knot hangs: it leaves the head, falls, and lies on the back: (count, 3)."""
    way, path, step = out.copy(), [np.asarray(knot, np.float64)], length / (count - 1)
    for _ in range(count - 1):
        way = way + (0, 0, -fall)
        way /= np.linalg.norm(way)
        gap, x, y, z = probe(*(path[-1] + way * step), around.origin, around.distance)
        way = (path[-1] + way * step + max(margin - gap, 0.0) * np.array((x, y, z))) - path[-1]
        way /= np.linalg.norm(way)
        path.append(path[-1] + way * step)
    return np.stack(path)


def _across(path: np.ndarray, out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two directions at right angles to a path and to one another, at each of its points."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, out + (0, 0, 0.3))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6)
    return side, np.cross(along, side)


def _tail(knot, out, height, length, style: Style, around, rng, detail) -> np.ndarray:
    """A sheaf that is narrow at the knot, wide below it, and thin at its tips."""
    count, points = round(1800 * detail), 20
    path = _path(knot, out, length, points, 0.02, 0.3, around)
    side, deep = _across(path, out)
    t = np.linspace(0, 1, points)
    wide = height * (0.07 + rng.uniform(0.12, 0.24) * np.sin(np.pi * np.clip(t * 1.4, 0, 1) ** 0.7 * 0.75))
    tuft = rng.integers(0, 40, count)
    angle = rng.uniform(0, 2 * np.pi, 40)[tuft] + 0.5 * rng.normal(size=count)
    reach = np.sqrt(np.clip(rng.random(40)[tuft] + 0.2 * rng.normal(size=count), 0.01, 1.3))
    spread = (reach[:, None] * wide)[..., None]
    found = path + spread * (np.cos(angle)[:, None, None] * side + np.sin(angle)[:, None, None] * deep)
    found = found + np.cumsum(0.0008 * rng.normal(size=(count, points, 3)), 1)
    ends = (points - 1) * np.clip(1 - 0.35 * rng.random(count) ** 2 - 0.1 * rng.random(40)[tuft], 0.3, 1)
    found = cut_off(found.astype(np.float32), ends.astype(np.float32))
    if style.curl > 0:
        turn = np.full(count, style.turn)
        curl(found, 2 * np.pi * rng.random(40)[tuft], np.full(count, style.curl), turn, style.flat)
    return found


def _bun(middle, out, radius, rng, detail) -> np.ndarray:
    """Coils around the axis of a bun, in shells of a flattened ball."""
    count, length = round(1500 * detail), 12
    side = np.cross(out, (0.3, 0.2, 1.0))
    side /= np.linalg.norm(side)
    other = np.cross(out, side)
    start = rng.uniform(0, 2 * np.pi, (count, 1))
    tilt = 0.25 * rng.normal(size=(count, 1))
    high = np.arcsin(rng.uniform(-1, 1, (count, 1)))
    angle = start + np.linspace(0, 1, length) * rng.uniform(0.8, 2.2, (count, 1))
    lift = high + tilt * np.sin(angle - start)
    shell = radius * (0.75 + 0.3 * rng.random((count, 1)) ** 0.7) * (1 + 0.08 * np.sin(3 * angle + 4 * high))
    x, y, z = shell * np.cos(lift) * np.cos(angle), shell * np.cos(lift) * np.sin(angle), 0.7 * shell * np.sin(lift)
    found = middle + x[..., None] * side + y[..., None] * other + z[..., None] * out
    return found.astype(np.float32)


def _plait(knot, out, height, long, around, rng, detail) -> np.ndarray:
    """Three strands that cross, around a path that leaves the head and hangs."""
    length, each = 48, round(420 * detail)
    steps = np.linspace(0, 1, length)
    wide = 0.012 * height / 0.12 * (1 - 0.45 * steps)
    path = _path(knot, out, long, length, 0.014, 0.14, around)
    side, deep = _across(path, out)
    turns = 2 * np.pi * long / (0.05 * height / 0.12)
    lobes = []
    for lobe in range(3):
        phase = turns * steps + 2 * np.pi * lobe / 3
        middle = path + (wide * np.sin(phase))[:, None] * side + (0.6 * wide * np.sin(2 * phase))[:, None] * deep
        angle, reach = rng.uniform(0, 2 * np.pi, (each, 1)), 0.75 * np.sqrt(rng.random((each, 1))) * wide
        shift = (reach * np.cos(angle))[..., None] * side + (reach * np.sin(angle))[..., None] * deep
        lobes.append(middle + shift)
    return np.concatenate(lobes).astype(np.float32)
