"""The hair of a head, from its roots to its tips."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.bodies.complexion import Complexion
from portrait_matting.people.hair.clearance import Clearance, clearance
from portrait_matting.people.hair.covered_hair import Hides, uncovered
from portrait_matting.people.hair.growth import NATURAL, TIED, UPRIGHT, grow
from portrait_matting.people.hair.hair_colour import tinted
from portrait_matting.people.hair.locks import away_from_axis, curl, cut_off, gather, keep_off, nearest_of
from portrait_matting.people.hair.scalp import Hairline, Roots, density, scalp
from portrait_matting.people.hair.style_choice import sample_style
from portrait_matting.people.hair.styles import Style
from portrait_matting.people.hair.tails import tail_of
from portrait_matting.people.rendering.surface import Strands, Surface

FLYAWAYS = 0.03
"""Of the strands, how many do not lie with the others."""


def grow_hair(
    body: Body,
    complexion: Complexion,
    rng: np.random.Generator,
    headwear: Hides | None = None,
    style: Style | None = None,
    flyaways: float = FLYAWAYS,
    detail: float = 1.0,
    over: Sequence[Surface] = (),
) -> list[Strands]:
    """The hair of a head as it is worn; without `flyaways` all other hairs are the same.

    Args:
        body: whose it is, as it is held.
        complexion: has its colour, and how grey it is.
        rng: of the hair.
        headwear: `hides` says which points (n, 3), at rest, it covers: hair there is not drawn. None: a bare head.
        style: how it is worn; None: as one like this is likely to wear it.
        flyaways: of the strands, how many do not lie with the others.
        detail: of the strands, how many are drawn, each as much wider: from afar a few tufts look as many hairs do.
            Another `detail` is another head of hair of the same style: roots and tufts are drawn anew.
        over: the clothes that hair lies on where it is long.
    """
    style = sample_style(body.shape, rng) if style is None else style
    style = replace(style, count=round(detail * style.count), radius=style.radius / detail)
    if headwear is not None:
        style = pressed(style)
    hangs = style.gravity > 0.1
    around = clearance(body, ears=hangs, over=over if hangs or style.tail in ("tail", "plait") else ())
    roots = _rooted(style, rng)
    roots = roots[around(roots.of(body.points)) > -0.004]  # what grows under a collar stays there
    if not len(roots.at):
        return []
    tuft = nearest_of(roots.at, roots.at[: style.tufts])
    if style.kind == TIED:
        style = replace(style, knot=knot_on(body, style.knot, around))
    points, stray = _grown(body, style, roots, tuft, rng, flyaways, around)
    shade = np.exp(0.14 * rng.normal(size=style.tufts))[tuft, None, None]
    colours = tinted(complexion, len(points), points.shape[1], rng) * shade.astype(np.float32)
    radius = style.radius * rng.uniform(0.75, 1.3, len(points)) * np.where(stray, 0.35, 1)
    found = [_strands(body, points, radius, colours, style.shine)]
    if style.tail:
        found += [
            _strands(
                body,
                tail,
                np.full(len(tail), style.radius),
                tinted(complexion, len(tail), tail.shape[1], rng),
                style.shine,
            )
            for tail in tail_of(body, style, around, rng, detail)
        ]
    return found if headwear is None else [left for each in found for left in uncovered(body, each, headwear)]


def _rooted(style: Style, rng: np.random.Generator) -> Roots:
    """Roots of hairs within the hairline, as many on an area as a full head of the style has."""
    places = scalp()
    tried = min(int(style.count / _full()), len(places.at))
    chosen = (np.arange(tried) + rng.integers(len(places.at))) % len(places.at)
    share = density(style.hairline, places.around[chosen], places.up[chosen])
    return places[chosen[rng.random(tried) < share]]


@cache
def _full() -> float:
    """Of the places on the scalp, how many lie within the common hairline."""
    return float(density(Hairline(), scalp().around, scalp().up).mean())


@cache
def _wills(points: int) -> np.ndarray:
    """Wills of strands, any of which a strand may have: float32 (1024, points, 3)."""
    return np.random.default_rng(3).standard_normal((1024, points, 3), dtype=np.float32)


def _grown(body, style, roots, tuft, rng, flyaways, around) -> tuple[np.ndarray, np.ndarray]:
    count = len(roots.at)
    height = body.head_height
    rotation = body.bones[body.data.bone("head")][:, :3].astype(np.float64)
    eyes = body.eyes.mean(0)
    middle = body.carried(np.array([0, eyes[1] + 0.8 * height, eyes[2]], np.float32), "head").astype(np.float64)
    outward = roots.of(body.normals)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-6)
    chance = rng.random(count) / (0.3 if style.twisted else 1.0)
    stray, steady = chance < flyaways, chance >= max(flyaways, FLYAWAYS)
    number = min(style.tufts, count)
    size = height / 0.12
    above = np.clip((roots.up - 0.3) / 0.4, 0, 1)
    above = above * above * (3 - 2 * above)
    lengths = size * (style.sides + (style.top - style.sides) * above)
    lengths = lengths * np.exp(0.1 * rng.normal(size=number))[tuft] * rng.uniform(0.75, 1.05, count)
    if style.kind == UPRIGHT:  # round, down to the border
        full = density(replace(style.hairline, edge=0.4), roots.around, roots.up)
        lengths = lengths * (0.4 + 0.6 * full)
    lengths = lengths * np.where(stray, rng.uniform(0.5, 1, count), 1)
    fringe = np.zeros(count, np.bool_)
    if style.fringe > 0:
        fringe = (roots.around < 48) & (roots.up > 0.45) & (roots.at[:, 1] < -0.06)
        fall = style.fringe * size * (1 + 0.9 * np.clip(roots.up - 0.62, 0, 1)) * rng.uniform(0.85, 1.05, count)
        lengths = np.where(fringe, fall * (1 + 0.3 * np.clip((roots.around - 25) / 25, 0, 1)), lengths)
    inner = rng.random(count)
    layers = 0.0015 + style.volume * size * np.where(stray, 1.2, inner**1.5) * (0.35 + 0.65 * above)
    layers = layers.astype(np.float32)
    bias = (0.04 * rng.normal(size=(count, 3)) * stray[:, None]).astype(np.float32)
    tufts = (style.rough * rng.normal(size=(number, 3)))[tuft].astype(np.float32)
    tufts[:, 2] *= 0.5
    points, ends = grow(
        roots.of(body.points).astype(np.float32),
        outward.astype(np.float32),
        lengths.astype(np.float32),
        layers,
        _wills(style.points),
        rng.integers(0, 1024, count),
        (style.unruly * np.where(stray, 1.6, 1)).astype(np.float32),
        bias,
        tufts,
        style.kind,
        np.array(style.comb),
        float(style.part),
        np.array(style.knot),
        float(style.lift),
        float(style.gravity),
        float(style.stiffness),
        float(style.face),
        float(style.cheek),
        0.62 if style.hairline.top > 0.5 else 0.4,
        float(style.cut),
        rotation,
        middle,
        float(height),
        around.origin,
        around.distance,
        style.points,
        fringe,
    )
    if (ends < style.points - 1).any():
        points = cut_off(points, ends)
    if style.gathered > 0:
        share = np.where(stray, 0, style.gathered * rng.uniform(0.6, 1, count)).astype(np.float32)
        gather(points, tuft, number, share, steady, 5.0 if style.twisted else 1.0)
    if style.curl > 0:
        phase = rng.uniform(0, 2 * np.pi, number)[tuft] + (1.2 if style.kind == UPRIGHT else 0.25) * rng.normal(
            size=count
        )
        width = style.curl * size * np.exp(0.25 * rng.normal(size=number))[tuft] * rng.uniform(0.7, 1.2, count)
        turn = style.turn * size * np.exp(0.2 * rng.normal(size=number))[tuft] * np.exp(0.015 * rng.normal(size=count))
        curl(points, phase, width, turn, float(style.flat))
    keep_off(points, 0.001, around.origin, around.distance)
    return points, stray


def knot_on(body: Body, way: tuple[float, float, float], around: Clearance) -> tuple[float, float, float]:
    """Where hair that is tied in a direction from the middle of the head is tied: a little off the skin there."""
    eyes, height = body.eyes.mean(0), body.head_height
    start = np.array([0, eyes[1] + 0.8 * height, eyes[2] + 0.3 * height])
    step = np.array([way[0], -way[1], way[2] - 0.3])
    step = step / np.linalg.norm(step) * np.arange(0.4, 1.6, 0.02)[:, None] * height
    gaps = around(body.carried((start + step).astype(np.float32), "head"))
    inside = np.flatnonzero(gaps < 0.012)
    last = step[inside[-1] if len(inside) else 20] / height
    return float(last[0]), float(-last[1]), float(last[2] + 0.3)


def _strands(body: Body, points, radius, colours, shine: float) -> Strands:
    return Strands(points, radius.astype(np.float32), colours, shine, normals=away_from(body, points))


def away_from(body: Body, points: np.ndarray) -> np.ndarray:
    """Directions of points (S, K, 3) away from the axis of the head and the neck, of length 1."""
    eyes = body.eyes.mean(0)
    crown = eyes + np.array([0, 0.75, 0.2]) * body.head_height
    upper = body.carried(crown.astype(np.float32), "head")
    lower = body.carried(body.joints[body.data.bone("neck01")] + np.float32([0, 0.02, -0.1]), "neck01")
    return away_from_axis(np.ascontiguousarray(points, np.float32), lower, upper)


def pressed(style: Style) -> Style:
    """A style as it is under a hat: flat, nothing stands up, and what is tied is tied low."""
    left, front, up = style.knot
    return replace(
        style,
        kind=NATURAL if style.kind == UPRIGHT else style.kind,
        volume=min(style.volume, 0.005),
        lift=min(style.lift, 0.2),
        rough=0.3 * style.rough,
        knot=(left, min(front, -0.9), min(up, -0.1)),
    )
