import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.losses import BCE, BoundaryRMSE, WeightedSum


def test_by_hand():
    generator = torch.Generator().manual_seed(0)
    logits, alpha = torch.randn(2, 3, 8, 8, generator=generator), torch.rand(2, 1, 8, 8, generator=generator)
    rmse, cross = BoundaryRMSE(edge_weight=3.0), BCE(edge_weight=3.0)
    total = WeightedSum({"rmse": BoundaryRMSE(), "bce": BCE()}, {"bce": 0.25, "rmse": 2}, edge_weight=3.0)
    assert total(logits, alpha).shape == (2, 3)
    torch.testing.assert_close(total(logits, alpha), 2 * rmse(logits, alpha) + 0.25 * cross(logits, alpha))
    assert list(total.parts(logits, alpha)) == ["loss", "rmse", "bce"]


def test_the_sum_is_not_the_name_of_a_term():
    with pytest.raises(InputError, match="'loss'"):
        WeightedSum({"loss": BCE()}, {"loss": 1.0})


@pytest.mark.parametrize("weights", [{"rmse": 1.0}, {"bce": 1.0, "mse": 1.0}, {}])
def test_names_that_differ(weights):
    with pytest.raises(InputError, match="bce"):
        WeightedSum({"bce": BCE()}, weights)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf"), 0.0])
def test_weight_out_of_range(weight):
    with pytest.raises(InputError, match=str(weight)):
        WeightedSum({"bce": BCE()}, {"bce": weight})


def test_a_band_of_a_terms_own_is_refused():
    with pytest.raises(InputError, match="term bce has a band of its own"):
        WeightedSum({"bce": BCE(edge_weight=9.0)}, {"bce": 1.0})
    with pytest.raises(InputError, match="term bce is a BCELoss"):
        WeightedSum({"bce": torch.nn.BCELoss()}, {"bce": 1.0})
