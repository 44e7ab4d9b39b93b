import pytest
from torch import nn

from portrait_matting.errors import InputError
from portrait_matting.memory.flops import step_flops
from portrait_matting.models.network import Network
from portrait_matting.models.u2net import u2netp


class OneConvolution(Network):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3, padding=1)

    def forward(self, image):
        return {"matte": self.conv(image)}


def test_flops_worked_by_hand():
    forward = 2 * 128 * 128 * 3 * 5 * 9
    assert step_flops(OneConvolution, "none") == 2 * forward  # and the weights' gradient; the image needs none


def test_a_network_without_blocks_cannot_recompute():
    with pytest.raises(InputError, match="no blocks"):
        step_flops(OneConvolution, "all")


@pytest.mark.slow
def test_recomputation_repeats_less_than_the_forward_pass():
    none, most, every = (step_flops(u2netp, recompute) for recompute in ("none", "most", "all"))
    # The forward pass is a third of all: 39.5 GFLOP at 320 pixels, as counted for conf/model/u2netp.yaml
    assert none == pytest.approx(3 * 39.5e9 * (128 / 320) ** 2, rel=0.01)
    assert none < most <= every < none * 4 / 3 * 1.001
