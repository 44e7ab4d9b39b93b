import math

import numpy as np
import pytest
from scipy import ndimage

from portrait_matting.errors import InputError
from portrait_matting.metrics.gradient import gradient_error, gradient_error_map


def magnitude(matte, sigma=1.4):
    """Plainly: one two-dimensional filter a direction, in float64, looped together from the Gaussian's formula."""

    def bell(x):
        return math.exp(-(x**2) / (2 * sigma**2)) / (math.sqrt(2 * math.pi) * sigma)

    half = math.ceil(sigma * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * sigma * 0.01)))
    across = np.array(
        [[bell(y) * -x / sigma**2 * bell(x) for x in range(-half, half + 1)] for y in range(-half, half + 1)]
    )
    across /= np.sqrt((across**2).sum())
    parts = [ndimage.convolve(matte.astype(np.float64), part, mode="nearest") for part in (across, across.T)]
    return np.sqrt(parts[0] ** 2 + parts[1] ** 2)


def disc(size=101, radius=35.0, softness=4.0):
    y, x = np.mgrid[:size, :size] - size // 2
    return np.clip((radius - np.hypot(y, x)) / softness + 0.5, 0, 1).astype(np.float32)


def assert_equal_to_reference(mattes):
    true = {}
    for name, prediction, alpha in mattes:
        if id(alpha) not in true:
            true[id(alpha)] = magnitude(alpha)
        expected = (magnitude(prediction) - true[id(alpha)]) ** 2
        np.testing.assert_allclose(gradient_error_map(prediction, alpha), expected, atol=2e-5, err_msg=name)
        assert gradient_error(prediction, alpha) == pytest.approx(expected.sum() / 1000, rel=1e-5, abs=1e-9), name
        band = (alpha > 0) & (alpha < 1)
        assert gradient_error(prediction, alpha, band) == pytest.approx(
            expected[band].sum() / 1000, rel=1e-5, abs=1e-9
        ), name


def test_real_mattes_equal_scipy(real_mattes):
    assert_equal_to_reference(real_mattes)


@pytest.mark.slow
def test_all_real_mattes_equal_scipy(all_real_mattes):
    assert_equal_to_reference(all_real_mattes)


@pytest.mark.parametrize("sigma", [0.3, 1.4, 3.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (6, 1), (4, 3), (23, 31)])
def test_any_size_equals_scipy(shape, sigma):
    rng = np.random.default_rng(0)
    prediction, alpha = rng.random((2, *shape), dtype=np.float32)
    expected = (magnitude(prediction, sigma) - magnitude(alpha, sigma)) ** 2
    np.testing.assert_allclose(gradient_error_map(prediction, alpha, sigma), expected, atol=1e-5)


def test_step_by_hand():
    # Across a hard edge the derivative's weights on one side add up; along it the Gaussian's do.
    weights = [math.exp(-(x**2) / (2 * 1.96)) for x in range(-4, 5)]
    slopes = [x * weight for x, weight in zip(range(-4, 5), weights, strict=True)]
    gain = sum(weights) / math.hypot(*weights) / math.hypot(*slopes)
    expected = [(gain * sum(slopes[4 + x :])) ** 2 for x in range(1, 5)]
    alpha = np.zeros((9, 20), np.float32)
    alpha[:, 10:] = 1
    assert gradient_error_map(np.zeros_like(alpha), alpha)[4, 10:14] == pytest.approx(expected, rel=1e-5)


def test_a_faint_matte_is_noticed():
    alpha = disc()
    missing, faint = gradient_error(np.zeros_like(alpha), alpha), gradient_error(alpha * np.float32(0.5), alpha)
    assert faint == pytest.approx(missing / 4, rel=1e-5)
    assert faint > 0.1  # a stretch to the range would make it 0


def test_near_the_variant_without_normalisation():
    def p3m(matte):
        return np.hypot(*(ndimage.gaussian_filter(matte.astype(np.float64), 1.4, order) for order in ((0, 1), (1, 0))))

    alpha = disc()
    for prediction in (alpha * np.float32(0.5), disc(radius=32), disc(softness=12)):
        theirs = ((p3m(prediction) - p3m(alpha)) ** 2).sum() / 10
        assert gradient_error(prediction, alpha) == pytest.approx(theirs, rel=0.07)


def test_regions_add_up():
    alpha, prediction = disc(), disc(radius=30)
    left = np.zeros(alpha.shape, bool)
    left[:, :40] = True
    parts = [gradient_error(prediction, alpha, region) for region in (left, ~left)]
    assert min(parts) > 0
    assert sum(parts) == pytest.approx(gradient_error(prediction, alpha), rel=1e-6)
    assert gradient_error(prediction, alpha, np.zeros_like(left)) == 0


@pytest.mark.parametrize("shape", [(1, 1), (12, 9)])
@pytest.mark.parametrize("values", [(0, 0), (1, 1), (0, 1), (1, 0), (0.3, 0.8)])
def test_constant_maps_have_no_slope(shape, values):
    prediction, alpha = (np.full(shape, value, np.float32) for value in values)
    assert gradient_error(prediction, alpha) == pytest.approx(0, abs=1e-12)


def test_empty_truth_costs_what_an_empty_prediction_does():
    alpha, empty = disc(), np.zeros((101, 101), np.float32)
    assert gradient_error(alpha, empty) == gradient_error(empty, alpha) > 0
    assert gradient_error(alpha, alpha) == 0


def test_neither_layout_nor_dtype_matters():
    alpha, prediction = disc(), disc(radius=30)
    views = (np.asfortranarray(prediction.astype(np.float64)), np.repeat(alpha, 2, axis=1)[:, ::2])
    assert gradient_error(*views) == gradient_error(prediction, alpha)


@pytest.mark.parametrize("sigma", [0, -1, math.nan])
def test_bad_sigma(sigma):
    with pytest.raises(InputError, match=f"sigma {sigma} is not above 0"):
        gradient_error(disc(), disc(), sigma=sigma)


def test_the_place_in_memory_does_not_matter():
    alpha, prediction = disc(), np.random.default_rng(0).random((101, 101), dtype=np.float32)
    found = set()
    for offset in range(0, 64, 4):
        room = np.empty(prediction.nbytes + 64, np.uint8)
        moved = room[offset : offset + prediction.nbytes].view(np.float32).reshape(prediction.shape)
        moved[:] = prediction
        found.add(gradient_error(moved, alpha))
    assert len(found) == 1
