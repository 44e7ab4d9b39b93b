"""Every kind of background fills the frame, in range and the same each time."""

from dataclasses import replace

import numpy as np
import pytest

from portrait_matting.synthetic.background import KINDS, defocused, draw_background, sample_background


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("height, width", [(64, 48), (33, 57)])
def test_every_kind_fills_the_frame(kind, height, width):
    background = replace(sample_background(np.random.default_rng(1), []), kind=kind, blur=0.0)
    image = draw_background(background, height, width)
    assert image.shape == (height, width, 3)
    assert image.dtype == np.uint8
    assert image.max() > 60  # 0-255, not 0-1
    assert image.std() > 1.2  # never one flat colour
    assert np.array_equal(image, draw_background(background, height, width))
    assert not np.array_equal(image, draw_background(replace(background, seed=background.seed + 1), height, width))


def test_every_kind_occurs_and_some_take_the_colours_of_the_person():
    skin = (10.0, 200.0, 90.0)
    drawn = [sample_background(np.random.default_rng(i), [skin]) for i in range(400)]
    assert {b.kind for b in drawn} == set(KINDS)
    alike = np.mean([np.abs(np.subtract(b.colours[0], skin)).max() <= 18 for b in drawn])
    assert 0.14 < alike < 0.26


@pytest.mark.parametrize("sigma", [0.5, 1.4, 4.0, 8.0])
def test_defocus_spreads_a_point_by_sigma_and_keeps_its_light(sigma):
    image = np.zeros((121, 121, 3), np.float32)
    image[60, 60] = 1
    blurred = defocused(image, sigma)[..., 0]
    offsets = np.arange(121) - 60
    assert blurred.sum() == pytest.approx(1, rel=0.05)
    spread = np.sqrt((blurred.sum(0) * offsets**2).sum() / blurred.sum())
    assert spread == pytest.approx(sigma, rel=0.25)
