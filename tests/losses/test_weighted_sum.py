import pytest
import torch

from portrait_matting.errors import InputError
from portrait_matting.losses import BCE, BoundaryRMSE, WeightedSum


def test_by_hand():
    generator = torch.Generator().manual_seed(0)
    logits, alpha = torch.randn(2, 3, 8, 8, generator=generator), torch.rand(2, 1, 8, 8, generator=generator)
    rmse = BoundaryRMSE(edge_weight=3.0)
    total = WeightedSum({"rmse": rmse, "bce": BCE()}, {"bce": 0.25, "rmse": 2})(logits, alpha)
    assert total.shape == (2, 3)
    torch.testing.assert_close(total, 2 * rmse(logits, alpha) + 0.25 * BCE()(logits, alpha))


@pytest.mark.parametrize("weights", [{"rmse": 1.0}, {"bce": 1.0, "mse": 1.0}, {}])
def test_names_that_differ(weights):
    with pytest.raises(InputError, match="bce"):
        WeightedSum({"bce": BCE()}, weights)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf"), 0.0])
def test_weight_out_of_range(weight):
    with pytest.raises(InputError, match=str(weight)):
        WeightedSum({"bce": BCE()}, {"bce": weight})
