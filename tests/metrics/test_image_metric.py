import math
import pickle
import random
import subprocess
import sys

import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.metrics import MAD, MSE, SAD, ImageMetric, IoU, all_metrics, functional
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.metrics.image_metric import exact_means, transition_band

SIZES = [(12, 20), (31, 17), (24, 24), (9, 40), (33, 35), (16, 16)]


def pictures(sizes=SIZES):
    """Predictions and alphas, lists of float32 (1, H, W): a soft block on an empty ground, and the same with noise."""
    generator = torch.Generator().manual_seed(0)
    alphas = []
    for index, (height, width) in enumerate(sizes):
        alpha = torch.zeros(1, height, width)
        alpha[:, 2 + index % 4 : 8, 3:11] = 0.3 + 0.7 * torch.rand(1, 6 - index % 4, 8, generator=generator)
        alphas.append(alpha)
    return [(a + 0.3 * torch.rand(a.shape, generator=generator)).clamp(0, 1) for a in alphas], alphas


def values(metrics):
    return {name: value.item() for name, value in metrics.compute().items()}


def test_every_metric_is_in_the_catalogue_and_says_its_direction():
    found = {name: metric.higher_is_better for metric in all_metrics().values() for name in metric.names}
    assert found == {name: info.higher for name, info in METRICS.items()}
    for metric in all_metrics().values():
        assert not metric.is_differentiable
        assert not metric.full_state_update
        pickle.dumps(metric)


def test_batches_and_their_order_do_not_change_a_bit():
    predictions, alphas = pictures([(16, 18)] * 6)
    order = list(range(6))
    together = all_metrics()
    together.update(torch.stack(predictions), torch.stack(alphas))
    expected = values(together)
    assert len(set(expected.values())) > 10
    for size in (1, 2, 5):
        random.Random(size).shuffle(order)
        apart = all_metrics()
        for start in range(0, 6, size):
            chosen = order[start : start + size]
            apart.update([predictions[i] for i in chosen], [alphas[i] for i in chosen])
        assert values(apart) == expected


def test_images_of_different_sizes_count_alike():
    predictions, alphas = pictures()
    metrics = {"mad": MAD(), "mse": MSE(), "sad": SAD(), "iou": IoU()}
    for name, metric in metrics.items():
        metric.update(predictions, alphas)
        each = [getattr(functional, name)(p, a).item() for p, a in zip(predictions, alphas, strict=True)]
        assert metric.compute()[name].item() == math.fsum(each) / len(SIZES)


def test_images_without_a_band_are_left_out_of_its_metrics():
    predictions, alphas = pictures(SIZES[:1])
    empty, full = torch.zeros(1, 12, 20), torch.ones(1, 12, 20)
    alone, among = all_metrics(), all_metrics()
    alone.update(predictions, alphas)
    among.update([predictions[0], full, empty], [alphas[0], empty, full])
    banded = {name for name in METRICS if name.startswith("band_")}
    assert {name for name, value in values(alone).items() if values(among)[name] == value} == banded


def test_nothing_to_measure_is_defined():
    empty = torch.zeros(2, 1, 8, 8)
    metrics = all_metrics()
    metrics.update(empty, empty)
    errors = {name for name, info in METRICS.items() if not info.higher}
    assert {name for name, value in values(metrics).items() if value == 0} >= errors
    assert {name: values(metrics)[name] for name in ("iou", "dice", "boundary_f", "s_measure")} == {
        "iou": 1,
        "dice": 1,
        "boundary_f": 1,
        "s_measure": 1,
    }


@pytest.mark.parametrize("height, width", [(1, 1), (1, 7), (2, 2)])
@pytest.mark.parametrize("truth", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("guess", [0.0, 0.3, 1.0])
def test_tiny_and_constant_pictures_have_finite_metrics(height, width, truth, guess):
    metrics = all_metrics()
    metrics.update(torch.full((1, 1, height, width), guess), torch.full((1, 1, height, width), truth))
    for name, value in values(metrics).items():
        assert math.isfinite(value), name
        assert 0 <= value <= (4 / 3 if name == "e_measure" else 1), name  # the field divides it by pixels less one
    assert values(metrics)["mad"] == pytest.approx(abs(guess - truth))


def test_mad_and_mse_stay_apart_after_a_hard_batch():
    """In a hard batch |error| = error²; torchmetrics' compute groups would merge the two from then on."""
    metrics = all_metrics()
    metrics.update(torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 4, 4))
    metrics.update(torch.full((1, 1, 4, 4), 0.5), torch.zeros(1, 1, 4, 4))
    assert (values(metrics)["mad"], values(metrics)["mse"]) == (0.75, 0.625)


