"""How much of pixels along outlines is covered."""

import numpy as np
import pytest

from portrait_matting.people.rendering.camera import Camera
from portrait_matting.people.rendering.outline import outline_of, soften
from portrait_matting.people.rendering.raster import see
from portrait_matting.people.rendering.surface import Surface

SIZE = 24
CAMERA = Camera(np.zeros(3), *np.float64([[1, 0, 0], [0, 0, 1], [0, 1, 0]]), 1.0, (0.0, 0.0), SIZE, SIZE)
"""At a distance of a metre, x is the column and -z the row."""


def flat(points, triangles, hem=None, away=1.0) -> Surface:
    """A surface of corners at columns and rows, in a plane across the camera's axis."""
    corners = np.array([[away * x, away, -away * y] for x, y in points], np.float32)
    normals = np.tile(np.float32([0, -1, 0]), (len(corners), 1))
    return Surface(corners, np.int32(triangles), normals, None, hem=None if hem is None else np.float32(hem))


def disc(x, y, radius, parts=200) -> Surface:
    turn = 2 * np.pi * np.arange(parts) / parts
    rim = np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1)
    return flat([(x, y), *rim], [(0, 1 + k, 1 + (k + 1) % parts) for k in range(parts)])


def softened(*surfaces, hair=0.0) -> tuple[np.ndarray, np.ndarray]:
    """The alpha of red surfaces, and the colour; `hair`: the alpha of green hair where no surface is."""
    seen = see(list(surfaces), CAMERA)
    outline = outline_of(seen, list(surfaces))
    alpha = (seen.surface >= 0).astype(np.float32)
    colour = alpha[..., None] * np.float32([1, 0.5, 0.25])
    over = np.float32([0, hair, 0, hair]) * ~outline.there[..., None]
    covered, under = over[..., 3] + (1 - over[..., 3]) * alpha, over[..., :3] + (1 - over[..., 3:]) * colour
    number, apart = np.full(alpha.shape, -1, np.int32), np.zeros((0, 1, 4), np.float32)
    soften(under, covered, *outline, colour, alpha, number, 1, over, apart)
    return covered, under


def shares(inside) -> np.ndarray:
    """What part of each pixel a shape covers, by 32 × 32 points."""
    at = (np.arange(32 * SIZE) + 0.5) / 32
    return inside(*np.meshgrid(at, at)).reshape(SIZE, 32, SIZE, 32).mean((1, 3))


def test_a_disc_covers_what_it_covers_of_each_pixel():
    alpha, colour = softened(disc(11.3, 12.1, 7.7))
    truth = shares(lambda x, y: (x - 11.3) ** 2 + (y - 12.1) ** 2 < 7.7**2)
    rim = (truth > 0) & (truth < 1)
    assert np.abs(alpha - truth)[rim].mean() < 0.03  # with one sample a pixel it would be 0.25
    assert np.abs(alpha - truth).max() < 0.13
    assert abs((alpha - truth)[rim].mean()) < 0.01
    np.testing.assert_allclose(colour, alpha[..., None] * np.float32([1, 0.5, 0.25]), atol=1e-6)


@pytest.mark.parametrize("hair", [0.6, 1.0])
def test_hair_behind_it_meets_an_outline_without_a_gap(hair):
    alpha, colour = softened(disc(11.3, 12.1, 7.7), hair=hair)
    share = softened(disc(11.3, 12.1, 7.7))[0]
    np.testing.assert_allclose(alpha, share + (1 - share) * hair, atol=1e-6)
    np.testing.assert_allclose(colour[..., 0], share, atol=1e-6)


def test_one_behind_another_and_one_beside_it_are_one_figure():
    near, far = disc(9.0, 9.0, 5.2), disc(14.0, 12.0, 6.1)
    alpha, _ = softened(near, far)
    truth = shares(lambda x, y: ((x - 9) ** 2 + (y - 9) ** 2 < 5.2**2) | ((x - 14) ** 2 + (y - 12) ** 2 < 6.1**2))
    rim = (truth > 0) & (truth < 1)
    assert np.abs(alpha - truth)[rim].mean() < 0.03


def test_no_seam_where_triangles_meet():
    corners = [(4, 4), (20, 4), (20, 20), (4, 20), (12.37, 11.81)]
    alpha, _ = softened(flat(corners, [(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)]))
    np.testing.assert_array_equal(alpha[4:20, 4:20], 1)
    assert alpha.sum() == 16 * 16


@pytest.mark.parametrize("turned", [False, True])
def test_cloth_ends_at_its_hem(turned):
    """A square whose hem runs across its triangles, a third of the way down, and along the rows or the columns."""
    corners = np.float64([(2, 2), (20, 2), (20, 20), (2, 20)])
    height = np.array([6.25, 6.25, -11.75, -11.75])  # above the hem at row 8.25
    if turned:
        corners = corners[:, ::-1]
    alpha, _ = softened(flat(corners, [(0, 1, 2), (0, 2, 3)], height))
    alpha = alpha.T if turned else alpha
    np.testing.assert_allclose(alpha[2:8, 2:20], 1)
    np.testing.assert_allclose(alpha[8, 2:20], 0.25)
    assert alpha.sum() == pytest.approx(18 * 6.25)


def test_a_plane_that_recedes_ends_at_its_hem_too():
    """Of a strip whose far end is three times as far, the hem in the middle is seen at a quarter of its length."""
    corners = np.float32([[4, 1, -4], [4, 1, -20], [4, 3, -60], [4, 3, -12]])  # seen at columns 4 and 4/3
    corners[2:, 0] = 60  # the far end at column 20
    normals = np.tile(np.float32([0, -1, 0]), (4, 1))
    hem = np.float32([1, 1, -1, -1])
    strip = Surface(corners, np.int32([(0, 1, 2), (0, 2, 3)]), normals, None, hem=hem)
    alpha, _ = softened(strip)
    # in the middle x = 32 and the depth 2: column 16
    np.testing.assert_allclose(alpha[6:18, 4:16], 1)
    assert alpha[:, 16:].max() == 0


def test_nothing_and_a_picture_full_of_somebody_stay():
    alpha, _ = softened(flat([(1, 1), (1, 1), (1, 1)], [(0, 1, 2)]))
    assert alpha.max() == 0
    alpha, colour = softened(flat([(-50, -50), (100, -50), (-50, 100)], [(0, 1, 2)]))
    np.testing.assert_array_equal(alpha, 1)
    np.testing.assert_array_equal(colour[..., 0], 1)
