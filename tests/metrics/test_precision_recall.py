import numpy as np
import pytest
from py_sod_metrics import Fmeasure

from portrait_matting.metrics import precision_recall
from portrait_matting.metrics.precision_recall import counts_above, threshold_curves

SHAPES = [(1, 1), (1, 2), (2, 1), (1, 31), (2, 40), (17, 23)]


def reference(prediction, mask):
    return np.stack(Fmeasure(beta=0.3).cal_pr(prediction, mask))


def check(mattes):
    for name, prediction, alpha in mattes:
        mask = alpha > 0.5
        np.testing.assert_allclose(
            threshold_curves(prediction, mask), reference(prediction, mask), rtol=0, atol=1e-12, err_msg=name
        )


def test_by_hand():
    prediction = np.float32([[1.0, 0.8, 0.8], [0.4, 0.2, 0.0]])  # 255, 204, 204, 102, 51, 0
    mask = np.array([[True, True, False], [True, False, False]])
    precision, recall, f = threshold_curves(prediction, mask)
    at = {threshold: 255 - threshold for threshold in (255, 205, 204, 102, 51, 1, 0)}
    assert precision[list(at.values())] == pytest.approx([1, 1, 2 / 3, 3 / 4, 3 / 5, 3 / 5, 3 / 6])
    assert recall[list(at.values())] == pytest.approx([1 / 3, 1 / 3, 2 / 3, 1, 1, 1, 1])
    assert f[at[102]] == pytest.approx(1.3 * 0.75 * 1 / (0.3 * 0.75 + 1))
    assert f.max() == f[at[102]]


def test_every_8_bit_value_is_its_own_level():
    true, false = counts_above(np.arange(256, dtype=np.float32)[None] / 255, np.ones((1, 256), dtype=bool))
    assert true.tolist() == list(range(1, 257))
    assert not false.any()


@pytest.mark.parametrize("shape", SHAPES)
def test_equals_pysodmetrics(shape):
    rng = np.random.default_rng(0)
    for _ in range(10):
        check([(str(shape), rng.random(shape, dtype=np.float32), rng.random(shape))])


def test_equals_pysodmetrics_on_real_mattes(real_mattes):
    check(real_mattes)


@pytest.mark.slow
def test_equals_pysodmetrics_on_all_real_mattes(all_real_mattes):
    check(all_real_mattes)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (4, 5)])
def test_empty_and_full_truth(value, shape):
    prediction = np.full(shape, value, dtype=np.float32)
    assert not threshold_curves(prediction, np.zeros(shape, dtype=bool)).any()
    level = int(np.float32(value) * 255)
    reached = np.arange(255, -1, -1) <= level
    np.testing.assert_allclose(threshold_curves(prediction, np.ones(shape, dtype=bool)), np.tile(reached, (3, 1)))


def test_a_faint_matte_is_not_stretched():
    mask = np.array([[True, True, False, False]])
    assert threshold_curves(np.float32(0.2 * mask), mask)[2, : 255 - 51].max() == 0


def test_images_beyond_what_float32_counts(monkeypatch):
    rng = np.random.default_rng(0)
    prediction, mask = rng.random((9, 11), dtype=np.float32), rng.random((9, 11)) > 0.5
    whole = counts_above(prediction, mask)
    monkeypatch.setattr(precision_recall, "_EXACT", 7)
    np.testing.assert_array_equal(counts_above(prediction, mask), whole)


def test_views_of_larger_arrays():
    rng = np.random.default_rng(0)
    prediction, mask = rng.random((20, 30), dtype=np.float32), rng.random((20, 30)) > 0.5
    check([("view", prediction[3:-2, 5:-1], mask[3:-2, 5:-1]), ("flipped", prediction[:, ::-1], mask[::-1])])
