"""Every kind of background fills the frame, in range and the same each time."""

from dataclasses import replace

import numpy as np
import pytest

from portrait_matting.synthetic.background import (
    KINDS,
    _by_a_bell,
    _by_a_lens,
    defocused,
    draw_background,
    sample_background,
)
from portrait_matting.synthetic.bars import BARS


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
    assert 0.2 < alike < 0.34
    walls = [b for b in drawn if np.abs(np.subtract(*b.colours[:2])).max() <= 18 and b.kind in ("gradient", "clouds")]
    assert 0.06 < len(walls) / len(drawn) < 0.22  # tone on tone: no edge of the person is easy
    assert {b.bars for b in drawn} == set(BARS)


@pytest.mark.parametrize("bars", BARS[1:])
@pytest.mark.parametrize("size", [(64, 48), (200, 24), (24, 200)])
def test_bars_stand_before_a_background_and_leave_some_of_it(bars, size):
    changed = []
    for seed in range(6):
        plain = replace(sample_background(np.random.default_rng(seed), []), kind="gradient", blur=0.0, bars="none")
        with_bars = draw_background(replace(plain, bars=bars), *size)
        changed.append((with_bars != draw_background(plain, *size)).any(2).mean())
    assert max(changed) > 0.02
    assert min(changed) < 0.9


def test_a_lens_makes_discs_of_lights():
    plain = replace(sample_background(np.random.default_rng(2), []), kind="gradient", bars="none")
    dark = np.zeros((120, 120, 3), np.uint8)
    dark[60, 60] = 255
    disc, bell = (blur(dark, 6.0)[..., 0] for blur in (_by_a_lens, _by_a_bell))
    assert disc[60, 60] > 2 * bell[60, 60]
    seen = disc > 0.5 * disc.max()
    assert seen.sum() == pytest.approx(np.pi * 36, rel=0.15)
    assert disc[seen].std() < 3  # as bright at its rim as in its middle
    for lens in (True, False):
        image = draw_background(replace(plain, lens=lens, blur=0.02), 160, 128)
        assert image.shape == (160, 128, 3)


@pytest.mark.parametrize("sigma", [0.5, 1.4, 4.0, 8.0])
def test_defocus_spreads_a_point_by_sigma_and_keeps_its_light(sigma):
    image = np.zeros((121, 121, 3), np.float32)
    image[60, 60] = 1
    blurred = defocused(image, sigma)[..., 0]
    offsets = np.arange(121) - 60
    assert blurred.sum() == pytest.approx(1, rel=0.05)
    spread = np.sqrt((blurred.sum(0) * offsets**2).sum() / blurred.sum())
    assert spread == pytest.approx(sigma, rel=0.25)
