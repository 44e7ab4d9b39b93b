"""What a network is to the rest of the package: what it returns, and what it says of itself. All else asks it here."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from portrait_matting.errors import InputError
from portrait_matting.images.network_input import DEFAULT, Normalisation

MATTE = "matte"
"""The output that is the result; all others are for the loss."""
LEAST_SIDE = 16
"""Pixels of an input's side, at least."""


class ForeignWeights(NamedTuple):
    """Weights of another project's file, as one of our networks takes them.

    Args:
        model: the model group of a recipe that builds the network: `_target_`, its arguments, `normalisation`.
        state: its state dict.
        input_size: side in pixels that they were trained at.
    """

    model: dict[str, Any]
    state: dict[str, Tensor]
    input_size: int


class Network(nn.Module):
    """A network: image float (B, 3, H, W), normalised as it says, to named outputs.

    `forward` returns a dict of tensors. "matte" is the result, logits (B, 1, H, W) at the size of the image. Others
    have names of their own, which losses and dashboards use, and may have sizes of their own.

    A subclass says in its body what is not as here:

    - `normalisation`: the name of one of `images.network_input.NORMALISATIONS`, or a `Normalisation`.
    - `multiple`: the sides of an image are multiples of so many pixels.
    - `blocks`, `most`: its blocks that can be computed again in the backward pass, in the order in which they are
      computed, and those of them that save most for it; then `recompute_blocks` does so.
    - `parameter_groups`: where its parts learn at rates of their own.
    - `foreign_weights`: the files of other projects that it can read.
    """

    normalisation: str | Normalisation = DEFAULT
    multiple: int = 1
    blocks: tuple[str, ...] = ()
    most: tuple[str, ...] = ()

    def recompute_blocks(self, names: Collection[str]) -> None:
        """Keeps nothing inside the blocks `names` for the backward pass and computes them again there; () keeps all.

        Raises:
            InputError: a name that is not in `blocks`.
        """
        if unknown := sorted(set(names) - set(self.blocks)):
            has = f"its blocks are {', '.join(self.blocks)}" if self.blocks else "it has none"
            raise InputError(f"{type(self).__name__} has no block {unknown[0]!r}: {has}")

    def parameter_groups(self) -> list[dict[str, Any]]:
        """What an optimizer is built with: groups of parameters, in which `lr_scale` is a factor on the rate."""
        return [{"params": list(self.parameters())}]

    @classmethod
    def foreign_weights(cls, state: Mapping[str, Tensor]) -> ForeignWeights | None:
        """The weights of another project's state dict, or None where it is not of this network."""
        return None


def check_input_size(net: Network, input_size: int, key: str = "hardware.input_size=") -> None:
    """Refuses a side of the input, in pixels, that the network does not take.

    Raises:
        InputError: it is too small, or no multiple of the network's.
    """
    least = -(-LEAST_SIDE // net.multiple) * net.multiple
    if input_size < least:
        raise InputError(f"{key}{input_size} is too small: choose at least {least}")
    if input_size % net.multiple:
        below = input_size // net.multiple * net.multiple
        near = [size for size in (below, below + net.multiple) if size >= least]
        raise InputError(
            f"{key}{input_size} is no multiple of {net.multiple}, which {type(net).__name__} needs: choose "
            f"{' or '.join(map(str, near))}"
        )


@torch.no_grad()
def trial_outputs(net: Network, side: int) -> dict[str, Tensor]:
    """What the network makes of two black images of `side` pixels in the mode that it is in, once it has been checked
    that this and what it makes in eval mode is what a network returns. It is afterwards as before.

    Raises:
        InputError: no dict of tensors, or no "matte" of one channel at the size of the image.
    """
    modes = {module: module.training for module in net.modules()}
    buffers = {name: buffer.clone() for name, buffer in net.named_buffers()}
    device = next(net.parameters(), torch.empty(0)).device
    image = torch.zeros(2, 3, side, side, device=device)  # one alone has no statistics where the deepest map is a pixel
    try:
        with torch.random.fork_rng():
            outputs = net(image)
            for made in (outputs, net.eval()(image)):
                _check_outputs(net, made, side)
    finally:
        for module, training in modes.items():
            module.training = training
        for name, buffer in net.named_buffers():
            buffer.copy_(buffers[name])
    return dict(outputs)


def _check_outputs(net: Network, outputs: Any, side: int) -> None:
    name = type(net).__name__
    if not (isinstance(outputs, Mapping) and all(isinstance(value, Tensor) for value in outputs.values())):
        raise InputError(f"{name} returns a {type(outputs).__name__}: a network returns a dict of named tensors")
    if MATTE not in outputs:
        raise InputError(f"{name} returns {', '.join(outputs)}: one of its outputs has to be {MATTE!r}")
    if outputs[MATTE].shape != (2, 1, side, side):
        raise InputError(
            f"{name}'s matte is {tuple(outputs[MATTE].shape)} for two images of {side} px: it has to be (B, 1, H, W)"
        )


def trainable_groups(net: Network) -> list[dict[str, Any]]:
    """`net.parameter_groups()` without the parameters that are frozen, and without groups that are empty then.

    Raises:
        InputError: a trainable parameter is in no group, or in two.
    """
    groups = [
        {**group, "params": [parameter for parameter in group["params"] if parameter.requires_grad]}
        for group in net.parameter_groups()
    ]
    counted = [id(parameter) for group in groups for parameter in group["params"]]
    wanted = {id(parameter): name for name, parameter in net.named_parameters() if parameter.requires_grad}
    if len(counted) != len(set(counted)) or set(counted) != set(wanted):
        astray = [name for key, name in wanted.items() if counted.count(key) != 1] or ["a parameter of another module"]
        raise InputError(f"parameter_groups of {type(net).__name__}: {astray[0]} is not in one group exactly")
    return [group for group in groups if group["params"]]
