import numpy as np
import pytest
from py_sod_metrics import Smeasure

from portrait_matting.metrics.s_measure import s_measure


def check(mattes):
    for name, prediction, alpha in mattes:
        mask = alpha > 0.5
        # float64, since PySODMetrics sums in the prediction's own type
        expected = Smeasure(alpha=0.5).cal_sm(prediction.astype(np.float64), mask)
        assert s_measure(prediction, mask) == pytest.approx(expected, abs=1e-10), name


def random_mattes(shape, count=20):
    """Masks of 1 to 99 %, with both kinds of pixels in the middle, and predictions that know something of them."""
    rng = np.random.default_rng(0)
    for index in range(count):
        mask = rng.random(shape) < rng.uniform(0.01, 0.99)
        middle = mask[shape[0] // 2 - 1 : shape[0] // 2 + 1, shape[1] // 2 - 1 : shape[1] // 2 + 1]
        middle[:] = [[True, False], [False, True]]
        yield f"{shape} {index}", (0.5 * rng.random(shape, dtype=np.float32) + np.float32(0.5) * mask), mask


def test_by_hand():
    """The centroid is (0.5, 1), rounded to (0, 1): quadrants of 1 x 2, 1 x 2, 2 x 2 and 2 x 2 pixels."""
    mask = np.array([[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]], dtype=bool)
    prediction = np.float32([[0, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 0.25, 0]])
    foreground = 2 * 0.75 / (0.75**2 + 1 + 0.125**0.5)  # of 0.5 and 1
    mean = 1 - 0.25 / 10
    deviation = ((9 * 0.025**2 + 0.225**2) / 9) ** 0.5
    background = 2 * mean / (mean**2 + 1 + deviation)
    by_object = 2 / 12 * foreground + 10 / 12 * background
    upper_left = 4 * 0.25 * 0.5 * 0.25 / ((0.25**2 + 0.5**2) * (0.125 + 0.5))  # covariance 0.25 of (0, 0.5) and (0, 1)
    upper_right = 1  # both constant
    lower_left = 1  # the same
    lower_right = 0  # an empty truth, and a prediction that is not constant
    by_region = (2 * upper_left + 2 * upper_right + 4 * lower_left + 4 * lower_right) / 12
    assert s_measure(prediction, mask) == pytest.approx(0.5 * by_object + 0.5 * by_region, abs=1e-12)
    assert s_measure(prediction, mask, object_weight=0.8) == pytest.approx(0.8 * by_object + 0.2 * by_region, abs=1e-12)
    check([("by hand", prediction, mask)])


@pytest.mark.parametrize("shape", [(6, 7), (31, 9), (40, 60)])
def test_equals_pysodmetrics(shape):
    check(random_mattes(shape))


def test_equals_pysodmetrics_for_constant_predictions():
    mask = next(random_mattes((12, 15)))[2]
    check([(str(value), np.full(mask.shape, value, dtype=np.float32), mask) for value in (0.0, 0.5, 1.0)])


def test_equals_pysodmetrics_on_real_mattes(real_mattes):
    check(real_mattes)


@pytest.mark.slow
def test_equals_pysodmetrics_on_all_real_mattes(all_real_mattes):
    check(all_real_mattes)


@pytest.mark.parametrize("shape", [(1, 1), (3, 4)])
@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_empty_and_full_truth(shape, value):
    prediction = np.full(shape, value, dtype=np.float32)
    assert s_measure(prediction, np.zeros(shape, dtype=bool)) == 1 - value
    assert s_measure(prediction, np.ones(shape, dtype=bool)) == value


@pytest.mark.parametrize("shape", [(2, 2), (1, 5), (5, 1), (4, 6)])
def test_a_flawless_matte_has_1_wherever_the_truth_is(shape):
    """A single pixel in a corner leaves quadrants without a pixel, and others with one: no 0 / 0, no warning."""
    for pixel in range(shape[0] * shape[1]):
        mask = np.zeros(shape, dtype=bool)
        mask.ravel()[pixel] = True
        assert s_measure(np.float32(mask), mask) == pytest.approx(1)
        assert s_measure(np.float32(~mask), mask) < 0.7


@pytest.mark.parametrize("value", [0.1, 0.3, 0.7])
def test_constant_quadrants_are_constant_to_the_last_bit(value):
    """The mean of many 0.3 is not 0.3 in floating point; the three quadrants without truth still count 1."""
    mask = np.zeros((60, 80), dtype=bool)
    mask[0, 0] = True
    prediction = np.full((60, 80), value, dtype=np.float32)
    value = float(np.float32(value))
    by_object = (2 * value / (value**2 + 1) + 4799 * 2 * (1 - value) / ((1 - value) ** 2 + 1)) / 4800
    assert s_measure(prediction, mask) == pytest.approx((by_object + 1) / 2, abs=1e-12)


def test_a_faint_matte_is_not_stretched():
    _, _, mask = next(random_mattes((12, 15)))
    assert s_measure(np.float32(mask), mask) == pytest.approx(1)
    assert s_measure(np.float32(0.1 * mask), mask) < 0.7


def test_views_of_larger_arrays():
    name, prediction, mask = next(random_mattes((20, 30)))
    check([(name, prediction[3:-2, 5:-1], mask[3:-2, 5:-1]), ("flipped", prediction[:, ::-1], mask[::-1])])
