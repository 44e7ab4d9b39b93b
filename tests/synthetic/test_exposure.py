"""Light and grain: as bright as asked, of mean zero, another part each time, and at any size."""

import numpy as np
import pytest

from portrait_matting.synthetic.exposure import exposing, lighting


def test_a_light_of_one_changes_nothing():
    layer = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    light = lighting(0, 0, (1, 1, 1), 30, 40)
    assert np.array_equal(exposing(light, 0.0, np.random.default_rng(1))(layer), layer)


def test_one_side_is_brighter_and_the_cast_is_that_of_the_channels():
    layer = np.full((30, 40, 3), 120, np.uint8)
    light = lighting(0.25, 0.1, (1.05, 1, 0.9), 30, 40)
    lit = exposing(light, 0.0, np.random.default_rng(1))(layer).astype(int)
    assert lit[15, -1, 1] == pytest.approx(150, abs=2)
    assert lit[15, 0, 1] == pytest.approx(90, abs=2)
    assert lit[0, 20, 1] - lit[-1, 20, 1] == pytest.approx(24, abs=2)
    assert lit[15, 20].tolist() == pytest.approx([126, 120, 108], abs=2)


@pytest.mark.parametrize("size", [(64, 48), (384, 336), (700, 1300)])
def test_grain_has_the_width_asked_for_and_a_mean_of_zero(size):
    layer, light = np.full((*size, 3), 128, np.uint8), lighting(0, 0, (1, 1, 1), *size)
    first, second = (exposing(light, 0.03, np.random.default_rng(seed))(layer).astype(int) - 128 for seed in (1, 2))
    assert np.abs(first).max() <= np.ceil(0.03 * 255)
    assert abs(first.mean()) < 0.25
    assert first.std() == pytest.approx(0.03 * 255 / 6**0.5, rel=0.15)  # a triangle's
    assert (first != second).any()


def test_pixels_alone_are_exposed_as_in_the_picture():
    rng = np.random.default_rng(3)
    layer, where = rng.integers(0, 256, (50, 43, 3), dtype=np.uint8), np.array([0, 7, 44, 900, 2149])
    exposure = exposing(lighting(0.25, 0.1, (1.05, 1, 0.9), 50, 43), 0.03, rng)
    there = exposure.at(where)(layer.reshape(-1, 3)[where])
    assert np.array_equal(there, exposure(layer).reshape(-1, 3)[where])
