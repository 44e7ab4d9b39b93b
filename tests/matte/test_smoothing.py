import numpy as np
import pytest

from portrait_matting.errors import InputError
from portrait_matting.matte.smoothing import TemporalSmoothing, stillness

GREY = np.full((24, 32, 3), 100, np.uint8)


def full(value):
    return np.full((24, 32), value, np.float32)


def noisy(rng, sigma=2.0):
    return np.clip(GREY + rng.normal(0, sigma, GREY.shape), 0, 255).astype(np.uint8)


def test_a_constant_matte_stays():
    smooth = TemporalSmoothing(0.7)
    for _ in range(5):
        assert np.allclose(smooth(full(0.3), GREY), 0.3, atol=1e-6)


def test_where_nothing_moves_it_is_an_exponential_moving_average():
    smooth = TemporalSmoothing(0.75)
    found = [smooth(full(value), GREY).mean() for value in (0.0, 1.0, 0.0, 0.0)]
    assert found == pytest.approx([0, 0.25, 0.1875, 0.140625])  # 0.25 = 1 - 0.75, then times 0.75


@pytest.mark.parametrize("strength", [0.0, 0.5, 0.8])
def test_the_variance_of_flicker_falls_by_the_known_factor(strength):
    rng, smooth = np.random.default_rng(0), TemporalSmoothing(strength)
    mattes = rng.normal(0.5, 0.05, (400, 24, 32)).astype(np.float32)
    smoothed = np.stack([smooth(matte, noisy(rng)) for matte in mattes])[40:]
    assert smoothed.var() / mattes.var() == pytest.approx((1 - strength) / (1 + strength), rel=0.05)


@pytest.mark.parametrize("speed", [1, 3, 9])
def test_what_moves_leaves_no_ghost(speed):
    rng, smooth = np.random.default_rng(1), TemporalSmoothing(0.9)
    for step in range(6):
        photo, matte, left = noisy(rng), full(0), step * speed
        photo[:, left : left + 10], matte[:, left : left + 10] = 180, 1
        assert np.abs(smooth(matte, photo) - matte).max() < 0.02


def test_beside_what_moves_the_rest_is_still_smoothed():
    smooth = TemporalSmoothing(0.5)
    moved = GREY.copy()
    moved[:, :8] = 220
    smooth(full(0), GREY)
    found = smooth(full(1), moved)
    assert np.allclose(found[:, :8], 1)
    assert np.allclose(found[:, 12:], 0.5)  # the 3 x 3 mean and the 5 x 5 reach end at column 11


def test_a_cut_begins_anew_even_where_both_scenes_are_alike():
    smooth = TemporalSmoothing(0.9)
    other = GREY.copy()
    other[:, :20] = 220  # 20 of 32 columns differ
    smooth(full(0), GREY)
    assert np.array_equal(smooth(full(1), other), full(1))


def test_mattes_of_another_size_begin_anew():
    smooth = TemporalSmoothing(0.9)
    smooth(full(0), GREY)
    assert smooth(np.ones((12, 16), np.float32), GREY[::2, ::2]).min() == 1


def test_stillness_falls_from_4_to_12_grey_levels_of_any_colour():
    for levels, still in ((0, 1), (4, 1), (8, 0.5), (12, 0), (60, 0)):
        other = GREY.copy()
        other[..., 2] -= levels  # an unsigned difference would wrap around
        assert np.allclose(stillness(other, GREY), still)
        assert np.allclose(stillness(GREY, other), still)


def test_a_smoothed_matte_is_float32_in_0_to_1_and_the_input_is_untouched():
    smooth, rng = TemporalSmoothing(0.6), np.random.default_rng(2)
    for _ in range(5):
        matte = rng.random((24, 32), dtype=np.float32)
        before = matte.copy()
        found = smooth(matte, noisy(rng, 8))
        assert found.dtype == np.float32
        assert found.min() >= 0
        assert found.max() <= 1
        assert np.array_equal(matte, before)


@pytest.mark.parametrize("strength", [-0.1, 1.0, float("nan")])
def test_a_strength_that_cannot_be(strength):
    with pytest.raises(InputError, match=f"smoothing {strength} is out of range"):
        TemporalSmoothing(strength)
