"""Fabrics: the colours, patterns, weave and shine of cloth."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from portrait_matting.people.clothes.folds import VARIANTS, folded, sharp_folds
from portrait_matting.people.clothes.noise import noise_at, volume
from portrait_matting.people.clothes.pattern import Paint
from portrait_matting.people.rendering.surface import Appearance, Samples

WEAVES = ("smooth", "knit", "rib", "cord", "denim", "quilt", "fleece")
"""What the surface of cloth is like."""


@dataclass(frozen=True)
class Fabric:
    """What cloth is made of. A surface of it says by its `colours` which way its map's second axis goes and, by the
    length of that, how deep its folds are (0 to 1).

    Attributes:
        colour: (3,), linear RGB.
        paint: a pattern on it; None: it is plain.
        specular, roughness, sheen: as in `Appearance`.
        opacity: less than 1 of gauze.
        crumple: depth of small creases, 0 to 1.
        weave: one of WEAVES.
        stitch: metres from the hem of a row of stitches; 0: none.
        mottle: how much its threads differ (heather, tweed), 0 to 1.
    """

    colour: np.ndarray
    paint: Paint | None = None
    specular: float = 0.0
    roughness: float = 0.9
    sheen: float = 0.25
    opacity: float = 1.0
    crumple: float = 0.4
    weave: str = "smooth"
    stitch: float = 0.018
    mottle: float = 0.0

    def plain(self) -> "Fabric":
        """The same without its pattern."""
        return replace(self, paint=None, mottle=0.0)

    def look(self, rng: np.random.Generator, rib: float = 0.0, seams=()) -> Callable[[Samples], Appearance]:
        """What points of it look like.

        Args:
            rng: of where its creases are.
            rib: metres from the hem that are knitted in ribs; 0: none.
            seams: of pieces sewn on before, rectangles (left, right, low, high) in metres of the cloth laid flat.
        """
        offset = rng.uniform(0, 32, 3).astype(np.float32)
        seams = np.asarray(seams, np.float32).reshape(-1, 4)

        def look(samples: Samples) -> Appearance:
            return _appearance(self, samples, offset, rib, seams)

        return look


def _appearance(fabric: Fabric, samples: Samples, offset, rib: float, seams) -> Appearance:
    albedo = np.empty(samples.position.shape, np.float32)
    albedo[:] = fabric.colour
    if fabric.paint is not None:
        albedo = np.ascontiguousarray(fabric.paint(albedo, samples.uv, samples.rest, samples.footprint), np.float32)
    normal = samples.normal.astype(np.float32)  # a copy
    _weave(
        albedo, normal, samples.colour, samples.rest, samples.uv, samples.hem, samples.footprint,
        volume(), sharp_folds(), int(offset[0] * 1000) % VARIANTS, offset,
        WEAVES.index(fabric.weave), fabric.crumple, fabric.mottle, fabric.stitch, rib, seams,
    )  # fmt: skip
    return Appearance(albedo, normal, fabric.specular, fabric.roughness, 0.0, fabric.sheen)


@njit(cache=True, error_model="numpy")
def _weave(
    albedo,
    normal,
    along,
    rest,
    uv,
    hem,
    footprint,
    volume,
    maps,
    variant,
    offset,
    weave,
    crumple,
    mottle,
    stitch,
    rib,
    seams,
):
    """Darkens cloth between its threads, at edges and along stitches, and leans its normals over creases."""
    turn = np.float32(2 * np.pi)
    for i in range(albedo.shape[0]):
        pixel = footprint[i]
        shade = np.float32(1)
        nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
        x, y, z = rest[i, 0], rest[i, 1], rest[i, 2]
        u, v = uv[i, 0], uv[i, 1]
        tx, ty, tz = along[i, 0], along[i, 1], along[i, 2]
        depth = np.sqrt(tx * tx + ty * ty + tz * tz)
        unit = 1 / max(depth, 1e-6)
        across = (tx * nx + ty * ny + tz * nz) * unit
        tx, ty, tz = tx * unit - across * nx, ty * unit - across * ny, tz * unit - across * nz
        sx, sy, sz = ty * nz - tz * ny, tz * nx - tx * nz, tx * ny - ty * nx  # across the cloth
        du, dv = np.float32(0), np.float32(0)  # how much the cloth rises across and along
        if depth > 0.02:
            du, dv = folded(maps, variant, u, v)
            du, dv = depth * du, depth * dv
        if crumple > 0:
            seen = min(max(2 - 4 * pixel / 0.02, 0.0), 1.0) * 0.2 * crumple
            if seen > 0:
                _, gx, gy, _ = noise_at(volume, u * 190 + offset[0], v * 150 + offset[1], offset[2] + u * 40)
                du, dv = du + seen * gx, dv + seen * gy
        if mottle > 0:
            grain, _, _, _ = noise_at(volume, x * 2600 + offset[2], y * 2600, z * 1500)
            shade *= np.exp(mottle * 0.35 * grain * min(1.0, 0.0007 / pixel))
        kind = 2 if rib > hem[i] else weave
        if kind == 1:  # knit: columns of v
            seen = min(max(2 - 4 * pixel / 0.0045, 0.0), 1.0)
            if seen > 0:
                at = u / 0.008
                slope = abs(at - np.floor(at) - 0.5) * 2
                height = 0.6 * np.cos((v / 0.0062 + 0.6 * slope) * turn) + 0.4 * np.cos(at * 2 * turn)
                shade *= 1 + 0.25 * seen * (height - 0.3)
                du -= 0.3 * seen * np.sin(at * 2 * turn)
        elif kind == 2 or kind == 3:  # ribs, corduroy
            size = (0.0035 if rib > 0 and rib < 0.025 else 0.007) if kind == 2 else 0.005
            seen = min(max(2 - 4 * pixel / size, 0.0), 1.0)
            if seen > 0:
                shade *= 1 + 0.18 * seen * (np.cos(u / size * turn) - 0.3)
                du -= 0.4 * seen * np.sin(u / size * turn)
        elif kind == 4:  # denim
            seen = min(max(2 - 4 * pixel / 0.002, 0.0), 1.0)
            if seen > 0:
                shade *= 1 + 0.15 * seen * np.cos((u + 0.8 * v) / 0.002 * turn)
        elif kind == 5:  # quilted: pillows between seams
            at = v / 0.075
            part = at - np.floor(at) - 0.5
            lift = np.sin(part * 0.5 * turn) * (0.55 + 0.45 * abs(part) * 2)
            dv -= 0.75 * lift
            wide = max(0.0025, 0.6 * pixel)
            seam = (0.5 - abs(part)) * 0.075 / wide
            shade *= 1 - 0.45 * np.exp(-seam * seam) * min(1.0, 0.004 / wide)
        elif kind == 6:  # fleece
            grain, gx, gy, gz = noise_at(volume, x * 420 + offset[0], y * 420 + offset[1], z * 420 + offset[2])
            seen = min(1.0, 0.004 / pixel)
            shade *= 1 + 0.14 * seen * grain
            nx, ny, nz = nx - 0.3 * seen * gx, ny - 0.3 * seen * gy, nz - 0.3 * seen * gz
        if rib > 0 and abs(hem[i] - rib) < 0.01:
            line = (hem[i] - rib) / max(0.0015, 0.6 * pixel)
            shade *= 1 - 0.25 * np.exp(-line * line)
        near = hem[i]
        if near < 0.012:  # cloth is darker where it turns
            wide = max(0.0025, 0.7 * pixel)
            shade *= 1 - 0.35 * np.exp(-((near / wide) ** 2)) * min(1.0, 0.005 / wide)
        if stitch > 0 and abs(near - stitch) < 0.012:
            wide = max(0.0009, 0.6 * pixel)
            shade *= 1 - 0.3 * np.exp(-(((near - stitch) / wide) ** 2)) * min(1.0, 0.0016 / wide)
        for k in range(seams.shape[0]):
            left, right = u - seams[k, 0], seams[k, 1] - u
            inside = min(min(left, right), min(v - seams[k, 2], seams[k, 3] - v))
            if abs(inside) < 0.012:
                wide = max(0.0012, 0.6 * pixel)
                shade *= 1 - 0.45 * np.exp(-((inside / wide) ** 2)) * min(1.0, 0.0025 / wide)
                row = (inside - 0.004) / wide
                shade *= 1 - 0.15 * np.exp(-row * row) * min(1.0, 0.0015 / wide)
                if min(left, right) <= inside + 1e-5:
                    du += 0.3 * np.exp(-((inside / wide) ** 2)) * (1 if left < right else -1)
        nx, ny, nz = nx - du * sx - dv * tx, ny - du * sy - dv * ty, nz - du * sz - dv * tz
        length = 1 / max(np.sqrt(nx * nx + ny * ny + nz * nz), 1e-6)
        normal[i, 0], normal[i, 1], normal[i, 2] = nx * length, ny * length, nz * length
        for c in range(3):
            albedo[i, c] = min(max(albedo[i, c] * shade, 0.0), 0.95)
