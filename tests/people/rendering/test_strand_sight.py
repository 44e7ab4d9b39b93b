"""Which segments of hair are worth being lit: those in the picture that no surface hides."""

import numpy as np
import pytest

pytest.importorskip("numba")

from portrait_matting.people.rendering.camera import look_at
from portrait_matting.people.rendering.light import Source, even_light
from portrait_matting.people.rendering.strand_shading import strand_colours, thinned
from portrait_matting.people.rendering.strand_sight import in_sight, seen_until
from portrait_matting.people.rendering.surface import Strands


def _sight(x: float, z: float, width: float = 0.5, depth: float = 1.0):
    """One strand of three points down column `x` of a picture of 8 x 8 pixels, 2 x 2 samples each, `z` metres away."""
    depths = np.full((16, 16), depth, np.float32)
    until = seen_until(depths, np.full((8, 8), -1, np.int32), 2)
    pixels = np.float32([[[x, 1], [x, 4], [x, 7]]])
    return in_sight(pixels, np.full((1, 3), z, np.float32), np.full((1, 3), width, np.float32), until)


def test_what_surfaces_hide_is_not_in_sight():
    for depth, z, there in ((1.0, 0.9, True), (1.0, 1.1, False), (np.inf, 9.0, True), (1.0, 0.01, False)):
        starts, seen = _sight(4.5, z, depth=depth)
        assert starts.tolist() == ([0, 1] if there else [])
        assert (seen == there).all()


def test_what_lies_beside_the_picture_is_in_sight_if_it_is_wide_enough():
    assert len(_sight(-1.2, 0.9)[0]) == 2
    assert len(_sight(-6.0, 0.9)[0]) == 0
    assert len(_sight(-6.0, 0.9, width=10.0)[0]) == 2
    assert len(_sight(14.0, 0.9)[0]) == 0


def test_of_every_other_point_those_are_kept_that_a_seen_one_needs():
    seen = np.zeros((1, 9), bool)
    seen[0, 3] = True
    assert thinned(seen, 2, 1)[0].tolist() == [False, True, True, False, False]
    assert thinned(seen, 2, 3)[0].tolist() == [True, True, True, True, False]
    assert thinned(seen, 1, 0)[0].tolist() == seen[0].tolist()


@pytest.mark.parametrize("length", [7, 14, 15])
def test_the_colour_of_a_point_does_not_depend_on_which_others_are_seen(length):
    rng = np.random.default_rng(length)
    points = np.cumsum(0.01 * rng.normal(size=(20, length, 3)), 1).astype(np.float32)
    strands = Strands(
        points, np.full(20, 0.001, np.float32), rng.uniform(0, 1, points.shape).astype(np.float32), normals=points
    )
    camera = look_at(np.zeros(3), 0, 0, 0, 1.0, 200.0, (24, 24), 48, 48)
    light = even_light((0.5, 0.4, 0.3), (Source(np.array([0.6, -0.8, 0.0]), np.ones(3)),))
    seen = rng.random((20, length)) < 0.3
    whole = strand_colours(strands, camera, light, [None], np.ones_like(seen))
    assert (whole > 0).all()
    np.testing.assert_array_equal(strand_colours(strands, camera, light, [None], seen)[seen], whole[seen])
