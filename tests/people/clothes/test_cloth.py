"""Patterns keep their mean at any distance, noise says how it rises, seams divide meshes."""

import numpy as np
import pytest

pytest.importorskip("numba")

from portrait_matting.people.bodies.body import normals
from portrait_matting.people.clothes.dye import contrast, dye, linear
from portrait_matting.people.clothes.fabric import WEAVES, Fabric
from portrait_matting.people.clothes.noise import noise, value_at, volume
from portrait_matting.people.clothes.pattern import band, check, dots, flowers, stripes
from portrait_matting.people.clothes.seams import along_seams, pairs_of, sewn
from portrait_matting.people.clothes.subdivision import edges_of, loop
from portrait_matting.people.rendering.surface import Samples

SQUARE = np.array([(x, y, 0) for y in range(4) for x in range(4)], np.float32)
FACES = np.array(
    [t for y in range(3) for x in range(3) for k in [4 * y + x] for t in ((k, k + 1, k + 5), (k, k + 5, k + 4))],
    np.int32,
)


def area(points, triangles):
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def test_stripes_are_the_mean_of_what_a_pixel_covers():
    at = np.linspace(-1, 1, 2001, dtype=np.float32)
    for pixel in (0.001, 0.03, 0.2):  # the last is wider than two periods
        found = band(at, 0.08, 0.02, np.full(2001, pixel, np.float32))
        assert found.min() >= -1e-5
        assert found.max() <= 1 + 1e-5
        assert abs(found.mean() - 0.25) < 0.01
    assert found.std() < 0.06
    wide = np.arange(800) * 0.0001 - 0.04
    fine = band(wide.astype(np.float32), 0.08, 0.02, np.full(800, 1e-5, np.float32))
    exact = band(np.zeros(1, np.float32), 0.08, 0.02, np.full(1, 0.08, np.float32))
    assert abs(fine.mean() - exact[0]) < 0.01


@pytest.mark.parametrize(
    "paint",
    [
        stripes(linear((250, 0, 0)), 0.02, 0.008, True),
        check([linear((0, 0, 0)), linear((250, 250, 0))], 0.05, [0.02, 0.01]),
        dots(linear((0, 0, 0)), 0.02, 0.005),
        flowers([linear((250, 0, 90))], linear((0, 90, 0)), 0.05, 3),
    ],
)
def test_patterns_stay_within_colours_and_fade_far_away(paint):
    rng = np.random.default_rng(0)
    uv = rng.uniform(-0.3, 0.5, (4000, 2)).astype(np.float32)
    rest = np.zeros((4000, 3), np.float32)
    near = paint(np.full((4000, 3), 0.8, np.float32), uv, rest, np.full(4000, 0.0005, np.float32))
    assert near.min() >= -1e-5
    assert near.max() <= 1 + 1e-5
    assert near.std(0).max() > 0.02
    far = paint(np.full((4000, 3), 0.8, np.float32), uv, rest, np.full(4000, 0.2, np.float32))
    assert far.std(0).max() < 0.75 * near.std(0).max()


@pytest.mark.parametrize("weave", WEAVES)
def test_every_weave_gives_normals_of_length_one_and_colours_in_range(weave):
    rng = np.random.default_rng(1)
    normal = rng.normal(size=(500, 3)).astype(np.float32)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    around = rng.normal(size=(500, 3)).astype(np.float32)
    around[:50] = 0  # where nothing says which way the cloth goes
    rest, uv = rng.uniform(-0.5, 0.5, (500, 3)), rng.uniform((-0.3, 0), (9.3, 0.6), (500, 2))
    hem = rng.uniform(0, 0.1, 500).astype(np.float32)
    samples = Samples(normal, normal, rest.astype(np.float32), uv.astype(np.float32), around, hem,
                      np.full(500, 0.0004, np.float32))  # fmt: skip
    fabric = Fabric(linear((200, 40, 60)), weave=weave, crumple=1.0, mottle=0.5)
    look = fabric.look(np.random.default_rng(2), 0.02, [(-0.1, 0.1, 0.1, 0.3)])(samples)
    assert np.isfinite(look.normal).all()
    assert np.abs(np.linalg.norm(look.normal, axis=1) - 1).max() < 1e-3
    assert look.albedo.min() >= 0
    assert look.albedo.max() <= 0.95
    assert np.array_equal(normal, samples.normal)  # nothing is changed in place


def test_noise_repeats_itself_and_knows_its_slope():
    rng = np.random.default_rng(3)
    points = np.floor(rng.uniform(0, 32, (200, 3))) + rng.uniform(0.2, 0.8, (200, 3))
    found = noise(points)
    assert np.allclose(found, noise(points + (32, -64, 320)), atol=1e-3)
    rise = [(noise(points + step)[:, 0] - noise(points - step)[:, 0]) / 0.2 for step in 0.1 * np.eye(3)]
    assert np.corrcoef(np.stack(rise, 1).ravel(), found[:, 1:].ravel())[0, 1] > 0.95


def test_a_finer_square_is_as_large_and_as_flat():
    first, second, of_triangle = edges_of(FACES)
    fine = loop(SQUARE, first, second)
    n = len(SQUARE)
    triangles = np.concatenate(
        [np.stack([FACES[:, k], n + of_triangle[:, k], n + of_triangle[:, k - 1]], 1) for k in range(3)]
        + [n + of_triangle]
    ).astype(np.int32)
    assert len(fine) == n + len(first)
    assert np.abs(fine[:, 2]).max() == 0
    assert np.allclose(normals(fine, triangles), (0, 0, 1))
    assert 8.5 < area(fine, triangles) < 9  # a border is a spline: its corners are round


@pytest.mark.parametrize("place", [0.5, 1.3, 2.02, 1.0])
def test_a_seam_divides_every_triangle_and_loses_no_cloth(place):
    field = SQUARE[:, 0] + 0.2 * SQUARE[:, 1] - place
    ends = []
    triangles = sewn(FACES, field, ends)
    points = along_seams(SQUARE, *pairs_of(ends))
    assert abs(area(points, triangles) - 9) < 1e-4
    assert len(points) > len(SQUARE)
    side = points[:, 0] + 0.2 * points[:, 1] - place
    sides = side[triangles]
    slack = 0.13  # a point next to the seam is on it
    assert ((sides.min(1) > -slack) | (sides.max(1) < slack)).all()
    assert (normals(points, triangles)[np.unique(triangles)][:, 2] > 0.99).all()  # none is turned over


def test_dyes_are_what_people_wear():
    rng = np.random.default_rng(4)
    colours = np.stack([dye(rng) for _ in range(600)])
    assert colours.min() >= 0
    assert colours.max() < 0.95
    muted = np.ptp(np.sqrt(colours), axis=1) < 0.2
    assert muted.mean() > 0.55
    for colour in colours[:60]:
        assert np.abs(np.sqrt(contrast(rng, colour)) - np.sqrt(colour)).max() > 0.25


def test_the_noise_without_its_gradient_is_the_same():
    points = np.random.default_rng(2).uniform(-40, 40, (50, 3))
    found = [value_at(volume(), *point) for point in points.astype(np.float32)]
    assert found == noise(points)[:, 0].tolist()
