import numpy as np
import pytest
from py_sod_metrics import WeightedFmeasure
from scipy.ndimage import distance_transform_edt

from portrait_matting.metrics.weighted_f import _carried_outwards, weighted_f

SHAPES = [(1, 1), (1, 2), (2, 1), (1, 31), (31, 1), (2, 40), (23, 29), (64, 48)]


def check(mattes):
    for name, prediction, alpha in mattes:
        mask = alpha > 0.5
        expected = WeightedFmeasure(beta=1).cal_wfm(prediction.astype(np.float64), mask) if mask.any() else 0
        assert weighted_f(prediction, mask) == pytest.approx(expected, abs=1e-10), name


def random_mattes(shape, count=20):
    rng = np.random.default_rng(0)
    for index in range(count):
        mask = rng.random(shape) < rng.choice([0.01, 0.1, 0.5, 0.9, 0.99])
        yield f"{shape} {index}", rng.random(shape, dtype=np.float32), mask


def test_by_hand():
    """One pixel of truth in the middle: the Gaussian mean of its error is that error, carried to all the others."""
    mask = np.zeros((9, 9), dtype=bool)
    mask[4, 4] = True
    prediction = np.zeros((9, 9), dtype=np.float32)
    prediction[4, 4], prediction[4, 0], prediction[0, 1] = 0.75, 0.5, 0.25  # 4 pixels away, and 5 by Pythagoras
    extra = 0.5 * (2 - 2 ** (-4 / 5)) + 0.25 * (2 - 2**-1)
    precision, recall = 0.75 / (0.75 + extra), 0.75
    assert weighted_f(prediction, mask) == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-14)


def test_an_error_is_no_more_than_the_mean_around_it():
    mask = np.ones((7, 7), dtype=bool)
    prediction = np.ones((7, 7), dtype=np.float32)
    prediction[3, 3] = 0
    weights = np.exp(-(np.arange(-3, 4) ** 2) / (2 * 5**2))
    recall = 1 - weights[3] ** 2 / weights.sum() ** 2 / 49  # no background: precision 1
    assert weighted_f(prediction, mask) == pytest.approx(2 * recall / (1 + recall), abs=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
def test_equals_pysodmetrics(shape):
    check(random_mattes(shape))


def test_equals_pysodmetrics_far_from_the_truth():
    """Distances to 600 pixels: where float32 no longer holds them, the weight is 2 already."""
    rng = np.random.default_rng(0)
    mask = np.zeros((400, 500), dtype=bool)
    mask[3, 2] = mask[10, 40] = True
    check([("far", rng.random(mask.shape, dtype=np.float32), mask)])


@pytest.mark.parametrize("density", [0.003, 0.03, 0.3])
def test_the_nearest_pixel_is_scipys(density):
    """Ties too. Each pixel has an error of its own, so that the error tells which pixel it came from."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        mask = rng.random((37, 53)) < density
        mask[20, 30] = True
        error = rng.permutation(mask.size).reshape(mask.shape).astype(np.float64)
        rows, columns = distance_transform_edt(~mask, return_distances=False, return_indices=True)
        reached = np.zeros_like(mask)
        for y, x in np.argwhere(mask):
            reached[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4] = True
        carried = _carried_outwards(error, mask.view(np.uint8))
        np.testing.assert_array_equal(carried[reached], error[rows, columns][reached])


def test_equals_pysodmetrics_on_real_mattes(real_mattes):
    check(real_mattes[:10])  # PySODMetrics takes 0.2 s each


@pytest.mark.slow
def test_equals_pysodmetrics_on_all_real_mattes(all_real_mattes):
    check(all_real_mattes)


@pytest.mark.parametrize("shape", [(1, 1), (3, 4)])
@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_empty_and_full_truth(shape, value):
    prediction = np.full(shape, value, dtype=np.float32)
    assert weighted_f(prediction, np.zeros(shape, dtype=bool)) == 0
    check([("full", prediction, np.ones(shape, dtype=bool))])
    assert weighted_f(np.ones(shape, dtype=np.float32), np.ones(shape, dtype=bool)) == pytest.approx(1)


def test_no_prediction_of_a_truth():
    mask = np.zeros((20, 20), dtype=bool)
    mask[5:15, 5:15] = True
    assert weighted_f(np.zeros((20, 20), dtype=np.float32), mask) == pytest.approx(0, abs=1e-14)
    assert weighted_f(np.float32(mask), mask) == pytest.approx(1)
    assert weighted_f(np.float32(0.1 * mask), mask) < 0.2  # not stretched


def test_the_input_is_left_alone_and_may_be_a_view():
    rng = np.random.default_rng(0)
    prediction, mask = rng.random((20, 30), dtype=np.float32), rng.random((20, 30)) > 0.5
    before = prediction.copy(), mask.copy()
    check([("view", prediction[3:-2, 5:-1], mask[3:-2, 5:-1]), ("flipped", prediction[:, ::-1], mask[::-1])])
    np.testing.assert_array_equal(prediction, before[0])
    np.testing.assert_array_equal(mask, before[1])
