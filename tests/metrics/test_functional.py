import numpy as np
import pytest
import torch

from portrait_matting.images.transition_band import edge_mask
from portrait_matting.metrics import functional

METRICS = [functional.mad, functional.mse, functional.sad, functional.iou, functional.dice, functional.mae]
OVERLAPS = [functional.iou, functional.dice]


def random_pair(batch=3, height=19, width=23):
    generator = torch.Generator().manual_seed(0)
    alpha = torch.zeros(batch, 1, height, width)
    alpha[:, :, 4:13, 5:16] = torch.rand(batch, 1, 9, 11, generator=generator)
    return torch.rand(batch, 1, height, width, generator=generator), alpha


def test_by_hand():
    prediction = torch.tensor([[[0.0, 0.5], [1.0, 0.6]]])
    alpha = torch.tensor([[[0.0, 1.0], [0.6, 0.2]]])  # errors 0, 0.5, 0.4, 0.4
    assert functional.mad(prediction, alpha).item() == pytest.approx(1.3 / 4)
    assert functional.mse(prediction, alpha).item() == pytest.approx((0.25 + 0.16 + 0.16) / 4)
    assert functional.sad(prediction, alpha).item() == pytest.approx(1.3 / 1000)
    assert functional.iou(prediction, alpha).item() == pytest.approx(1 / 3)  # 0.5 is not above 0.5
    assert functional.dice(prediction, alpha).item() == pytest.approx(2 / 4)
    assert functional.mae(prediction, alpha).item() == pytest.approx((0 + 0.5 + 0 + 0.6) / 4)
    region = torch.tensor([[[False, True], [True, False]]])
    assert functional.mad(prediction, alpha, region).item() == pytest.approx(0.9 / 2)
    assert functional.mse(prediction, alpha, region).item() == pytest.approx(0.41 / 2)
    assert functional.sad(prediction, alpha, region).item() == pytest.approx(0.9 / 1000)


def test_against_numpy():
    prediction, alpha = random_pair()
    p, a = prediction.double().numpy(), alpha.double().numpy()
    error, axes = np.abs(p - a), (1, 2, 3)
    band = edge_mask(alpha, 0.2).numpy() == 1
    assert 0 < band.mean() < 1
    expected = {
        functional.mad: error.mean(axes),
        functional.mse: (error**2).mean(axes),
        functional.sad: error.sum(axes) / 1000,
        functional.iou: ((p > 0.5) & (a > 0.5)).sum(axes) / ((p > 0.5) | (a > 0.5)).sum(axes),
    }
    for metric, values in expected.items():
        np.testing.assert_allclose(metric(prediction, alpha).numpy(), values, rtol=1e-6)
    inside = [error[i][band[i]] for i in range(3)]
    region = torch.from_numpy(band)
    means = {functional.mad: [e.mean() for e in inside], functional.mse: [(e**2).mean() for e in inside]}
    for metric, values in (means | {functional.sad: [e.sum() / 1000 for e in inside]}).items():
        np.testing.assert_allclose(metric(prediction, alpha, region).numpy(), values, rtol=1e-6)
    masks = (p > 0.5).reshape(3, -1), (a > 0.5).reshape(3, -1)
    dice = [2 * (m & t).sum() / (m.sum() + t.sum()) for m, t in zip(*masks, strict=True)]
    np.testing.assert_allclose(functional.dice(prediction, alpha).numpy(), dice)


@pytest.mark.parametrize("metric", METRICS)
def test_one_pair_equals_its_place_in_a_batch(metric):
    prediction, alpha = random_pair()
    batch = metric(prediction, alpha)
    assert batch.shape == (3,)
    assert batch.dtype == torch.float64
    for index in range(3):
        assert metric(prediction[index], alpha[index]).item() == pytest.approx(batch[index].item(), rel=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_perfect_prediction(metric):
    alpha = (random_pair()[1] > 0.5).float()  # of a soft truth the mask, and so the MAE, is not perfect
    assert metric(alpha, alpha).tolist() == [float(metric in OVERLAPS)] * 3


def test_empty_and_full_pictures():
    empty, full = torch.zeros(1, 8, 8), torch.ones(1, 8, 8)
    for metric in OVERLAPS:
        assert metric(empty, empty) == 1
        assert metric(full, empty) == 0
        assert metric(empty, full) == 0
    for metric in (functional.mad, functional.mse, functional.sad):
        assert metric(full, empty, torch.zeros(1, 8, 8, dtype=torch.bool)) == 0


@pytest.mark.parametrize("metric", METRICS)
def test_one_pixel(metric):
    assert metric(torch.ones(1, 1, 1), torch.ones(1, 1, 1)).item() == float(metric in OVERLAPS)
    scale = 1000 if metric is functional.sad else 1
    assert metric(torch.ones(1, 1, 1), torch.zeros(1, 1, 1)).item() == float(metric not in OVERLAPS) / scale


def test_faint_alpha_is_not_stretched():
    _, alpha = random_pair()
    torch.testing.assert_close(functional.mad(alpha * 0.5, alpha), alpha.double().mean((1, 2, 3)) / 2)


def test_sum_keeps_float64():
    """One pixel of 1 among four million of 1e-4: float32 sums are off in the fifth digit or worse."""
    prediction = torch.full((1, 2048, 2048), 1e-4)
    prediction[0, 0, 0] = 1
    expected = (float(torch.tensor(1e-4)) * (2048**2 - 1) + 1) / 1000
    assert functional.sad(prediction, torch.zeros_like(prediction)).item() == pytest.approx(expected, rel=1e-12)
