"""The beard: from a day's stubble to one that hangs on the chest."""

from functools import cache

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.bodies.complexion import Complexion
from portrait_matting.people.hair.clearance import Clearance, clearance
from portrait_matting.people.hair.face_hair import level, lying, strands_of
from portrait_matting.people.hair.hair_colour import coloured
from portrait_matting.people.hair.locks import curl, gather, keep_off, nearest_of
from portrait_matting.people.hair.scalp import Roots, scattered
from portrait_matting.people.rendering.surface import Strands

BEARDS = ("none", "stubble", "moustache", "goatee", "full", "long")
_ODDS = (0.46, 0.2, 0.06, 0.08, 0.15, 0.05)
_FROM = 17  # years
# The border of the beard on the cheeks, on the common head: degrees from the middle of the face, head heights.
_CHEEK = (
    (0, -0.36),
    (9, -0.40),
    (14, -0.52),
    (24, -0.55),
    (36, -0.50),
    (48, -0.40),
    (56, -0.26),
    (60, -0.12),
    (66, 0.0),
)
_THROAT = ((0, -1.02), (25, -1.02), (50, -0.9), (66, -0.72), (76, -0.55))
_LIPS = (0.6605, 0.027, 0.0115)  # metres: their level, half their width and height
_POOL = 30_000


def grow_beard(
    body: Body,
    complexion: Complexion,
    rng: np.random.Generator,
    kind: str | None = None,
    around: Clearance | None = None,
    detail: float = 1.0,
) -> list[Strands]:
    """The beard of a man; none of a woman or a child, nor of many a man.

    Args:
        body, complexion, rng: whose it is, its colours, and of the beard.
        kind: one of `BEARDS`; None: any, as often as they are seen.
        around: the body's clearance; None: is made where it is needed.
        detail: of the hairs, how many are drawn, each as much wider.
    """
    if kind is None:
        able = body.shape.phenotype["gender"] < 0.5 and body.shape.age >= _FROM
        kind = str(rng.choice(BEARDS, p=_ODDS)) if able else "none"
    if kind == "none":
        return []
    roots = _grown(kind, rng, detail)
    at, count, size = roots.at, len(roots.at), body.head_height / 0.1207
    lip = np.exp(-(((at[:, 2] - 0.676) / 0.008) ** 2)) * (np.abs(at[:, 0]) < 0.035)
    side = np.tanh(at[:, 0] / 0.006)
    chin = np.clip((level(-0.62) - at[:, 2]) / 0.03, 0, 1) * np.exp(-((at[:, 0] / 0.03) ** 2))
    if kind == "stubble":
        lengths = np.full(count, rng.uniform(0.0012, 0.003))
    else:
        lengths = np.interp(rng.random(), (0, 1), (0.006, 0.016)) * np.ones(count)
        if kind == "long":
            lengths = 0.02 + rng.uniform(0.06, 0.16) * (0.15 + 0.85 * chin)
        elif kind != "moustache":
            lengths = lengths * (1 + rng.uniform(0.4, 1.6) * chin)
        lengths = np.where(lip > 0.3, np.minimum(lengths, 0.012), lengths)
    lengths = size * lengths * rng.uniform(0.7, 1.1, count)
    towards = np.stack([(0.25 + 1.1 * lip) * side, -0.1 - 0.3 * chin, -1 + 0.55 * lip], 1) + 0.18 * rng.normal(
        size=(count, 3)
    )
    points_of = 3 if kind == "stubble" else 12 if kind == "long" else 7
    bend = np.stack([-0.5 * np.sign(at[:, 0]) * (lip < 0.3), 0 * lip, -1.2 + 0.4 * lip], 1)
    lift = np.where(lip > 0.3, 0.8, 0.55) + 0.15 * rng.normal(size=count)
    points, outward = lying(body, roots, towards, lengths, np.maximum(lift, 0.1), bend, points_of)
    if kind != "stubble":
        tuft = nearest_of(at, at[:150])
        gather(points, tuft, 150, (0.35 * rng.random(count)).astype(np.float32), np.ones(count, np.bool_), 1.0)
        phase = rng.uniform(0, 2 * np.pi, 150)[tuft] + 0.8 * rng.normal(size=count)
        turn = 0.02 * size * np.exp(0.2 * rng.normal(size=count))
        curl(points, phase, size * 0.0025 * rng.uniform(0.3, 1.3, count), turn, 0.0)
    if lengths.max() > 0.012:
        around = clearance(body) if around is None else around
        keep_off(points, 0.0005, around.origin, around.distance)
    radius = size / detail * rng.uniform(0.00012, 0.00022, count) * (0.8 if kind == "stubble" else 1.0)
    colours = coloured(complexion, count, points_of, min(1.25 * complexion.grey, 1.0), rng)
    return [strands_of(points, outward, radius, colours, 0.04)]


