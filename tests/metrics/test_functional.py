import numpy as np
import pytest
import torch

from portrait_matting.losses import edge_mask
from portrait_matting.metrics import functional

FIGURES = [functional.mad, functional.mse, functional.sad, functional.iou, functional.band_mad]


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
    assert [count.item() for count in functional.iou_counts(prediction, alpha)] == [1, 3]  # 0.5 is not above 0.5
    assert functional.iou(prediction, alpha).item() == pytest.approx(1 / 3)


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
    for figure, values in expected.items():
        np.testing.assert_allclose(figure(prediction, alpha).numpy(), values, rtol=1e-6)
    band_mad = [error[i][band[i]].mean() for i in range(3)]
    np.testing.assert_allclose(functional.band_mad(prediction, alpha, 0.2).numpy(), band_mad, rtol=1e-6)


@pytest.mark.parametrize("figure", FIGURES)
def test_one_pair_equals_its_place_in_a_batch(figure):
    prediction, alpha = random_pair()
    batch = figure(prediction, alpha)
    assert batch.shape == (3,)
    assert batch.dtype == torch.float64
    for index in range(3):
        assert figure(prediction[index], alpha[index]).item() == pytest.approx(batch[index].item(), rel=1e-9)


@pytest.mark.parametrize("figure", FIGURES)
def test_perfect_prediction(figure):
    _, alpha = random_pair()
    assert figure(alpha, alpha).tolist() == [float(figure is functional.iou)] * 3


def test_empty_and_full_pictures():
    empty, full = torch.zeros(1, 8, 8), torch.ones(1, 8, 8)
    assert functional.iou(empty, empty) == 1
    assert functional.iou(full, empty) == 0
    assert functional.iou(empty, full) == 0
    for truth in (empty, full):
        assert [part.item() for part in functional.band_error(0.25 + 0.5 * truth, truth)] == [0, 0]
        assert functional.band_mad(0.25 + 0.5 * truth, truth) == 0


def test_faint_alpha_is_not_stretched():
    _, alpha = random_pair()
    torch.testing.assert_close(functional.mad(alpha * 0.5, alpha), alpha.double().mean((1, 2, 3)) / 2)


def test_sum_keeps_float64():
    """One pixel of 1 among four million of 1e-4: float32 sums are off in the fifth digit or worse."""
    prediction = torch.full((1, 2048, 2048), 1e-4)
    prediction[0, 0, 0] = 1
    expected = (float(torch.tensor(1e-4)) * (2048**2 - 1) + 1) / 1000
    assert functional.sad(prediction, torch.zeros_like(prediction)).item() == pytest.approx(expected, rel=1e-12)
