"""Garments that are cut from the suit: their surfaces, with hems that have a thickness."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from portrait_matting.people.bodies.body import Body, normals
from portrait_matting.people.clothes.cut import Cut, hem
from portrait_matting.people.clothes.drape import draped
from portrait_matting.people.clothes.fit import PIT, Fit
from portrait_matting.people.clothes.folds import folds
from portrait_matting.people.clothes.suit import LEFT
from portrait_matting.people.rendering.surface import Look, Surface

_HIDDEN = 0.04  # metres from its edge, what is under a garment is not seen


@dataclass(frozen=True)
class Cloth(Surface):
    """A surface of cloth.

    Attributes:
        covers: bool (V,), which vertices of the body data are under it; None: it hides nothing.
        hood: whether it is one, on the shoulders.
    """

    covers: np.ndarray | None = None
    hood: bool = False


FLAT = 0.01
"""The depth of folds of cloth that has none."""


@dataclass(frozen=True)
class Style:
    """How a garment is worn: `looseness` and `stiffness` in [0, 1], `ease` and `thickness` in metres, `creased` how
    deep its folds are, 1 as usual, 0 none; `flare`, metres, how much wider its sleeves end."""

    looseness: float = 0.5
    stiffness: float = 0.3
    ease: float = 0.012
    thickness: float = 0.002
    creased: float = 1.0
    flare: float = 0.0

    @property
    def depth(self) -> float:
        """Of the folds that its look has, 0 to 1: never quite 0, as the weave lies along them; below 0.02 none show."""
        return max(FLAT, self.creased * (0.4 + 0.6 * self.looseness) * (1 - 0.45 * self.stiffness))


@dataclass(frozen=True)
class Shell:
    """The suit as a garment's own form, before it is cut: `rest` and `points` (M, 3), `hem` (M,); all M of them."""

    rest: np.ndarray
    points: np.ndarray
    normals: np.ndarray
    hem: np.ndarray


def shell(
    fit: Fit, cut: Cut, style: Style, rng: np.random.Generator, above: np.ndarray | None = None, gap=0.006
) -> Shell:
    """The form of a garment.

    Args:
        fit: of whom it is for.
        cut, style: of it.
        rng: of its folds.
        above: (M, 3) points of what is under it, as worn; None: there is nothing.
        gap: metres, or (M,), that it keeps from that.
    """
    suit = fit.suit
    rest = draped(fit, style.looseness, style.ease, style.flare, cut.sleeve)
    posed = fit.posed(rest)
    posed = suit.smoothed(posed, np.float32(0.25 + 0.35 * style.looseness) * np.ones(len(rest), np.float32), 3)
    direction = normals(posed, suit.coarse)
    sag = suit.arm * np.clip(-direction[:, 2], 0, 1) * np.float32(1.1 * style.looseness * style.ease + 0.003)
    posed += direction * np.float32(0.003)  # what smoothing took
    posed[:, 2] -= sag
    points = suit.finer(posed)
    direction, resting = normals(points, suit.triangles), suit.finer(rest)
    if style.creased:
        shown = hem(fit, cut, resting) > -_HIDDEN
        depth = folds(fit, style.looseness, style.stiffness, rng, shown) * np.float32(style.creased)
        points += direction * depth[:, None]
        resting += normals(resting, suit.triangles) * depth[:, None]
    if above is not None:
        short = np.float32(gap) - ((points - above) * direction).sum(1)
        points += direction * np.maximum(short, 0)[:, None].astype(np.float32)
    return Shell(resting, points, normals(points, suit.triangles), hem(fit, cut, resting))


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
    rim = _rim(form, triangles, outside.corners, style.thickness, look, opacity)
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
        if over.size and over[a] > _HIDDEN and over[b] > _HIDDEN and over[c] > _HIDDEN:
            found[t] = False
    return found


@njit(cache=True, error_model="numpy")
def _cut(hem, triangles):
    """Which triangles an edge runs through."""
    found = np.empty(triangles.shape[0], np.bool_)
    for t in range(triangles.shape[0]):
        a, b, c = hem[triangles[t, 0]] > 0, hem[triangles[t, 1]] > 0, hem[triangles[t, 2]] > 0
        found[t] = a != b or b != c
    return found


def _rim(form: Shell, triangles: np.ndarray, corners: np.ndarray, thickness: float, look: Look, opacity: float):
    """A strip inwards from where the cloth is cut: its thickness."""
    crossed = np.flatnonzero(_cut(form.hem, triangles))
    if not len(crossed) or opacity < 1:
        return None
    edge = form.hem[triangles]
    edge, triangles, corners = edge[crossed], triangles[crossed], corners[crossed]
    lone = np.where((edge > 0).sum(1) == 1, (edge > 0).argmax(1), (edge <= 0).argmax(1))
    row = np.arange(len(crossed))
    ends = []
    for k in (1, 2):
        other = (lone + k) % 3
        share = (edge[row, lone] / (edge[row, lone] - edge[row, other]))[:, None].astype(np.float32)
        mix = [a[triangles[row, lone]] * (1 - share) + a[triangles[row, other]] * share for a in
               (form.points, form.rest, form.normals)]  # fmt: skip
        ends.append((*mix, corners[row, lone] * (1 - share) + corners[row, other] * share))
    (p, rest_p, up_p, uv_p), (q, rest_q, up_q, uv_q) = ends
    deep = np.float32(thickness)
    points = np.concatenate([p, q, p - deep * up_p, q - deep * up_q])
    count = len(crossed)
    quads = np.stack([row, row + count, row + 3 * count, row + 2 * count], 1)
    strip = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    along = q - p
    inside = (form.points[triangles] * (edge > 0)[..., None]).sum(1) / np.maximum((edge > 0).sum(1), 1)[:, None]
    out = np.cross(along, up_p)
    out *= np.sign(((p - inside) * out).sum(1, keepdims=True))
    out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    uv = np.stack([uv_p, uv_q, uv_q, uv_p], 1)
    return Cloth(
        points=points.astype(np.float32),
        triangles=strip,
        normals=np.concatenate([out] * 4).astype(np.float32),
        look=look,
        rest=np.concatenate([rest_p, rest_q] * 2).astype(np.float32),
        colours=np.full((4 * count, 3), 1e-4, np.float32),
        corners=np.concatenate([uv[:, [0, 1, 2]], uv[:, [0, 2, 3]]]).astype(np.float32),
        hem=np.full(4 * count, 0.0005, np.float32),
    )


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
