import pickle

import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.losses import edge_mask
from portrait_matting.metrics import MAD, MSE, SAD, BandMAD, IoU, alpha_metrics, functional

SIZES = [(12, 20), (31, 17), (24, 24), (9, 40)]


def pictures(sizes):
    """Return predictions and alphas, lists of float32 (1, H, W): a soft block on an empty ground, and noise."""
    generator = torch.Generator().manual_seed(0)
    alphas = []
    for index, (height, width) in enumerate(sizes):
        alpha = torch.zeros(1, height, width)
        alpha[:, 2 + index : 8, 3:11] = torch.rand(1, 6 - index, 8, generator=generator)
        alphas.append(alpha)
    return [torch.rand(alpha.shape, generator=generator) for alpha in alphas], alphas


def values(metrics):
    return {name: value.item() for name, value in metrics.compute().items()}


def test_by_hand():
    metrics = alpha_metrics()
    metrics.update(torch.tensor([[[[0.75, 0.0], [0.0, 0.0]]]]), torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]]))
    metrics.update(torch.tensor([[[[1.0, 1.0]]]]), torch.tensor([[[[0.0, 1.0]]]]))
    assert values(metrics) == pytest.approx(
        {
            "mad": (0.25 / 4 + 1 / 2) / 2,
            "mse": (0.0625 / 4 + 1 / 2) / 2,
            "sad": (0.25 + 1) / 2 / 1000,
            "iou": (1 + 1) / (1 + 2),  # over the data set, not the mean of 1 and 1/2
            "band_mad": (0.25 / 4 + 1 / 2) / 2,  # so small that the band is everything
        }
    )


def test_batching_does_not_matter():
    predictions, alphas = pictures([(16, 18)] * 4)
    one_by_one, batch, listed = alpha_metrics(), alpha_metrics(), alpha_metrics()
    for prediction, alpha in zip(predictions, alphas, strict=True):
        one_by_one.update(prediction[None], alpha[None])
    batch.update(torch.stack(predictions), torch.stack(alphas))
    listed.update(predictions, alphas)
    assert values(batch) == pytest.approx(values(one_by_one), rel=1e-12)
    assert values(listed) == pytest.approx(values(one_by_one), rel=1e-12)


def test_images_of_different_sizes():
    predictions, alphas = pictures(SIZES)
    metrics = alpha_metrics()
    metrics.update(predictions, alphas)
    found = values(metrics)
    for name in ("mad", "mse", "sad", "band_mad"):
        figures = [getattr(functional, name)(p, a).item() for p, a in zip(predictions, alphas, strict=True)]
        assert found[name] == pytest.approx(sum(figures) / len(SIZES), rel=1e-12)
    counts = [functional.iou_counts(p, a) for p, a in zip(predictions, alphas, strict=True)]
    assert found["iou"] == pytest.approx(sum(float(c[0]) for c in counts) / sum(float(c[1]) for c in counts))
    assert 0 < found["iou"] < 1


def test_images_without_a_band_are_left_out():
    predictions, alphas = pictures(SIZES[:1])
    empty, full = torch.zeros(1, 1, 12, 20), torch.ones(1, 1, 12, 20)
    metric = BandMAD()
    metric.update(torch.cat([predictions[0][None], full, empty]), torch.cat([alphas[0][None], empty, full]))
    assert edge_mask(alphas[0]).any()
    assert metric.compute().item() == pytest.approx(functional.band_mad(predictions[0], alphas[0]).item())


def test_nothing_to_measure_is_defined():
    empty, full = torch.zeros(2, 1, 8, 8), torch.ones(2, 1, 8, 8)
    metrics = alpha_metrics()
    metrics.update(empty, empty)
    assert values(metrics) == {"mad": 0, "mse": 0, "sad": 0, "iou": 1, "band_mad": 0}
    metrics.reset()
    metrics.update(full, empty)
    assert values(metrics) == {"mad": 1, "mse": 1, "sad": 0.064, "iou": 0, "band_mad": 0}


def test_mad_and_mse_stay_apart_after_a_hard_batch():
    """In a hard batch |error| = error²; torchmetrics' compute groups would merge the two from then on."""
    metrics = alpha_metrics()
    metrics.update(torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 4, 4))
    metrics.update(torch.full((1, 1, 4, 4), 0.5), torch.zeros(1, 1, 4, 4))
    found = values(metrics)
    assert (found["mad"], found["mse"]) == (0.75, 0.625)


def test_sums_of_two_processes_add_up():
    predictions, alphas = pictures(SIZES)
    both = alpha_metrics()
    both.update(predictions, alphas)
    for name, metric in both.items():
        left, right = metric.clone(), metric.clone()
        left.reset()
        right.reset()
        left.update(predictions[:1], alphas[:1])
        right.update(predictions[1:], alphas[1:])
        for state, reduce in left._reductions.items():
            setattr(left, state, reduce(torch.stack([getattr(left, state), getattr(right, state)])))
        assert left.compute().item() == pytest.approx(metric.compute().item(), rel=1e-12), name


@pytest.mark.parametrize("metric, higher", [(MAD, False), (MSE, False), (SAD, False), (BandMAD, False), (IoU, True)])
def test_class_attributes(metric, higher):
    assert metric.higher_is_better is higher
    assert metric.is_differentiable is False
    assert metric.full_state_update is False
    pickle.dumps(metric())


@pytest.mark.parametrize(
    "prediction, alpha, words",
    [
        (torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 5), r"\(1, 1, 4, 4\).*\(1, 1, 4, 5\)"),
        (torch.zeros(2, 1, 4, 4), torch.zeros(1, 1, 4, 4), r"\(2, 1, 4, 4\).*\(1, 1, 4, 4\)"),
        (torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4), r"\(1, 3, 4, 4\)"),
        ([torch.zeros(1, 4, 4)], [torch.zeros(4, 4)], r"\(1, 4, 4\).*\(4, 4\)"),
        ([torch.zeros(1, 4, 4)] * 2, [torch.zeros(1, 4, 4)], "2 predictions for 1 alpha"),
    ],
)
def test_shapes_that_differ(prediction, alpha, words):
    with pytest.raises(InputError, match=words):
        MAD().update(prediction, alpha)


def test_width_out_of_range():
    with pytest.raises(InputError, match=r"1\.5"):
        BandMAD(width=1.5)
