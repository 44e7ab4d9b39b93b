"""The networks that there are, held to what a network is. `two_scales` is one that is no U²-Net."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from portrait_matting.errors import InputError
from portrait_matting.models import registry
from portrait_matting.models.network import Network, trial_outputs

SPEC = importlib.util.spec_from_file_location("contract", Path(__file__).with_name("contract.py"))
contract = importlib.util.module_from_spec(SPEC)
sys.modules["contract"] = contract
SPEC.loader.exec_module(contract)


@pytest.fixture(autouse=True)
def _tests_are_importable(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)


class TestU2NetLite(contract.NetworkContract):
    target = "portrait_matting.models.u2net.u2netp"

    @pytest.mark.slow
    def test_it_is_planned(self, net):
        super().test_it_is_planned(net)


class TestTwoScales(contract.NetworkContract):
    target = "two_scales.TwoScales"
    arguments = {"width": 6, "activation": "silu"}  # noqa: RUF012


class TestTwoScalesByItsFunction(contract.NetworkContract):
    target = "two_scales.two_scales"


class WithFrozenPart(Network):
    """A part in eval mode, dropout, running statistics, and an output that exists in training alone."""

    def __init__(self):
        super().__init__()
        self.frozen = nn.BatchNorm2d(3).eval()
        self.norm, self.drop, self.conv = nn.BatchNorm2d(3), nn.Dropout(), nn.Conv2d(3, 1, 1)

    def forward(self, image):
        logits = self.conv(self.drop(self.norm(self.frozen(image + 1))))
        return {"matte": logits, "extra": logits} if self.training else {"matte": logits}


def test_a_trial_leaves_modes_statistics_and_random_state_as_they_were():
    net = WithFrozenPart()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.get_rng_state()
    assert list(trial_outputs(net, 32)) == ["matte", "extra"], "as in training"
    assert [net.training, net.frozen.training, net.norm.training] == [True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    "outputs, says",
    [
        (lambda image: image[:, :1], "returns a Tensor"),
        (lambda image: {"alpha": image[:, :1]}, "returns alpha: one of its outputs has to be 'matte'"),
        (lambda image: {"matte": image}, r"matte is \(2, 3, 32, 32\)"),
    ],
)
def test_what_is_no_network_is_refused(outputs, says):
    net = Network()
    net.forward = outputs
    with pytest.raises(InputError, match=says):
        trial_outputs(net, 32)


def test_a_module_that_cannot_be_imported_is_named(monkeypatch):
    monkeypatch.setenv(registry.VARIABLE, "no_such_module")
    with pytest.raises(InputError, match=r"no_such_module.*PORTRAIT_MATTING_NETWORKS"):
        registry.read_foreign({})
