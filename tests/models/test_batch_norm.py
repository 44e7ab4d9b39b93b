import copy
import pickle

import pytest
import torch
from torch import nn

from portrait_matting.errors import InputError
from portrait_matting.models.batch_norm import (
    FrozenBatchNorm2d,
    accumulated_momentum,
    check_single_image,
    set_batch_norm,
)
from portrait_matting.models.u2net import u2net, u2netp


def norm_and_its_net():
    net = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Sequential(nn.BatchNorm2d(1)))
    return net[1][0], net


def batch(*values):
    """One image of one channel with these pixels."""
    return torch.tensor(values).view(1, 1, 1, -1)


@pytest.mark.parametrize("momentum, accumulate, expected", [(0.1, 1, 0.1), (0.19, 2, 0.1), (0.271, 3, 0.1)])
def test_momentum_by_hand(momentum, accumulate, expected):
    """0.9² = 0.81, 0.9³ = 0.729."""
    assert accumulated_momentum(momentum, accumulate) == pytest.approx(expected)


def test_accumulated_forgets_as_one_update_of_the_whole():
    """Four passes over the same images leave the running statistics where one pass leaves them."""
    once, often = nn.BatchNorm2d(1), nn.BatchNorm2d(1)
    set_batch_norm(often, "accumulated", 4)
    once(batch(1.0, 3.0))
    for _ in range(4):
        often(batch(1.0, 3.0))
    # mean 2, variance 2 (of two values, unbiased): 0.9 * 0 + 0.1 * 2, 0.9 * 1 + 0.1 * 2
    assert (once.running_mean.item(), once.running_var.item()) == pytest.approx((0.2, 1.1))
    assert (often.running_mean.item(), often.running_var.item()) == pytest.approx((0.2, 1.1))


def test_accumulated_leaves_the_plain_mean_alone():
    norm = nn.BatchNorm2d(1, momentum=None)
    set_batch_norm(norm, "accumulated", 4)
    assert norm.momentum is None


@pytest.mark.parametrize("how", ["batch", "synchronised"])
def test_nothing_changes(how):
    net = u2netp()
    before = repr(net)
    set_batch_norm(net, how, 8)
    assert repr(net) == before


def test_frozen_by_hand():
    norm, net = norm_and_its_net()
    norm.running_mean.fill_(2.0)
    norm.running_var.fill_(4.0)
    with torch.no_grad():
        norm.weight.fill_(3.0)
    set_batch_norm(net, "frozen")
    net.train()
    found = net[1](batch(2.0, 6.0))
    assert net.training
    assert found.flatten().tolist() == pytest.approx([0.0, 3 * (6 - 2) / 2], abs=1e-4)
    assert (norm.running_mean.item(), norm.running_var.item(), norm.num_batches_tracked.item()) == (2.0, 4.0, 0)


def test_frozen_still_learns_scale_and_shift():
    norm, net = norm_and_its_net()
    set_batch_norm(net, "frozen")
    net.train()[1](batch(2.0, 6.0)).sum().backward()
    assert norm.weight.grad.item() == pytest.approx(8.0, abs=1e-3)  # the sum of what is scaled
    assert norm.bias.grad.item() == 2.0


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_frozen_survives_copies(again):
    net = norm_and_its_net()[1]
    set_batch_norm(net, "frozen")
    norm = again(net).train()[1][0]
    assert isinstance(norm, FrozenBatchNorm2d)
    assert not norm.training


def test_frozen_network_keeps_its_keys():
    net = u2netp()
    keys = list(net.state_dict())
    set_batch_norm(net, "frozen")
    assert list(net.state_dict()) == keys
    statistics = {name: buffer.clone() for name, buffer in net.named_buffers()}
    sum(logits.mean() for logits in net.train()(torch.rand(1, 3, 32, 32)).values()).backward()
    assert all(torch.equal(buffer, statistics[name]) for name, buffer in net.named_buffers())
    assert net.stage1.rebnconv1.bn_s1.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    "net, how, accumulate, wrong",
    [
        (nn.BatchNorm2d(1), "group", 1, "batch_norm=group .*frozen"),
        (nn.BatchNorm2d(1), "accumulated", 0, "accumulate=0"),
        (nn.BatchNorm1d(1), "frozen", 1, "BatchNorm1d"),
    ],
)
def test_what_may_be_wrong(net, how, accumulate, wrong):
    with pytest.raises(InputError, match=wrong):
        set_batch_norm(net, how, accumulate)


@pytest.mark.parametrize("build", [u2netp, u2net])
@pytest.mark.parametrize(
    "how, side, fits",
    [("batch", 32, False), ("accumulated", 16, False), ("frozen", 32, True), ("batch", 33, True), ("batch", 64, True)],
)
def test_one_image_whose_deepest_map_is_a_pixel_is_refused(how, side, fits, build):
    net = build()
    weight = next(net.parameters())
    if fits:
        check_single_image(net, how, side)
    else:
        with pytest.raises(InputError, match=rf"batch_size=1 at hardware\.input_size={side} .*batch_size=2"):
            check_single_image(net, how, side)
    assert weight.device.type == "cpu"
    assert next(net.parameters()) is weight
