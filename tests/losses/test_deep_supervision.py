import pytest
import torch
from torch import nn

from portrait_matting.errors import InputError
from portrait_matting.images.transition_band import edge_mask
from portrait_matting.losses import BCE, BoundaryRMSE, DeepSupervision, WeightedSum


class MeanLogit(nn.Module):
    """A criterion whose value is known: the mean logit of each map. It keeps what it was called with."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def forward(self, logits, alpha):
        self.calls.append(tuple(logits.shape))
        return logits.mean((2, 3))


NAMES = ("matte", "side1", "side2", "side3", "side4", "side5", "side6")
NOTHING = {"alpha": torch.zeros(2, 1, 4, 4)}


def named(maps):
    return dict(zip(NAMES, maps, strict=False))


def constant_maps(*values, batch=2):
    return named(torch.full((batch, 1, 4, 4), float(value), requires_grad=True) for value in values)


def test_sum_by_hand():
    outputs = constant_maps(1, 2, 3, 4, 5, 6, 7)
    outputs["matte"] = torch.stack(
        [torch.full((1, 4, 4), 0.0), torch.full((1, 4, 4), 4.0)]
    ).requires_grad_()  # batch mean 2
    criterion = MeanLogit()
    result = DeepSupervision(criterion, named([1, 0.5, 1, 2, 1, 1, 3]))(outputs, NOTHING)
    assert {name: value.item() for name, value in result.items()} == {
        "loss": 2 + 1 + 3 + 8 + 5 + 6 + 21,
        **{"loss_matte": 2, "loss_side1": 2, "loss_side2": 3, "loss_side3": 4},
        **{"loss_side4": 5, "loss_side5": 6, "loss_side6": 7},
    }
    assert criterion.calls == [(2, 7, 4, 4)]
    assert [name for name, value in result.items() if value.requires_grad] == ["loss"]
    assert all(value.shape == () for value in result.values())


def test_default_is_one_each():
    result = DeepSupervision(MeanLogit())(constant_maps(*range(7)), NOTHING)
    assert result["loss"].item() == 21


def test_output_of_weight_zero_is_left_out():
    outputs = constant_maps(1, 2, 3)
    criterion = MeanLogit()
    result = DeepSupervision(criterion, {"matte": 1, "side1": 0, "side2": 2})(outputs, NOTHING)
    result["loss"].backward()
    assert {name: value.item() for name, value in result.items()} == {"loss": 7, "loss_matte": 1, "loss_side2": 3}
    assert criterion.calls == [(2, 2, 4, 4)]
    assert outputs["side1"].grad is None
    assert outputs["side2"].grad.sum().item() == pytest.approx(2)


def test_same_as_the_criterion_map_by_map():
    generator = torch.Generator().manual_seed(0)
    outputs = named(torch.randn(3, 1, 16, 16, generator=generator) for _ in range(7))
    alpha = torch.rand(3, 1, 16, 16, generator=generator).round()
    loss = DeepSupervision(BoundaryRMSE())(outputs, {"alpha": alpha})["loss"]
    torch.testing.assert_close(loss, sum(BoundaryRMSE()(logits, alpha).mean() for logits in outputs.values()))


def test_weights_stay_out_of_the_checkpoint():
    assert DeepSupervision(MeanLogit()).state_dict() == {}


def test_a_weight_of_an_unknown_output_is_refused():
    with pytest.raises(InputError, match=r"side4: the network has matte, side1, side2"):
        DeepSupervision(MeanLogit(), {"matte": 1, "side4": 1})(constant_maps(1, 2, 3), NOTHING)


def test_an_output_without_a_weight_is_left_out():
    result = DeepSupervision(MeanLogit(), {"side2": 1})(constant_maps(1, 2, 3), NOTHING)
    assert {name: value.item() for name, value in result.items()} == {"loss": 3, "loss_side2": 3}


def test_smaller_outputs_are_held_against_alpha_at_its_size():
    criterion = MeanLogit()
    outputs = {"matte": torch.zeros(2, 1, 4, 4), "coarse": torch.ones(2, 1, 1, 2)}
    assert DeepSupervision(criterion)(outputs, NOTHING)["loss"] == 1
    assert criterion.calls == [(2, 2, 4, 4)]


def test_the_terms_of_a_sum_are_named_beside_the_outputs():
    generator = torch.Generator().manual_seed(0)
    outputs = named(torch.randn(2, 1, 8, 8, generator=generator) for _ in range(2))
    alpha = torch.rand(2, 1, 8, 8, generator=generator)
    rmse, cross = BoundaryRMSE(width=0.3), BCE(width=0.3, edge_weight=5.0)
    total = WeightedSum({"rmse": BoundaryRMSE(), "bce": BCE()}, {"rmse": 2, "bce": 0.5}, width=0.3)
    result = DeepSupervision(total, {"matte": 1, "side1": 3})(outputs, {"alpha": alpha})
    terms = {
        name: criterion(outputs["matte"], alpha).mean() + 3 * criterion(outputs["side1"], alpha).mean()
        for name, criterion in (("rmse", rmse), ("bce", cross))
    }
    assert list(result) == ["loss", "loss_matte", "loss_side1", "rmse", "bce"]
    torch.testing.assert_close({name: result[name] for name in terms}, terms)
    torch.testing.assert_close(result["loss"], 2 * terms["rmse"] + 0.5 * terms["bce"])


@pytest.mark.parametrize(
    "weights, wrong",
    [
        ({"matte": 1, "side1": -0.5}, "-0.5"),
        ({"matte": 0}, "all zero"),
        ({"matte": float("nan")}, "nan"),
        ({}, "all zero"),
    ],
)
def test_weights_out_of_range(weights, wrong):
    with pytest.raises(InputError, match=wrong):
        DeepSupervision(MeanLogit(), weights)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_keeps_one_float32_map_for_each_output(dtype):
    """Seven mattes, alpha and the weights of its pixels; no copy of the logits and none of the errors."""
    outputs = named(torch.randn(2, 1, 16, 16).to(dtype).requires_grad_() for _ in range(7))
    storages = {}

    def keep(tensor):
        storages[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        DeepSupervision(BoundaryRMSE())(outputs, {"alpha": torch.rand(2, 1, 16, 16)})
    full_size = [storage.nbytes() for storage in storages.values() if storage.nbytes() >= 2 * 16 * 16]
    assert sorted(full_size) == [4 * 2 * 16 * 16, 4 * 2 * 16 * 16, 4 * 2 * 7 * 16 * 16]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_boundary_rmse_written_out(dtype):
    """Loss and gradients, bit for bit, are those of the formula as a paper would write it."""
    generator = torch.Generator().manual_seed(0)
    sides = torch.randn(2, 6, 24, 24, generator=generator).to(dtype)
    fused = torch.randn(2, 1, 24, 24, generator=generator).to(dtype)
    alpha = torch.rand(2, 1, 24, 24, generator=generator)
    ours, theirs = (sides.clone().requires_grad_() for _ in range(2))
    loss = DeepSupervision(BoundaryRMSE())(named([fused, *ours.split(1, 1)]), {"alpha": alpha})["loss"]
    weight = 1 + 4 * edge_mask(alpha)
    error = torch.cat([fused, theirs], 1).float().sigmoid() - alpha
    expected = ((weight * error**2).sum((2, 3)) / weight.sum((2, 3)) + 1e-12).sqrt().mean(0).sum()
    loss.backward()
    expected.backward()
    assert loss.item() == expected.item()
    assert torch.equal(ours.grad, theirs.grad)
