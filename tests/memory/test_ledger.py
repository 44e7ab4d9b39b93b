import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from portrait_matting.memory.ledger import Ledger


def test_bytes_are_counted_while_they_are_held():
    with Ledger() as ledger:
        first = torch.zeros(10)
        second = first + 1
        assert (ledger.now, ledger.peak) == (80, 80)
        del first
        assert (ledger.now, ledger.peak) == (40, 80)
        second = second.double()  # old and new at once
        assert (ledger.now, ledger.peak) == (80, 120)
    del second
    assert (ledger.now, ledger.peak) == (0, 120)


def test_a_storage_counts_once_and_as_long_as_one_view_of_it_lives():
    with Ledger() as ledger:
        base = torch.zeros(4, 8)
        row = base.view(8, 4).t()[0]
        base.add_(1)
        assert ledger.now == 128
        del base
        assert ledger.now == 128
        del row
        assert ledger.now == 0


def test_what_was_there_before_counts_when_it_is_added():
    before = torch.zeros(16)
    with Ledger() as ledger:
        _ = before.view(4, 4)  # a view is returned by an operator
        ledger.add(before, before.view(2, 8))
    assert ledger.now == 64
    ledger = Ledger()
    ledger.add(before)
    assert (ledger.now, ledger.peak) == (64, 64)


def test_a_storage_that_grows_is_counted_anew():
    with Ledger() as ledger:
        out = torch.empty(0)
        torch.add(torch.ones(6), 1, out=out)
        assert ledger.now == 24


@pytest.mark.parametrize("elements, held", [(0, 0), (1, 512), (128, 512), (129, 1024)])
def test_a_card_gives_blocks_of_512_bytes(elements, held):
    with Ledger("cuda") as ledger:
        tensor = torch.empty(elements)
    assert ledger.now == held
    assert tensor.numel() == elements


def test_what_autograd_keeps_is_held_until_the_backward_pass():
    weight = torch.ones(100, requires_grad=True)
    with Ledger() as ledger:
        value = weight.exp().sum()  # exp keeps its result
        assert ledger.now == 400 + 4
        value.backward()
        del value
        assert ledger.now == 400  # the gradient


def test_all_results_of_an_operator_count():
    with Ledger() as ledger:
        values, indices = torch.zeros(8).sort()
        assert ledger.now == values.nbytes + indices.nbytes == 8 * 4 + 8 * 8


@pytest.mark.parametrize("kind", [FakeTensorMode, lambda: torch.device("cpu")], ids=["fake", "real"])
def test_fake_tensors_hold_what_real_ones_would(kind):
    def run():
        net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(2))
        net(torch.empty(2, 3, 18, 18)).square().sum().backward()
        return net

    ledger = Ledger()
    with kind(), ledger:
        net = run()
    parameters = 8 * 3 * 9 + 8 + 2 * 8
    assert ledger.now == 4 * (2 * parameters + 2 * 8) + 8  # weights, gradients, statistics, their count
    assert ledger.peak > 4 * 2 * 2 * 8 * 16 * 16
    assert net[0].weight.grad is not None


def test_the_kernel_of_batch_norm_holds_a_cpu_gradient_twice():
    peaks = {}
    for device in ("cpu", "cuda"):
        norm, features = nn.BatchNorm2d(4), torch.randn(2, 4, 64, 64, requires_grad=True)
        with Ledger(device) as ledger:
            value = norm(features).sum()
            ledger.peak = ledger.now
            value.backward()
        peaks[device] = ledger.peak
    assert peaks["cpu"] - peaks["cuda"] == pytest.approx(features.nbytes, rel=0.05)
