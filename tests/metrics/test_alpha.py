import pytest
import torch

from portrait_matting.metrics import all_metrics, training_metrics


def test_by_hand():
    metrics = training_metrics()
    metrics.update(torch.tensor([[[[0.75, 0.0], [0.0, 0.0]]]]), torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]]))
    metrics.update(torch.tensor([[[[1.0, 1.0]]]]), torch.tensor([[[[0.0, 1.0]]]]))
    mad, mse, sad = (0.25 / 4 + 1 / 2) / 2, (0.0625 / 4 + 1 / 2) / 2, (0.25 + 1) / 2 / 1000
    assert {name: value.item() for name, value in metrics.compute().items()} == pytest.approx(
        # The pictures are so small that the band is everything.
        {"mad": mad, "mse": mse, "sad": sad, "band_mad": mad, "band_mse": mse, "band_sad": sad}
        | {"iou": (1 + 1 / 2) / 2, "dice": (1 + 2 / 3) / 2}
    )


def test_the_test_has_all_that_training_has_under_the_same_names():
    assert training_metrics().keys() < all_metrics().keys()
    soft = torch.linspace(0, 1, 64).reshape(1, 1, 8, 8)
    cheap, all_of_them = training_metrics().clone(prefix="val/"), all_metrics().clone(prefix="val/")
    cheap.update(soft.flip(-1), soft)
    all_of_them.update(soft.flip(-1), soft)
    assert cheap.compute().items() <= all_of_them.compute().items()
    assert all_of_them.compute()["val/mae"] > 0
