import pytest
import torch

from portrait_matting.metrics import Origins, by_source, training_metrics


def images(count):
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(1, 8, 6, generator=generator) for _ in range(2 * count)]


def test_each_source_has_the_metrics_of_its_images_alone():
    predicted, true = images(5)[::2], images(5)[1::2]
    metrics, origins = training_metrics().clone(prefix="val/"), Origins()
    for start, end in ((0, 2), (2, 5)):
        metrics.update(predicted[start:end], true[start:end])
        origins.update([0, 1, 0, 0, 1][start:end])
    together = metrics.compute()
    found = by_source(metrics, origins, ["drawn", "real", "absent"])
    for source, chosen in (("drawn", [0, 2, 3]), ("real", [1, 4])):
        alone = training_metrics().clone(prefix=f"val/{source}/")
        alone.update([predicted[index] for index in chosen], [true[index] for index in chosen])
        expected = alone.compute()
        assert {name: found[name].item() for name in expected} == {name: one.item() for name, one in expected.items()}
    assert not [name for name in found if "absent" in name]
    weighted = (3 * found["val/drawn/mad"] + 2 * found["val/real/mad"]) / 5
    assert together["val/mad"].item() == pytest.approx(weighted.item())  # over all portraits, not over the sources


def test_no_image_is_no_metric():
    metrics, origins = training_metrics(), Origins()
    origins.update([])
    assert by_source(metrics, origins, ["drawn"]) == {}
