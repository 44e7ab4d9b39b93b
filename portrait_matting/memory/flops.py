"""What a training step computes, counted without computing it."""

from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from portrait_matting.models.recompute import choose

_SIDE = 128  # pixels: a multiple of 32, which U²-Net halves without a remainder


def step_flops(net: Callable[[], nn.Module], recompute: str) -> int:
    """FLOPs of the forward, backward and repeated passes of one image of 128² pixels, counted on the meta device.

    Convolutions and matrix products count, two FLOPs for a multiplication with its addition; the rest is little.

    Raises:
        InputError: the network has no blocks to recompute.
    """
    with torch.device("meta"):
        network, image = net(), torch.empty(1, 3, _SIDE, _SIDE)
    choose(network, recompute)
    with FlopCounterMode(display=False) as counter:
        outputs = network(image)
        sum(output.sum() for output in outputs).backward()
    return counter.get_total_flops()
