"""Activation checkpointing: what a block computes is dropped after the forward pass and computed again for the
backward pass. After Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016, arXiv 1604.06174.

Values, gradients and running statistics are, bit for bit, those of the step that keeps everything.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from portrait_matting.errors import InputError
from portrait_matting.models.network import Network

CHOICES = ("none", "most", "all")
SHARE = 0.75
"""Of the bytes that "all" saves, what "most" has to reach. The full U²-Net gets there with 38 % of the FLOPs of its
forward pass (all: 82 %); from there on a FLOP saves a quarter of the bytes, or less, that it saves in stage1. The lite
one gets there with its way down, 28 % (all: 46 %); stage2d on top would take it to 94 %, nearly all."""


def recomputed(block: nn.Module, *features: Tensor, entrance: Callable[..., Tensor] | None = None) -> Tensor:
    """Runs block(*features), or block(entrance(*features)), and keeps nothing for the backward pass but `features`.

    Only where there will be a backward pass: in eval mode and without gradients this is the call alone. The running
    statistics of the block's batch normalisations are updated once. The block must not draw random numbers: their
    state is not kept, since that would stop the device to read it.
    """
    run = _Entered(block, entrance) if entrance else block
    if not (block.training and torch.is_grad_enabled()):
        return run(*features)
    # A compiler sees to it itself that a buffer is written once, and refuses a context of Python.
    context = {} if torch.compiler.is_compiling() else {"context_fn": lambda: (nullcontext(), _StatisticsKept(block))}
    return checkpoint(run, *features, use_reentrant=False, preserve_rng_state=False, **context)


def choices(net: Network) -> list[str]:
    """Of `CHOICES`, those that the network can do: a network without blocks only "none"."""
    return list(CHOICES) if net.blocks else ["none"]


def set_recomputation(net: Network, how: str) -> None:
    """Makes `net` recompute none of its blocks, most (those that `net.most` names) or all but the last.

    The backward pass begins with the last block, while all that the others keep is still held: to compute it again
    would cost FLOPs and lower no peak.

    Raises:
        InputError: `how` is none of `CHOICES`, or the network has no blocks.
    """
    if how not in CHOICES:
        raise InputError(f"hardware.recompute={how} is unknown: choose one of {', '.join(CHOICES)}")
    if how != "none" and not net.blocks:
        raise InputError(f"hardware.recompute={how}: {type(net).__name__} has no blocks to recompute; choose none")
    net.recompute_blocks({"none": (), "most": net.most, "all": net.blocks[:-1]}[how])


class BlockCost(NamedTuple):
    """What one block keeps for the backward pass, and what it takes to compute it again."""

    block: str
    kept: int  # bytes, its input included: a halved or a joined map, kept for nobody else
    flops: int  # of its convolutions, two for a multiplication and its addition


def costs(build: Callable[[], Network], size: int = 288, batch: int = 1, device: str = "meta") -> list[BlockCost]:
    """The cost of each block of the network, in its order, on float32 images of side `size`.

    The device meta computes shapes alone.
    """
    with torch.device(device):
        net, image = build(), torch.empty(batch, 3, size, size)
    net.recompute_blocks(())
    known = {tensor.untyped_storage()._cdata for tensor in (*net.parameters(), *net.buffers(), image)}
    inside, storages = [], {name: [] for name in net.blocks}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if inside and storage._cdata not in known:
            known.add(storage._cdata)
            storages[inside[-1]].append(storage)
        return tensor

    for name in net.blocks:
        net.get_submodule(name).register_forward_pre_hook(lambda block, features, name=name: inside.append(name))
        net.get_submodule(name).register_forward_hook(lambda block, features, output: inside.clear())
    flops = FlopCounterMode(display=False)
    with flops, torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        net(image)
    counts = {name: flops.get_flop_counts()[f"{type(net).__name__}.{name}"] for name in net.blocks}
    kept = {name: sum(storage.nbytes() for storage in storages[name]) for name in net.blocks}
    return [BlockCost(name, kept[name], sum(counts[name].values())) for name in net.blocks]


def most(block_costs: list[BlockCost]) -> tuple[str, ...]:
    """The blocks with the most bytes per FLOP that together hold `SHARE` of the bytes of all but the last."""
    chosen, total = [], sum(cost.kept for cost in block_costs[:-1])
    for cost in sorted(block_costs[:-1], key=lambda cost: cost.kept / cost.flops, reverse=True):
        if sum(taken.kept for taken in chosen) >= SHARE * total:
            break
        chosen.append(cost)
    return tuple(cost.block for cost in chosen)


class _Entered:
    """A block behind its entrance, as one function."""

    def __init__(self, block: nn.Module, entrance: Callable[..., Tensor]) -> None:
        self.block, self.entrance = block, entrance

    def __call__(self, *features: Tensor) -> Tensor:
        return self.block(self.entrance(*features))


class _StatisticsKept:
    """A context that leaves the running statistics of a block as they were; it can be entered again, as a second
    backward pass through the same graph does.

    Inside, copies take their place. (None instead would change the number of tensors that batch normalisation keeps,
    by which a checkpoint tells them apart; writing the old values back would touch tensors that autograd watches.)
    """

    def __init__(self, block: nn.Module) -> None:
        self.block = block

    def __enter__(self) -> None:
        norms = [norm for norm in self.block.modules() if isinstance(norm, _BatchNorm) and norm.training]
        self.own = [(norm, name, buffer) for norm in norms for name, buffer in norm.named_buffers(recurse=False)]
        for norm, name, buffer in self.own:
            setattr(norm, name, buffer.clone())

    def __exit__(self, *exception: object) -> None:
        for norm, name, buffer in self.own:
            setattr(norm, name, buffer)
