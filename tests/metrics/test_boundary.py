import math

import numpy as np
import pytest
from scipy import ndimage

from portrait_matting.errors import InputError
from portrait_matting.metrics.boundary import boundary_f


def outline(matte):
    """Plainly: pixels above 0.5 that differ from one of four neighbours, those beyond the frame being their own."""
    mask = matte > 0.5
    around = np.pad(mask, 1, mode="edge")
    neighbours = around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:]
    return mask & ~np.logical_and.reduce(neighbours)


def reference(prediction, alpha, tolerance=0.0075):
    """Plainly: every pixel's exact distance to the other outline."""
    radius = math.ceil(tolerance * math.sqrt(alpha.shape[0] ** 2 + alpha.shape[1] ** 2))
    predicted, true = outline(prediction), outline(alpha)
    if not predicted.any() or not true.any():
        return float(predicted.any() == true.any())
    precision = (ndimage.distance_transform_edt(~true)[predicted] <= radius).mean()
    recall = (ndimage.distance_transform_edt(~predicted)[true] <= radius).mean()
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def square(top, left, side, shape=(60, 80)):
    matte = np.zeros(shape, np.float32)
    matte[top : top + side, left : left + side] = 1
    return matte


def assert_equal_to_reference(mattes):
    found = []
    for name, prediction, alpha in mattes:
        found.append(boundary_f(prediction, alpha))
        assert found[-1] == pytest.approx(reference(prediction, alpha), rel=1e-12), name
    assert any(0 < value < 1 for value in found)


def test_real_mattes_equal_a_distance_transform(real_mattes):
    assert_equal_to_reference(real_mattes)


@pytest.mark.slow
def test_all_real_mattes_equal_a_distance_transform(all_real_mattes):
    assert_equal_to_reference(all_real_mattes)


@pytest.mark.parametrize("tolerance", [0, 0.01, 0.03, 0.08])
def test_drawn_shapes_equal_a_distance_transform(tolerance):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(60):
        prediction, alpha = np.zeros((2, *rng.integers(1, 120, 2)), np.float32)
        for matte in (prediction, alpha):
            for _ in range(rng.integers(1, 5)):
                y, x = (rng.integers(0, side) for side in alpha.shape)
                matte[y : y + rng.integers(1, 40), x : x + rng.integers(1, 40)] = rng.uniform(0.4, 1)
        found.append(boundary_f(prediction, alpha, tolerance))
        assert found[-1] == pytest.approx(reference(prediction, alpha, tolerance), rel=1e-12)
    assert sum(0 < value < 1 for value in found) > 10


def test_shift_by_hand():
    # 60 x 80 has a diagonal of 100: a tolerance of 0.02 is 2 pixels. The outline of a square of 20 has 76 pixels.
    alpha = square(20, 20, 20)
    assert boundary_f(square(20, 22, 20), alpha, 0.02) == 1
    # Shifted by 3, the predicted outline misses with its far side, 20 pixels, and with 14 of the near one, whose ends
    # are 2 from the upper and lower lines; the true outline likewise.
    assert boundary_f(square(20, 23, 20), alpha, 0.02) == pytest.approx(1 - 34 / 76)
    assert boundary_f(square(20, 23, 20), alpha, 0.03) == 1


def test_distance_is_a_circle():
    alpha, prediction = np.zeros((2, 60, 80), np.float32)
    alpha[30, 30] = prediction[33, 34] = 1  # 5 apart
    assert boundary_f(prediction, alpha, 0.05) == 1
    assert boundary_f(prediction, alpha, 0.04) == 0


def test_only_the_cut_at_a_half_counts():
    alpha = square(20, 20, 20)
    assert boundary_f(alpha * np.float32(0.51), alpha) == 1
    assert boundary_f(alpha * np.float32(0.5), alpha) == 0  # 0.5 is not above 0.5


def test_the_frame_is_no_outline():
    cut = square(30, 0, 80)  # a person cut off by three sides
    assert boundary_f(cut, cut) == 1
    assert boundary_f(np.ones_like(cut), cut) == 0  # all one has no outline, the person has


@pytest.mark.parametrize("shape", [(1, 1), (12, 9)])
@pytest.mark.parametrize(
    "values, metric", [((0, 0), 1), ((1, 1), 1), ((0.3, 0.1), 1), ((0, 1), 0), ((1, 0), 0), ((0.3, 0.8), 0)]
)
def test_without_any_outline(shape, values, metric):
    prediction, alpha = (np.full(shape, value, np.float32) for value in values)
    assert boundary_f(prediction, alpha) == metric


def test_with_one_outline():
    alpha = square(20, 20, 20)
    for constant in (0, 1):
        flat = np.full_like(alpha, constant)
        assert boundary_f(flat, alpha) == boundary_f(alpha, flat) == 0


@pytest.mark.parametrize("tolerance", [-0.1, 2, math.nan])
def test_bad_tolerance(tolerance):
    with pytest.raises(InputError, match=f"tolerance {tolerance} is not in"):
        boundary_f(square(1, 1, 5), square(1, 1, 5), tolerance)
