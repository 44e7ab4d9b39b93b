"""Strands of hair over a render: how much of each pixel they cover, and what hides them."""

import numpy as np
import pytest

pytest.importorskip("numba")

from portrait_matting.people.rendering.camera import look_at
from portrait_matting.people.rendering.light import Source, even_light
from portrait_matting.people.rendering.strands import draw_strands, taper
from portrait_matting.people.rendering.surface import Strands

SIZE = 48
CAMERA = look_at(np.zeros(3), 0, 0, 0, 1.0, 200.0, (SIZE / 2, SIZE / 2), SIZE, SIZE)  # a pixel spans 5 mm
LIGHT = even_light((0.5, 0.5, 0.5), (Source(np.array([0.0, -1.0, 0.0]), np.ones(3)),))


def _bunch(rng: np.random.Generator, count: int, radius: tuple[float, float], step: float = 0.004) -> Strands:
    """Curved strands that all start near the middle."""
    steps = np.cumsum(2.5 * step * rng.normal(size=(count, 1, 3)) + 0.5 * step * rng.normal(size=(count, 6, 3)), 1)
    points = (0.03 * rng.normal(size=(count, 1, 3)) + steps).astype(np.float32)
    radius = rng.uniform(*radius, count).astype(np.float32)
    return Strands(points, radius, np.full(points.shape, 0.2, np.float32))


def _drawn(strands: Strands, depth: float = np.inf, size: int = 2, colour=(0.0, 0.0, 0.0)):
    fine = (size * SIZE, size * SIZE)
    there = np.float32(np.isfinite(depth))
    colours = np.broadcast_to(there * np.asarray(colour, np.float32), (*fine, 3)).copy()
    depths = np.full(fine, depth, np.float32)
    return draw_strands(colours, np.full(fine, there), depths, [strands], CAMERA, LIGHT, [None], size)


def _supersampled(strands: Strands, factor: int) -> np.ndarray:
    """The share of samples, factor² a pixel, that lie within any strand."""
    camera = CAMERA.scaled(factor)
    pixels, depth = camera.project(strands.points)
    width = 2 * strands.radius[:, None] * taper(pixels.shape[1]) * camera.focal / depth
    y, x = np.mgrid[: camera.height, : camera.width] + 0.5
    found = np.zeros((camera.height, camera.width), bool)
    for s in range(len(pixels)):
        for k in range(pixels.shape[1] - 1):
            a, b = pixels[s, k], pixels[s, k + 1]
            reach = width[s].max()
            low, high = np.minimum(a, b) - reach, np.maximum(a, b) + reach
            i0, i1, j0, j1 = (int(np.clip(v, 0, factor * SIZE)) for v in (low[1], high[1] + 1, low[0], high[0] + 1))
            along = b - a
            u, v = x[i0:i1, j0:j1] - a[0], y[i0:i1, j0:j1] - a[1]
            t = (u * along[0] + v * along[1]) / (along @ along)
            ends = ((k == 0) & (t < 0)) | ((k == pixels.shape[1] - 2) & (t > 1))  # of a strand they are cut, not round
            t = np.clip(t, 0, 1)
            across = np.hypot(u - t * along[0], v - t * along[1])
            found[i0:i1, j0:j1] |= ~ends & (across <= 0.5 * (width[s, k] + t * (width[s, k + 1] - width[s, k])))
    return found.reshape(SIZE, factor, SIZE, factor).mean((1, 3))


@pytest.mark.parametrize(
    ("count", "radius", "step"),
    [(60, (0.0003, 0.001), 0.004), (300, (0.0002, 0.0006), 0.004), (40, (0.001, 0.0025), 0.008)],
    ids=["few", "many", "as wide as a pixel"],
)
def test_strands_cover_what_supersampled_strands_cover(count, radius, step):
    strands = _bunch(np.random.default_rng(count), count, radius, step)
    alpha = _drawn(strands)[1]
    wanted = _supersampled(strands, 16)
    region = (wanted > 0) | (alpha > 0)
    assert region.sum() > 200
    assert np.abs(alpha - wanted)[region].mean() < 0.015
    assert abs((alpha - wanted)[region].mean()) < 0.01


def test_alpha_solves_back_from_black_and_white():
    colour, alpha, _ = _drawn(_bunch(np.random.default_rng(1), 200, (0.0003, 0.001)))
    black, white = colour, colour + (1 - alpha[..., None])
    assert np.allclose(1 - (white - black).mean(-1), alpha, atol=1e-6)
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert (colour[alpha == 0] == 0).all()
    share = np.bincount(np.digitize(alpha.ravel(), [0.001, 0.3, 0.6, 0.8]), minlength=5)
    assert (share > 0).all()  # soft, all the way


def test_what_lies_behind_a_surface_is_not_seen():
    strands = _bunch(np.random.default_rng(2), 50, (0.0005, 0.001))
    colour, alpha, depth = _drawn(strands, depth=0.8, colour=(0.1, 0.2, 0.3))
    assert (alpha == 1).all()
    assert np.allclose(colour, (0.1, 0.2, 0.3))
    assert np.allclose(depth, 0.8)
    colour, alpha, depth = _drawn(strands, depth=1.2, colour=(0.1, 0.2, 0.3))
    assert np.allclose(alpha, 1)
    assert (np.abs(colour - (0.1, 0.2, 0.3)).max(-1) > 0.01).sum() > 100


def test_at_the_edge_of_what_stands_before_hair_fills_only_the_rest():
    wide = Strands(
        np.array([[[0, 0, 0.2], [0, 0, -0.2]]], np.float32),
        np.array([0.05], np.float32),
        np.full((1, 2, 3), 0.2, np.float32),
    )
    fine = (2 * SIZE, 2 * SIZE)
    depth, alpha = np.full(fine, np.inf, np.float32), np.zeros(fine, np.float32)
    depth[:, : SIZE + 1], alpha[:, : SIZE + 1] = 0.8, 1  # half of the column of pixels in the middle, too
    colour = np.zeros((*fine, 3), np.float32)
    found, covered, _ = draw_strands(colour, alpha, depth, [wide], CAMERA, LIGHT, [None], 2)
    middle = SIZE // 2
    assert np.allclose(covered[:, middle], 1, atol=1e-5)
    assert np.allclose(found[4:-4, middle], found[4:-4, middle + 2] / 2, atol=1e-3)


def test_strands_out_of_the_picture_or_behind_the_camera_are_left_out():
    strands = _bunch(np.random.default_rng(3), 20, (0.0005, 0.001))
    for offset in ((5, 0, 0), (0, -3, 0), (0, 0, -9)):
        away = Strands(strands.points + np.float32(offset), strands.radius, strands.colours)
        assert not _drawn(away)[1].any()
    none = Strands(np.zeros((0, 6, 3), np.float32), np.zeros(0, np.float32), np.zeros((0, 6, 3), np.float32))
    assert not _drawn(none)[1].any()
