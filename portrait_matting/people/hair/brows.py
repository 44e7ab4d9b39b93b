"""The brows: hairs on the ridge above the eyes, which rise and knit with the face."""

from functools import cache
from typing import NamedTuple

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.body_data import body_data
from portrait_matting.people.bodies.complexion import Complexion
from portrait_matting.people.hair.face_hair import level, lying, strands_of
from portrait_matting.people.hair.hair_colour import coloured
from portrait_matting.people.hair.scalp import EYES, HEIGHT, Roots, scattered
from portrait_matting.people.rendering.surface import Strands

# The middle of the brow on the common head: metres from the middle of the face, head heights above the eyes; and half
# of its breadth there, in head heights.
_ACROSS = np.array((0.009, 0.014, 0.024, 0.036, 0.046, 0.054, 0.060))
_UP = np.array((0.172, 0.176, 0.19, 0.202, 0.196, 0.165, 0.125))
_BROAD = np.array((0.022, 0.036, 0.038, 0.032, 0.024, 0.015, 0.006))
_POOL = 12_000


def grow_brows(body: Body, complexion: Complexion, rng: np.random.Generator, detail: float = 1.0) -> list[Strands]:
    """The brows of a face: those of men broader, of the old longer, of children finer.

    Args:
        body, complexion, rng: whose they are, its colours, and of the brows.
        detail: of the hairs, how many are drawn, each as much wider.
    """
    female, years = body.shape.phenotype["gender"] > 0.5, body.shape.age
    broad = (0.72 if female else 1.0) * np.exp(0.2 * rng.normal()) * (0.8 if years < 12 else 1.0)
    arch = (0.006 if female else -0.006) + 0.008 * rng.normal()
    places = _places()
    off = (places.above - arch * places.bent) / np.maximum(broad * places.breadth, 1e-4)
    dense = np.clip(1.25 - np.abs(off), 0, 0.6) / 0.6 * places.inner
    kept = rng.random(len(off)) < detail * dense * float(np.exp(0.25 * rng.normal())) * 0.85
    roots, side, off, along = places.roots[kept], places.side[kept], off[kept], places.along[kept]
    count, size = len(side), body.head_height / HEIGHT
    # at the inner end upwards, then aside; from above down to the middle line, from below up to it
    rise = (
        np.interp(along, (0, 0.15, 0.4, 0.75, 1), (1.2, 0.75, 0.25, -0.05, -0.5))
        - 0.35 * off
        + 0.15 * rng.normal(size=count)
    )
    aside = np.interp(along, (0, 0.15, 1), (0.35, 0.8, 1.0))
    towards = np.stack([side * aside, np.zeros(count), rise], 1)
    lengths = size * rng.uniform(0.6, 1.1, count) * np.interp(along, (0, 0.3, 1), (0.0065, 0.0085, 0.0065))
    lengths = lengths * (0.85 if female else 1.0) * (1 + 0.5 * (years > 55) * (not female) * rng.random(count) ** 3)
    bend = np.stack([0.5 * side, np.zeros(count), -0.4 * off], 1)
    points, outward = lying(body, roots, towards, lengths, 0.18 + 0.08 * rng.random(count), bend, 4)
    radius = size / detail * rng.uniform(0.00011, 0.00018, count)
    colours = coloured(complexion, count, 4, 0.6 * complexion.grey, rng) * np.float32(0.8)
    return [strands_of(points, outward, radius, colours, 0.03)]


class _Places(NamedTuple):
    """Places all over the ridge of the brows, n of them.

    Attributes:
        roots: where.
        side: -1 or 1.
        above: head heights above the middle of the common brow; `bent` is how far an arch moves that.
        breadth: of the common brow there, half of it, in head heights.
        along: from the inner end, 0, to the outer one, 1.
        inner: how dense hairs are, of what they can be: fewer at the inner end, none beyond the outer one.
    """

    roots: Roots
    side: np.ndarray
    above: np.ndarray
    bent: np.ndarray
    breadth: np.ndarray
    along: np.ndarray
    inner: np.ndarray


@cache
def _places() -> _Places:
    """They are the same for all."""
    data = body_data()
    triangles = data.meshes["body"][0]
    at = data.template[triangles].mean(1)
    above = (at[:, 2] > level(0.02)) & (at[:, 2] < level(0.36)) & (at[:, 1] < -0.105)
    inside = above & (np.abs(at[:, 0]) < 0.068) & (np.abs(at[:, 0]) > 0.003)
    roots = scattered(triangles[inside], _POOL, np.random.default_rng(1))
    across = np.abs(roots.at[:, 0])
    inner = np.clip(across / 0.004 - _ACROSS[0] / 0.004 + 0.4, 0, 1) * (across < _ACROSS[-1])
    return _Places(
        roots,
        np.sign(roots.at[:, 0]),
        (roots.at[:, 2] - EYES) / HEIGHT - np.interp(across, _ACROSS, _UP),
        np.exp(-(((across - 0.043) / 0.012) ** 2)),
        np.interp(across, _ACROSS, _BROAD),
        np.clip((across - _ACROSS[0]) / (_ACROSS[-1] - _ACROSS[0]), 0, 1),
        inner,
    )
