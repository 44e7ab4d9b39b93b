import numpy as np
import pytest
import torch

from portrait_matting.evaluation.result import metric_values, per_image
from portrait_matting.metrics import MAD, MSE, IoU
from portrait_matting.metrics.image_metric import ImageMetric

NAN = np.nan


class Peak(ImageMetric):
    """The greater of two means: a metric that is no mean."""

    names, columns = ("peak",), 2

    def finish(self, means):
        return {"peak": means.amax(-1)}


METRICS = {"mad": MAD(), "peak": Peak()}
MEASURED = {
    "mad": np.array([[0.1, 0.3], [0.2, NAN], [0.6, 0.5]]),
    "peak": np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.5]]),
}


def test_metrics_by_hand():
    values = metric_values(MEASURED, METRICS)
    assert {name: float(value) for name, value in values.items()} == pytest.approx(
        {"mad": 0.3, "band_mad": 0.4, "peak": 1 / 3}
    )


def test_weights_count_an_image_as_often():
    weights = np.array([[1, 1, 1], [0, 2, 1], [0, 3, 0]])
    values = metric_values(MEASURED, METRICS, weights)
    assert values["mad"] == pytest.approx([0.3, 1 / 3, 0.2])
    assert values["band_mad"] == pytest.approx([0.4, 0.5, 0])  # 0 as of no image
    assert values["peak"] == pytest.approx([1 / 3, 1 / 6, 0])
    assert metric_values(MEASURED, METRICS, weights[None])["mad"].shape == (1, 3)


def test_repeating_an_image_is_a_weight_of_two():
    repeated = {name: rows[[1, 1, 2]] for name, rows in MEASURED.items()}
    weighed = metric_values(MEASURED, METRICS, np.array([0, 2, 1]))
    for name, value in metric_values(repeated, METRICS).items():
        assert weighed[name] == pytest.approx(float(value), rel=1e-12)


def test_values_are_those_of_the_metrics():
    generator = torch.Generator().manual_seed(0)
    metrics = {"mad": MAD(), "mse": MSE(), "iou": IoU()}
    alphas = [torch.zeros(1, 12, 20), *(torch.rand(1, height, 9, generator=generator).round() for height in (7, 8, 30))]
    measured = {}
    for name, metric in metrics.items():
        metric.update([torch.rand(alpha.shape, generator=generator) for alpha in alphas], alphas)
        measured[name] = metric.rows().numpy()
    assert np.isnan(measured["mad"]).any()
    values = metric_values(measured, metrics)
    expected = {name: value for metric in metrics.values() for name, value in metric.compute().items()}
    assert list(values) == list(expected)
    for name, value in expected.items():
        assert float(values[name]) == pytest.approx(value.item(), rel=1e-12)


def test_per_image():
    values = per_image(MEASURED, METRICS)
    np.testing.assert_array_equal(values["mad"], [0.1, 0.2, 0.6])
    np.testing.assert_array_equal(values["band_mad"], [0.3, NAN, 0.5])
    np.testing.assert_array_equal(values["peak"], [1.0, 0.0, 0.5])