def test_a_half_as_strong_matte_is_worse_in_every_metric_but_the_masks():
    """A min-max stretch would hide it."""
    _, alphas = pictures()
    metrics = all_metrics()
    metrics.update([alpha / 2 for alpha in alphas], alphas)
    found = values(metrics)
    for name in METRICS:
        if not METRICS[name].higher:
            assert found[name] > 0, name
    assert max(found["iou"], found["weighted_f"], found["s_measure"]) < 0.9


def test_means_are_exact():
    rows = torch.tensor([[1e16, float("nan")], [1.0, float("nan")], [-1e16, float("nan")]], dtype=torch.float64)
    assert exact_means(rows).tolist() == [1 / 3, 0]
    assert exact_means(torch.zeros(0, 2, dtype=torch.float64)).tolist() == [0, 0]


def test_what_a_process_without_an_image_sends_is_of_the_others_type():
    assert MAD().to("cpu").dtype == torch.float64


SHARE = """
import os, sys, torch
rank, processes = int(sys.argv[1]), int(sys.argv[2])
torch.manual_seed(0)
torch.set_num_threads(1)
sizes = [(12, 20), (31, 17), (24, 24), (9, 40), (33, 35)]
alphas = [torch.rand(1, *size).round() * torch.rand(1, *size) for size in sizes]
predictions = [(alpha + 0.3 * torch.rand_like(alpha)).clamp(0, 1) for alpha in alphas]
torch.distributed.init_process_group("gloo", init_method="file://" + sys.argv[3], rank=rank, world_size=processes)
from portrait_matting.metrics import all_metrics
metrics = all_metrics().to("cpu")  # as Lightning moves them, after which torchmetrics takes them for float32
for predicted, alpha in list(zip(predictions, alphas))[rank::processes]:
    metrics.update([predicted], [alpha])
for name, value in metrics.compute().items():
    print(name, value.item().hex())
"""


@pytest.mark.slow
def test_processes_do_not_change_a_bit(tmp_path):
    """One, two, and seven for five images: two processes of the latter have none."""
    said = {}
    for processes in (1, 2, 7):
        ranks = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-W",
                    "ignore",
                    "-c",
                    SHARE,
                    str(rank),
                    str(processes),
                    str(tmp_path / f"{processes}"),
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            for rank in range(processes)
        ]
        outputs = {rank.communicate(timeout=200)[0] for rank in ranks}
        assert len(outputs) == 1
        said[processes] = outputs.pop()
    assert len(said[1].splitlines()) == len(METRICS)
    assert said[1] == said[2] == said[7]


@pytest.mark.parametrize(
    "prediction, alpha, words",
    [
        (torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 5), r"\(1, 4, 4\).*\(1, 4, 5\)"),
        (torch.zeros(2, 1, 4, 4), torch.zeros(1, 1, 4, 4), "2 predictions for 1 alpha"),
        (torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4), r"\(3, 4, 4\)"),
        ([torch.zeros(1, 4, 4)], [torch.zeros(4, 4)], r"\(1, 4, 4\).*\(4, 4\)"),
    ],
)
def test_shapes_that_differ(prediction, alpha, words):
    with pytest.raises(InputError, match=words):
        MAD().update(prediction, alpha)


def test_width_out_of_range():
    with pytest.raises(InputError, match=r"1\.5"):
        MAD(width=1.5)


def test_a_metric_of_ones_own_is_a_measurement_and_a_finish():
    class Root(ImageMetric):
        names, columns = ("root",), 1

        def measure(self, prediction, alpha, band):
            assert band is None
            return functional.mse(prediction, alpha)[None]

        def finish(self, means):
            return {"root": means[..., 0].sqrt()}

    metric = Root()
    metric.update(torch.ones(2, 1, 2, 2), torch.tensor([0.0, 0.5])[:, None, None, None].expand(2, 1, 2, 2))
    assert metric.compute()["root"].item() == pytest.approx(math.sqrt((1 + 0.25) / 2))


def test_the_band_is_that_of_the_loss():
    alpha = torch.zeros(1, 40, 40)
    alpha[:, 10:30, 10:30] = 1
    band = transition_band(alpha, 0.05)
    assert band.sum() == 22 * 22 - 18 * 18  # one pixel to either side of the edge
