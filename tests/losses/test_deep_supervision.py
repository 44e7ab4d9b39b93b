import pytest
import torch
from torch import nn

from portrait_matting.errors import InputError
from portrait_matting.images.transition_band import edge_mask
from portrait_matting.losses import BoundaryRMSE, DeepSupervision


class MeanLogit(nn.Module):
    """A criterion whose value is known: the mean logit of each map. It keeps what it was called with."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def forward(self, logits, alpha):
        self.calls.append(tuple(logits.shape))
        return logits.mean((2, 3))


def constant_maps(*values, batch=2):
    return [torch.full((batch, 1, 4, 4), float(value), requires_grad=True) for value in values]


def test_sum_by_hand():
    outputs = constant_maps(1, 2, 3, 4, 5, 6, 7)
    outputs[0] = torch.stack([torch.full((1, 4, 4), 0.0), torch.full((1, 4, 4), 4.0)]).requires_grad_()  # batch mean 2
    criterion = MeanLogit()
    result = DeepSupervision(criterion, [1, 0.5, 1, 2, 1, 1, 3])(outputs, torch.zeros(2, 1, 4, 4))
    assert {name: value.item() for name, value in result.items()} == {
        "loss": 2 + 1 + 3 + 8 + 5 + 6 + 21,
        **{"loss_fused": 2, "loss_side1": 2, "loss_side2": 3, "loss_side3": 4},
        **{"loss_side4": 5, "loss_side5": 6, "loss_side6": 7},
    }
    assert criterion.calls == [(2, 7, 4, 4)]
    assert [name for name, value in result.items() if value.requires_grad] == ["loss"]
    assert all(value.shape == () for value in result.values())


def test_default_is_one_each():
    result = DeepSupervision(MeanLogit())(constant_maps(*range(7)), torch.zeros(2, 1, 4, 4))
    assert result["loss"].item() == 21


def test_output_of_weight_zero_is_left_out():
    outputs = constant_maps(1, 2, 3)
    criterion = MeanLogit()
    result = DeepSupervision(criterion, [1, 0, 2])(outputs, torch.zeros(2, 1, 4, 4))
    result["loss"].backward()
    assert {name: value.item() for name, value in result.items()} == {"loss": 7, "loss_fused": 1, "loss_side2": 3}
    assert criterion.calls == [(2, 2, 4, 4)]
    assert outputs[1].grad is None
    assert outputs[2].grad.sum().item() == pytest.approx(2)


def test_same_as_the_criterion_map_by_map():
    generator = torch.Generator().manual_seed(0)
    outputs = [torch.randn(3, 1, 16, 16, generator=generator) for _ in range(7)]
    alpha = torch.rand(3, 1, 16, 16, generator=generator).round()
    loss = DeepSupervision(BoundaryRMSE())(outputs, alpha)["loss"]
    torch.testing.assert_close(loss, sum(BoundaryRMSE()(logits, alpha).mean() for logits in outputs))


def test_weights_stay_out_of_the_checkpoint():
    assert DeepSupervision(MeanLogit()).state_dict() == {}


def test_one_weight_per_output():
    with pytest.raises(InputError, match=r"7 .* 3 "):
        DeepSupervision(MeanLogit())(constant_maps(1, 2, 3), torch.zeros(2, 1, 4, 4))


@pytest.mark.parametrize(
    "weights, wrong", [([1, -0.5], "-0.5"), ([0, 0], "all zero"), ([float("nan")], "nan"), ([], "all zero")]
)
def test_weights_out_of_range(weights, wrong):
    with pytest.raises(InputError, match=wrong):
        DeepSupervision(MeanLogit(), weights)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_keeps_one_float32_map_for_each_output(dtype):
    """Seven mattes, alpha and the weights of its pixels; no copy of the logits and none of the errors."""
    outputs = [torch.randn(2, 1, 16, 16).to(dtype).requires_grad_() for _ in range(7)]
    storages = {}

    def keep(tensor):
        storages[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        DeepSupervision(BoundaryRMSE())(outputs, torch.rand(2, 1, 16, 16))
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
    loss = DeepSupervision(BoundaryRMSE())([fused, *ours.split(1, 1)], alpha)["loss"]
    weight = 1 + 4 * edge_mask(alpha)
    error = torch.cat([fused, theirs], 1).float().sigmoid() - alpha
    expected = ((weight * error**2).sum((2, 3)) / weight.sum((2, 3)) + 1e-12).sqrt().mean(0).sum()
    loss.backward()
    expected.backward()
    assert loss.item() == expected.item()
    assert torch.equal(ours.grad, theirs.grad)
