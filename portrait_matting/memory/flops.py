"""What a training step computes, counted without computing it."""

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from portrait_matting.models.network import Network
from portrait_matting.models.recompute import set_recomputation

_SIDE = 128  # pixels, or the next multiple of the network's: a power of two, which it halves without a remainder


def step_flops(net: Callable[[], Network], recompute: str) -> int:
    """FLOPs of the forward, backward and repeated passes of one image of 128² pixels or so, counted on the meta device.

    Convolutions and matrix products count, two FLOPs for a multiplication with its addition; the rest is little.

    Raises:
        InputError: the network has no blocks to recompute.
    """
    with torch.device("meta"):
        network = net()
        side = -(-_SIDE // network.multiple) * network.multiple
        image = torch.empty(1, 3, side, side)
    set_recomputation(network, recompute)
    with FlopCounterMode(display=False) as counter:
        outputs = network(image)
        sum(output.sum() for output in outputs.values()).backward()
    return counter.get_total_flops()
