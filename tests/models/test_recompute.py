import copy

import pytest
import torch
from torch import nn

from portrait_matting.errors import InputError
from portrait_matting.losses import BoundaryRMSE, DeepSupervision
from portrait_matting.models import recompute
from portrait_matting.models.network import Network
from portrait_matting.models.recompute import BlockCost, costs, most, recomputed, set_recomputation
from portrait_matting.models.u2net import u2net, u2netp

NETWORKS = {"u2net": u2net, "u2netp": u2netp}


class Block(nn.Module):
    """Convolution, batch normalisation, ReLU in place; counts how often it is called."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.relu = nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(inplace=True)
        self.calls = 0

    def forward(self, features):
        self.calls += 1
        return self.relu(self.norm(self.conv(features))).square()


def state(net):
    """Gradients and buffers, by name."""
    return {
        **{f"gradient of {name}": parameter.grad for name, parameter in net.named_parameters()},
        **dict(net.named_buffers()),
    }


def differing(one, two):
    theirs = state(two)
    return [name for name, tensor in state(one).items() if not torch.equal(tensor, theirs[name])]


def step(net, precision, memory_format, passes):
    """Passes whose gradients add up, as in accumulation; returns the last loss."""
    net.to(memory_format=memory_format).train()
    generator = torch.Generator().manual_seed(1)
    for _ in range(passes):
        image = torch.randn(2, 3, 33, 29, generator=generator).contiguous(memory_format=memory_format)
        alpha = torch.rand(2, 1, 33, 29, generator=generator).round()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16-mixed"):
            loss = DeepSupervision(BoundaryRMSE())(net(image), {"alpha": alpha})["loss"]
        loss.backward()
    return loss


@pytest.mark.parametrize("network, passes", [pytest.param("u2net", 1, marks=pytest.mark.slow), ("u2netp", 2)])
@pytest.mark.parametrize(
    "precision, order",
    [
        pytest.param("32-true", torch.contiguous_format, marks=pytest.mark.slow),  # float32 of this order takes seconds
        ("bf16-mixed", torch.channels_last),
    ],
)
def test_bit_equal_to_the_step_that_keeps_everything(network, passes, precision, order):
    torch.manual_seed(0)
    expected = NETWORKS[network]()
    net = copy.deepcopy(expected)
    net.recompute_blocks(net.blocks)
    assert step(net, precision, order, passes).item() == step(expected, precision, order, passes).item()
    assert differing(net, expected) == []
    assert net.stage1.rebnconv1.bn_s1.num_batches_tracked.item() == passes


def test_computed_twice_only_for_a_backward_pass():
    block, features = Block(), torch.rand(2, 2, 4, 4)
    recomputed(block, features).sum().backward()
    assert block.calls == 2
    with torch.no_grad():
        recomputed(block, features)
    assert block.calls == 3
    recomputed(block.eval(), features).sum().backward()
    assert block.calls == 4


def test_nothing_is_kept_but_the_features():
    block, features, kept = Block(), torch.rand(2, 2, 4, 4), []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        recomputed(block, features)
    assert [tensor.data_ptr() for tensor in kept if tensor.numel()] == [features.data_ptr()]


def test_behind_an_entrance():
    block, one, two = Block(), torch.rand(2, 2, 4, 4, requires_grad=True), torch.rand(2, 2, 4, 4, requires_grad=True)
    same = copy.deepcopy(block)
    recomputed(block, one, two, entrance=torch.maximum).sum().backward()
    same(torch.maximum(one.detach(), two.detach())).sum().backward()
    assert differing(block, same) == []
    assert one.grad.abs().sum() > 0
    assert two.grad.abs().sum() > 0


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_running_statistics_of_a_broken_batch_are_those_of_the_plain_step(value):
    """As after an overflow in float16, where the scaler skips the optimizer's step and training goes on."""
    block, features = Block(), torch.rand(2, 2, 4, 4)
    features[0, 0, 0, 0] = value
    same = copy.deepcopy(block)
    recomputed(block, features).sum().backward()
    same(features).sum().backward()
    for name, buffer in block.named_buffers():
        torch.testing.assert_close(buffer, dict(same.named_buffers())[name], rtol=0, atol=0, equal_nan=True)


