import numpy as np
import pytest
import torch

from portrait_matting.metrics.calibration import CENTRES, calibration_bins, calibration_error, reliability


def random_pair(shape=(40, 50), seed=0):
    rng = np.random.default_rng(seed)
    return rng.random(shape, dtype=np.float32), rng.random(shape, dtype=np.float32)


def test_by_hand():
    prediction = np.float32([[0.0, 0.25, 0.25, 0.375], [0.9375, 0.953125, 1.0, 0.046875]])  # 0.25 opens the bin of 0.3
    alpha = np.float32([[0.0, 0.5, 1.0, 0.25], [0.5, 0.0, 0.0, 1.0]])
    expected = np.zeros((3, 9))
    expected[:, 2] = 2 / 8, 0.5 / 8, 1.5 / 8
    expected[:, 3] = 1 / 8, 0.375 / 8, 0.25 / 8
    expected[:, 8] = 1 / 8, 0.9375 / 8, 0.5 / 8
    bins = calibration_bins(prediction, alpha)
    assert bins.dtype == np.float64
    np.testing.assert_allclose(bins, expected, atol=1e-15)
    assert calibration_error(bins) == pytest.approx((1 + 0.125 + 0.4375) / 4)
    predicted, true, share = reliability(bins)
    np.testing.assert_allclose(predicted[[2, 3, 8]], [0.25, 0.375, 0.9375])
    np.testing.assert_allclose(true[[2, 3, 8]], [0.75, 0.25, 0.5])
    np.testing.assert_allclose(share, expected[0])
    assert np.isnan(predicted[[0, 1, 4, 5, 6, 7]]).all()
    assert np.isnan(true[[0, 1, 4, 5, 6, 7]]).all()


def test_against_masks():
    prediction, alpha = random_pair()
    bins = calibration_bins(prediction, alpha)
    for centre, column in zip(CENTRES, bins.T, strict=True):
        inside = np.abs(prediction.astype(np.float64) - centre) < 0.05
        expected = inside.mean(), (prediction * inside).mean(dtype=np.float64), (alpha * inside).mean(dtype=np.float64)
        np.testing.assert_allclose(column, expected, rtol=1e-6)


def test_every_8_bit_value_but_the_ends_is_in_the_bin_that_is_nearest():
    level = np.arange(256)
    counts = calibration_bins(np.float32(level / 255)[None], np.zeros((1, 256), dtype=np.float32))[0] * 256
    nearest = np.rint(level / 25.5).astype(int)
    np.testing.assert_array_equal(counts.round(9), np.bincount(nearest)[1:10])


@pytest.mark.parametrize("edge", [0.05, 0.15, 0.35, 0.95])
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_next_to_an_edge(edge, step):
    value = np.float32(edge)
    for _ in range(abs(step)):
        value = np.nextafter(value, np.float32(step), dtype=np.float32)
    bins = calibration_bins(value.reshape(1, 1), np.ones((1, 1), dtype=np.float32))
    assert bins[0].sum() == (np.float32(0.05) <= value < np.float32(0.95))
    assert np.abs(CENTRES[bins[0] > 0] - value) <= 0.05 + 1e-7 if bins.any() else edge in (0.05, 0.95)


def test_a_calibrated_matte_has_no_error_and_a_faint_one_has():
    _, alpha = random_pair()
    assert calibration_error(calibration_bins(alpha, alpha)) == 0
    faint = calibration_bins(alpha * np.float32(0.5), alpha)
    predicted, true, _ = reliability(faint)
    np.testing.assert_allclose(true[:5], 2 * predicted[:5], rtol=1e-6)
    assert calibration_error(faint) == pytest.approx(faint[1].sum() / faint[0].sum(), rel=1e-6)


def test_every_image_counts_alike():
    """The error of two images, the second 4 x 4 times as large, is that of the two at equal size."""
    small, other = random_pair((8, 9), 1), random_pair((8, 9), 2)
    large = [np.kron(plane, np.ones((4, 4), dtype=np.float32)) for plane in other]
    at_equal_size = calibration_bins(*(np.concatenate(planes) for planes in zip(small, other, strict=True)))
    mean = (calibration_bins(*small) + calibration_bins(*large)) / 2
    np.testing.assert_allclose(mean, at_equal_size, rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (3, 4)])
def test_nothing_in_any_bin(value, shape):
    bins = calibration_bins(np.full(shape, value, dtype=np.float32), np.ones(shape, dtype=np.float32))
    assert bins.shape == (3, 9)
    assert not bins.any()
    assert calibration_error(bins) == 0
    predicted, true, share = reliability(bins)
    assert np.isnan(predicted).all()
    assert np.isnan(true).all()
    assert not share.any()


def test_tensors_and_leading_dimensions():
    bins = np.stack([calibration_bins(*random_pair(seed=seed)) for seed in range(6)]).reshape(2, 3, 3, 9)
    bins[1, 2] = 0
    errors = calibration_error(bins)
    assert errors.shape == (2, 3)
    assert errors[1, 2] == 0
    assert errors[0, 1] == calibration_error(bins[0, 1]) > 0
    torch.testing.assert_close(calibration_error(torch.from_numpy(bins)), torch.from_numpy(errors), rtol=1e-14, atol=0)
    assert reliability(bins)[0].shape == (2, 3, 9)


def test_the_worst_error_is_below_1():
    prediction = np.full((3, 3), 0.9375, dtype=np.float32)
    assert calibration_error(calibration_bins(prediction, np.zeros((3, 3), dtype=np.float32))) == 0.9375
