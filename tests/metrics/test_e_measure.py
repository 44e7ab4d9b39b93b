import numpy as np
import pytest
from py_sod_metrics import Emeasure

from portrait_matting.metrics.e_measure import e_curve, e_measure


def reference(prediction, mask):
    measure = Emeasure()
    measure.gt_fg_numel, measure.gt_size = np.count_nonzero(mask), mask.size
    return measure.cal_changeable_em(prediction, mask)


def check(mattes):
    for name, prediction, alpha in mattes:
        mask = alpha > 0.5
        expected = reference(prediction, mask)
        np.testing.assert_allclose(e_curve(prediction, mask), expected, rtol=0, atol=1e-12, err_msg=name)
        assert e_measure(prediction, mask) == pytest.approx(expected.mean(), abs=1e-12), name


def pixel_by_pixel(binary, mask):
    """The definition of the paper, with the authors' N - 1."""
    a, b = binary - binary.mean(), mask - mask.mean()
    alignment = 2 * a * b / (a**2 + b**2)
    return ((alignment + 1) ** 2 / 4).sum() / (mask.size - 1)


def test_by_hand():
    """Thresholds above 102 see one of the three foreground pixels: means 1/4 and 3/4."""
    prediction = np.float32([[1.0, 0.4], [0.4, 0.0]])
    mask = np.array([[True, True], [True, False]])
    hit = (2 * 0.75 * 0.25 / (0.75**2 + 0.25**2) + 1) ** 2 / 4  # 0.64
    missed = (2 * -0.25 * 0.25 / (0.25**2 + 0.25**2) + 1) ** 2 / 4  # 0
    left_out = (2 * -0.25 * -0.75 / (0.25**2 + 0.75**2) + 1) ** 2 / 4  # 0.64
    assert (hit, missed, left_out) == pytest.approx((0.64, 0, 0.64))
    above, between, at_zero = 1.28 / 3, 4 / 3, 1 / 3  # from 255 to 103, from 102 to 1, and 0: everything, ξ = 0
    curve = e_curve(prediction, mask)
    np.testing.assert_allclose(curve, [above] * 153 + [between] * 102 + [at_zero], atol=1e-14)
    assert e_measure(prediction, mask) == pytest.approx((153 * above + 102 * between + at_zero) / 256)


def test_equals_the_definition_pixel_by_pixel():
    rng = np.random.default_rng(1)
    prediction, mask = rng.random((8, 9), dtype=np.float32), rng.random((8, 9)) > 0.6
    level = np.floor(prediction * 255)
    expected = [pixel_by_pixel(level >= threshold, mask) for threshold in range(255, -1, -1)]
    np.testing.assert_allclose(e_curve(prediction, mask), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (1, 31), (2, 40), (17, 23)])
def test_equals_pysodmetrics(shape):
    rng = np.random.default_rng(0)
    for _ in range(10):
        check([(str(shape), rng.random(shape, dtype=np.float32), rng.random(shape))])


def test_equals_pysodmetrics_on_real_mattes(real_mattes):
    check(real_mattes)


@pytest.mark.slow
def test_equals_pysodmetrics_on_all_real_mattes(all_real_mattes):
    check(all_real_mattes)


def test_equals_pysodmetrics_where_its_epsilon_tells():
    """One pixel of background in a million: both deviations are 1e-6 in the rest."""
    mask = np.ones((1000, 1000), dtype=bool)
    mask[3, 4] = False
    check([("nearly full", np.float32(mask), mask)])


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_empty_and_full_truth_equal_pysodmetrics(value):
    prediction = np.full((4, 5), value, dtype=np.float32)
    check([("empty", prediction, np.zeros((4, 5))), ("full", prediction, np.ones((4, 5)))])


@pytest.mark.parametrize("truth, value, expected", [(0, 0, 255 / 256), (0, 1, 0), (1, 0, 1 / 256), (1, 1, 1)])
def test_one_pixel(truth, value, expected):
    assert e_measure(np.float32([[value]]), np.array([[bool(truth)]])) == expected


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_constant_prediction_aligns_with_nothing(value):
    mask = np.arange(20).reshape(4, 5) < 8
    np.testing.assert_allclose(e_curve(np.full((4, 5), value, dtype=np.float32), mask), 0.25 * 20 / 19, atol=1e-14)