def _grown(kind: str, rng: np.random.Generator, detail: float) -> Roots:
    """Roots of a kind of beard: dense within, thin at its borders."""
    roots = _places()
    if kind != "stubble":
        roots = roots + _lip()
    at, around, up = roots.at, roots.around, roots.up
    shift = 0.06 * rng.normal() * np.clip((around - 14) / 10, 0, 1)  # the cheeks' border is where one shaves it
    inside = (np.interp(around, *zip(*_CHEEK, strict=True)) + shift - up) / 0.07
    inside = np.minimum(inside, (up - np.interp(around, *zip(*_THROAT, strict=True))) / 0.1)
    inside = np.minimum(inside, (76 - around) / 5)
    lips = np.hypot(at[:, 0] / _LIPS[1], (at[:, 2] - _LIPS[0]) / _LIPS[2]) - 1
    inside = np.minimum(inside, lips / 0.15)
    across = np.abs(at[:, 0])
    moustache = (up > -0.52) & (across < 0.036)
    if kind == "moustache":
        inside = np.where(moustache, np.minimum(inside, (0.034 - across) / 0.004), -1)
    elif kind == "goatee":
        ring = np.minimum((0.032 - across) / 0.004, inside)
        inside = ring if rng.random() < 0.7 else np.where(moustache, -1, ring)
    share = np.clip(inside, 0, 1) * (1.0 if kind == "stubble" else 0.85)
    patchy = 0.5 + 0.5 * np.sin(at[:, 0] * 310 + rng.uniform(0, 6)) * np.sin(at[:, 2] * 270 + rng.uniform(0, 6))
    share = share * (1 - rng.uniform(0, 0.5) * patchy * (across > 0.02))
    return roots[rng.random(len(share)) < detail * share]


@cache
def _places() -> Roots:
    """Places all over the lower half of the face and below the chin."""
    return scattered(_outer(), _POOL, np.random.default_rng(2))


@cache
def _lip() -> Roots:
    """More of them between the nose and the mouth, where hair is densest."""
    triangles = _outer()
    at = body_data().template[triangles].mean(1)
    above = (at[:, 2] > level(-0.58)) & (at[:, 2] < level(-0.34)) & (np.abs(at[:, 0]) < 0.04)
    return scattered(triangles[above], _POOL // 4, np.random.default_rng(4))


def _outer() -> np.ndarray:
    """Triangles of the lower half of the face, not of the inside of the mouth."""
    data = body_data()
    triangles = data.meshes["body"][0]
    a, b, c = (data.template[triangles[:, k]] for k in range(3))
    at = (a + b + c) / 3
    out = (np.cross(b - a, c - a) * (at - np.array([0, -0.06, 0.68], np.float32))).sum(1) > 0
    low = (at[:, 2] < level(0.03)) & (at[:, 2] > level(-1.15)) & (at[:, 1] < -0.02)
    jaw = (at[:, 1] < -0.1) | (np.abs(at[:, 0]) > 0.035) | (at[:, 2] < level(-0.85))
    return triangles[out & low & jaw]