def test_second_backward_pass_through_one_graph():
    block, features = Block(), torch.rand(2, 2, 4, 4)
    buffers = block.norm.running_mean, block.norm.num_batches_tracked
    loss = recomputed(block, features).sum()
    loss.backward(retain_graph=True)
    once = block.conv.weight.grad.clone()
    loss.backward()
    assert torch.equal(block.conv.weight.grad, 2 * once)
    assert block.norm.num_batches_tracked.item() == 1
    # The same tensors as before, which DistributedDataParallel holds too.
    assert block.norm.running_mean is buffers[0]
    assert block.norm.num_batches_tracked is buffers[1]


@pytest.mark.parametrize("frozen", [True, False])
def test_batch_norm_in_eval_mode_within_a_block_in_train_mode(frozen):
    block, features = Block(), torch.rand(2, 2, 4, 4)
    block.norm.running_mean.fill_(0.3)
    block.norm.train(not frozen)
    same = copy.deepcopy(block)
    recomputed(block, features).sum().backward()
    same(features).sum().backward()
    assert differing(block, same) == []
    assert (block.norm.running_mean == 0.3).all().item() == frozen


@pytest.mark.parametrize("how", ["none", "most", "all"])
def test_choose(how):
    net = u2netp()
    set_recomputation(net, "all")
    set_recomputation(net, how)
    entered = []
    for name in net.blocks:
        # Of its first layer: a recomputation ends inside the block, as soon as all that was dropped is there again.
        net.get_submodule(name).rebnconvin.register_forward_hook(lambda *_, name=name: entered.append(name))
    sum(logits.mean() for logits in net(torch.rand(2, 3, 33, 33)).values()).backward()
    expected = {"none": (), "most": net.most, "all": net.blocks[:-1]}[how]
    assert [name for name in net.blocks if entered.count(name) == 2] == list(expected)


def test_choose_another_network():
    set_recomputation(Network(), "none")
    with pytest.raises(InputError, match=r"recompute=most: Network .* none"):
        set_recomputation(Network(), "most")
    with pytest.raises(InputError, match=r"recompute=some .*none, most, all"):
        set_recomputation(u2netp(), "some")


def test_most_by_hand():
    found = [BlockCost("a", 60, 30), BlockCost("b", 30, 5), BlockCost("c", 10, 1), BlockCost("last", 500, 1)]
    assert recompute.SHARE == 0.75
    assert most(found) == ("c", "b", "a")  # 10 and 40 of 100 are less than 75
    assert most([BlockCost("a", 80, 30), BlockCost("b", 20, 30), BlockCost("last", 500, 1)]) == ("a",)


@pytest.mark.parametrize("name", [pytest.param("u2net", marks=pytest.mark.slow), "u2netp"])
def test_most_is_what_the_measurement_says(name):
    build = NETWORKS[name]
    found = costs(build, size=64)
    assert set(most(found)) == set(build().most)


def test_costs_by_hand():
    first, *_, last = costs(u2netp, size=64, device="cpu")
    assert (first.block, last.block) == ("stage1", "stage1d")
    # Pairs of channels: on top in, level 1 down and up; then a level down and one up at each size; then the bottom.
    top, below = 3 * 64 + 64 * 16 + 32 * 64, 16 * 16 + 32 * 16
    pixels = 32**2 + 16**2 + 8**2 + 4**2 + 2**2
    assert first.flops == 2 * 9 * (top * 64**2 + below * pixels + 16 * 16 * 2**2)
    # Maps: two for each convolution, before normalisation and after ReLU, and what enters the ones on the way up; of
    # the last layer ReLU's own; halved maps. Statistics: mean and deviation, 2 for each channel.
    outputs = (64 + 16 + 64) * 64**2 + (16 + 16) * pixels + 16 * 2**2
    joined = 32 * (64**2 + pixels)
    halved = 16 * pixels
    statistics = 2 * (64 + 16 + 64 + 5 * 32 + 16)
    assert first.kept == 4 * (2 * outputs + joined + halved + statistics)
