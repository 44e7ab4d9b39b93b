"""Garments that are cut from the suit: their surfaces, with hems that have a thickness."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from portrait_matting.people.bodies.body import Body
from portrait_matting.people.clothes.fit import PIT, Fit
from portrait_matting.people.clothes.rim import rim_of
from portrait_matting.people.clothes.shell import HIDDEN, Shell, Style
from portrait_matting.people.clothes.suit import LEFT
from portrait_matting.people.rendering.surface import Look, Surface


@dataclass(frozen=True)
class Cloth(Surface):
    """A surface of cloth.

    Attributes:
        covers: bool (V,), which vertices of the body data are under it; None: it hides nothing.
        hood: whether it is one, on the shoulders.
    """

    covers: np.ndarray | None = None
    hood: bool = False


def garment(fit: Fit, form: Shell, style: Style, look: Look, opacity: float = 1.0, over: Shell | None = None):
    """The surfaces of a garment: its outside, and the thickness of its hems.

    Args:
        fit: of whom it is for.
        form, style: of it.
        look: of its cloth.
        opacity: of its cloth.
        over: what is worn over it: what that hides is left out.
    """
    suit = fit.suit
    edge = form.hem
    shown = _shown(edge, edge[:0] if over is None else np.where(suit.rest[:, 2] < 0.46, over.hem, 0), suit.triangles)
    triangles = suit.triangles[shown]
    corners = _corners(fit, form, shown)
    covers = None
    if opacity >= 1:
        covers = (suit.under >= 0) & (edge[suit.under] > 0.012)
    outside = Cloth(
        points=form.points,
        triangles=triangles,
        normals=form.normals,
        look=look,
        rest=form.rest,
        corners=corners,
        colours=along(form.points, triangles, corners, style.depth),
        hem=edge,
        opacity=opacity,
        covers=covers,
    )
    rim = rim_of(form, triangles, outside.corners, style.thickness, look, opacity)
    return [outside] if rim is None else [outside, rim]


@njit(cache=True, error_model="numpy")
def along(points: np.ndarray, triangles: np.ndarray, corners: np.ndarray, depth: float) -> np.ndarray:
    """Which way the second axis of a map goes at each vertex: float32 (V, 3), of length `depth`."""
    found = np.zeros_like(points)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        u1, v1 = corners[t, 1, 0] - corners[t, 0, 0], corners[t, 1, 1] - corners[t, 0, 1]
        u2, v2 = corners[t, 2, 0] - corners[t, 0, 0], corners[t, 2, 1] - corners[t, 0, 1]
        sign = 1.0 if u1 * v2 - u2 * v1 > 0 else -1.0
        for k in range(3):
            way = sign * (u1 * (points[c, k] - points[a, k]) - u2 * (points[b, k] - points[a, k]))
            found[a, k] += way
            found[b, k] += way
            found[c, k] += way
    for n in range(found.shape[0]):
        length = np.sqrt(found[n, 0] ** 2 + found[n, 1] ** 2 + found[n, 2] ** 2)
        if length > 0:
            found[n] *= depth / length
    return found


def _corners(fit: Fit, form: Shell, shown: np.ndarray) -> np.ndarray:
    """Where cloth lies flat, in metres of the template: of the trunk by where this garment has it, so that stripes are
    level and seams straight on any body."""
    suit = fit.suit
    flat = (form.rest - np.float32((0, 0, fit.pit))) / np.float32(fit.size) + np.float32((0, 0, PIT))
    return _level(suit.corners, suit.triangles, suit.panels, flat, suit.rest, np.flatnonzero(shown))


@njit(cache=True, error_model="numpy")
def _level(corners, triangles, panels, rest, template, shown):
    found = np.empty((len(shown), 3, 2), np.float32)
    for i in range(len(shown)):
        t = shown[i]
        for k in range(3):
            found[i, k, 0], found[i, k, 1] = corners[t, k, 0], corners[t, k, 1]
            if panels[t] < LEFT:
                found[i, k, 0] += rest[triangles[t, k], 0] - template[triangles[t, k], 0]
                found[i, k, 1] += rest[triangles[t, k], 2] - template[triangles[t, k], 2]
    return found


@njit(cache=True, error_model="numpy")
def _shown(hem, over, triangles):
    """Which triangles of a garment are not cut away, nor hidden under another."""
    found = np.empty(triangles.shape[0], np.bool_)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        found[t] = hem[a] > 0 or hem[b] > 0 or hem[c] > 0
        if over.size and over[a] > HIDDEN and over[b] > HIDDEN and over[c] > HIDDEN:
            found[t] = False
    return found


def whole(clothes: list[Surface]) -> list[Surface]:
    """Of clothes, the outsides of whole garments that nothing shows through: no collars, hoods, scarves, buttons."""
    return [surface for surface in clothes if getattr(surface, "covers", None) is not None]


def covered(body: Body, surfaces: list[Surface]) -> np.ndarray:
    """Which triangles of the body's mesh are under cloth and cannot be seen: bool (T,)."""
    under = np.zeros(len(body.rest), bool)
    for surface in surfaces:
        covers = getattr(surface, "covers", None)
        if covers is not None:
            under |= covers
    return under[body.data.meshes["body"][0]].all(1)
