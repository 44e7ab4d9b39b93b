import numpy as np
import pytest

from portrait_matting.matte.spread import spread


def test_what_is_known_stays_and_the_rest_is_between():
    rng = np.random.default_rng(0)
    colours = rng.uniform(10, 90, (37, 50, 3)).astype(np.float32)
    weight = (rng.random((37, 50)) < 0.02).astype(np.float32)
    filled = spread(colours, weight)
    known = weight > 0
    np.testing.assert_array_equal(filled[known], colours[known])
    assert filled.dtype == np.float32
    assert filled.min() >= colours[known].min() - 1e-3
    assert filled.max() <= colours[known].max() + 1e-3


def test_a_colour_goes_on_from_where_it_is():
    colours = np.zeros((32, 64, 3), np.float32)
    colours[:, :4], colours[:, -4:] = (200, 0, 0), (0, 0, 200)
    weight = np.zeros((32, 64), np.float32)
    weight[:, :4] = weight[:, -4:] = 1
    filled = spread(colours, weight)
    assert np.abs(filled[:, 4:8] - (200, 0, 0)).max() < 30
    assert np.abs(filled[:, 56:60] - (0, 0, 200)).max() < 30


def test_a_pixel_counts_by_its_weight():
    colours = np.float32([[[100, 100, 100], [0, 0, 0], [50, 50, 50], [50, 50, 50]]])
    filled = spread(colours, np.float32([[3, 1, 0, 0]]))
    np.testing.assert_allclose(filled[0, 3], 75, atol=1)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (5, 3)])
def test_sizes_of_all_kinds_and_nothing_known(size):
    nothing = spread(np.full((*size, 3), 9, np.float32), np.zeros(size, np.float32))
    assert (nothing == 0).all()
    one = np.zeros(size, np.float32)
    one[0, 0] = 1
    np.testing.assert_allclose(spread(np.full((*size, 3), 9, np.float32), one), 9, atol=1e-4)
