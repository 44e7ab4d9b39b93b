"""Layers in 8 bits: what floats would give, and colours that do not get lost where alpha is low."""

import numpy as np
import pytest

from portrait_matting.synthetic.exposure import exposing, lighting
from portrait_matting.synthetic.pixels import Pixels, soft_pixels, unmultiplied


def test_a_composite_is_that_of_floats_to_the_bit():
    rng = np.random.default_rng(0)
    f, b = rng.integers(0, 256, (2, 256, 200, 3), dtype=np.uint8)
    alpha = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 200, 1)
    exact = (alpha[..., None] * f.astype(np.float64) + (255 - alpha[..., None].astype(np.float64)) * b) / 255
    kept = b.copy()
    assert np.array_equal(Pixels(f, b, alpha).composite(), np.rint(exact).astype(np.uint8))
    assert np.array_equal(b, kept)


def test_soft_is_neither_0_nor_255():
    assert soft_pixels(np.uint8([[0, 1], [254, 255]])).tolist() == [1, 2]


@pytest.mark.parametrize("level", [2, 20, 90, 200, 255])
def test_colours_come_back_whatever_the_alpha(level):
    colour, alpha = np.array([200, 90, 30]), np.full((40, 30), 255, np.uint8)
    alpha[10:30, 8:20] = level
    painted = np.dstack([np.rint(alpha[..., None] / 255 * colour), alpha]).astype(np.uint8)
    colours, own = unmultiplied(painted)
    assert np.array_equal(own, alpha)
    assert (
        np.abs(colours.astype(int) - colour).max() <= 20
    )  # of an alpha of 2 that is less than the colour's own rounding
    assert np.array_equal(colours[alpha == 255], painted[alpha == 255][:, :3])


def test_nobody_has_some_colour_everywhere():
    colours, alpha = unmultiplied(np.zeros((33, 70, 4), np.uint8))
    assert colours.shape == (33, 70, 3)
    assert not alpha.any()


@pytest.mark.parametrize("levels", [(0, 256), (0, 1), (255, 256), (1, 255)])
def test_an_exposed_composite_is_that_of_the_exposed_layers_to_the_bit(levels):
    rng = np.random.default_rng(0)
    f, b = rng.integers(0, 256, (2, 61, 47, 3), dtype=np.uint8)
    pixels = Pixels(f, b, rng.integers(*levels, (61, 47), dtype=np.uint8))
    exposure = exposing(lighting(0.2, 0.1, (1.05, 1, 0.95), 61, 47), 0.03, rng)
    assert np.array_equal(pixels.composite(exposure), pixels.exposed(exposure).composite())
