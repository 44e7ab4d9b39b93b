"""The peak memory of a training step, predicted from the shapes of its tensors: without data, without a card."""

import copy
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.optim import Optimizer
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from portrait_matting.errors import InputError
from portrait_matting.memory.ledger import Ledger
from portrait_matting.models.network import Network
from portrait_matting.models.optimizer import build_optimizer
from portrait_matting.models.recompute import set_recomputation

HALF = {"32-true": None, "16-mixed": torch.float16, "bf16-mixed": torch.bfloat16}
DEVICES = ("cpu", "cuda")


@dataclass(frozen=True)
class Footprint:
    """Bytes of a training step in the steady state, that is with the optimizer's state and the last step's gradients.

    Args:
        peak: the most that is held at any time of a step, all of the below and the batch included.
        parameters: weights and buffers of the network.
        gradients: of the weights, after the backward pass.
        optimizer_state: momenta and the like.
        activations: what the forward pass leaves for the backward pass.
    """

    peak: int
    parameters: int
    gradients: int
    optimizer_state: int
    activations: int


def footprint(
    net: Callable[[], Network],
    loss: nn.Module,
    optimizer: Callable[..., Optimizer],
    batch_size: int,
    input_size: int,
    precision: str,
    recompute: str = "none",
    device: str = "cuda",
    channels_last: bool = True,
    accumulate: int = 1,
) -> Footprint:
    """The memory of a step as MattingModule and Lightning's Trainer make it, in one process.

    The step runs once, on FakeTensors, which have shapes but no numbers, and a Ledger counts them. They are CPU tensors
    whatever `device` is, so that any build of torch will do; for "cuda", `on_cuda` gives them a card's ways.

    What no tensor holds is not seen: the CUDA context, workspaces of cuDNN and oneDNN, what an allocator cannot use for
    lying in pieces. Nor are the few scalars of a gradient scaler, or what torch.compile does not keep.

    Args:
        net: builds the network, image (B, 3, S, S) to named outputs.
        loss: outputs and batch to {"loss": scalar, …}; a copy of it is used.
        optimizer: groups of parameters and `lr` to an optimizer.
        batch_size: B, the images of a forward pass.
        input_size: S, in pixels.
        precision: 32-true, 16-mixed or bf16-mixed.
        recompute: which blocks the network computes again: none, most, all.
        device: cuda, in the blocks of its allocator, or cpu.
        channels_last: keep images and weights in channels-last order.
        accumulate: forward passes of an optimizer step. With more than one, gradients are held all the time.

    Raises:
        InputError: for an unknown precision, device or recompute, or a number below 1.
    """
    for name, value, choices in (("precision", precision, HALF), ("device", device, DEVICES)):
        if value not in choices:
            raise InputError(f"{name} {value!r} has no footprint: choose one of {', '.join(choices)}")
    for name, value in (("batch_size", batch_size), ("input_size", input_size), ("accumulate", accumulate)):
        if value < 1:
            raise InputError(f"{name} {value} is too small for a footprint: choose at least 1")
    order = torch.channels_last if channels_last else torch.contiguous_format
    with torch.device("meta"):  # no time is spent on first values
        network = net().to(memory_format=order).train()
    set_recomputation(network, recompute)
    criterion = copy.deepcopy(loss)
    ledger = Ledger(device)
    with ExitStack() as stack:
        for mode in (FakeTensorMode(allow_non_fake_inputs=True), ledger, torch.enable_grad()):
            stack.enter_context(mode)
        network.to_empty(device="cpu")
        parameters = ledger.now
        criterion.to_empty(device="cpu")
        for weight in network.parameters():
            weight.grad = torch.empty_like(weight) if weight.requires_grad else None
        stateless = ledger.now
        updater = _as_chosen_on(device, build_optimizer(optimizer, network, lr=1e-3))
        updater.step()
        state = ledger.now - stateless
        # Adam makes a group's state first, and then a step like any other: that of the last group is there too late.
        if not isinstance(updater, torch.optim.Adam) or len(updater.param_groups) > 1:
            ledger.peak = ledger.now
            updater.step()
        update = ledger.peak - ledger.now  # what a step of the optimizer takes and gives back

        image = torch.empty(batch_size, 3, input_size, input_size)
        alpha = torch.empty(batch_size, 1, input_size, input_size)
        for mode in on_cuda() if device == "cuda" else ():
            stack.enter_context(mode)
        ledger.peak = before = ledger.now
        value = _forward(network, criterion, image, alpha, HALF[precision], order)
        activations = ledger.now - before
        if accumulate == 1:
            updater.zero_grad()  # between the two passes: there Lightning does it
        value.backward()
        del value
        peak = max(ledger.peak, ledger.now + update)
        with_gradients = ledger.now
        updater.zero_grad()
        return Footprint(peak, parameters, with_gradients - ledger.now, state, activations)


def _forward(
    network: Network,
    loss: nn.Module,
    image: Tensor,
    alpha: Tensor,
    half: torch.dtype | None,
    order: torch.memory_format,
) -> Tensor:
    with torch.autocast("cpu", half, enabled=half is not None, cache_enabled=False):  # as Lightning's MixedPrecision
        outputs = network(image.contiguous(memory_format=order))
        return loss(outputs, {"image": image, "alpha": alpha})["loss"]


def _as_chosen_on(device: str, optimizer: Optimizer) -> Optimizer:
    # Where it may choose, torch.optim updates all weights of a card together (foreach), with temporaries as large as
    # all of them. Not so FakeTensors, whose type it does not know.
    for group in optimizer.param_groups:
        if device == "cuda" and group.get("fused") is None and "foreach" in group and group["foreach"] is None:
            group["foreach"] = True
    return optimizer


def on_cuda() -> tuple[TorchFunctionMode, TorchDispatchMode]:
    """Modes under which CPU tensors take those ways of CUDA tensors that need other memory; for this thread alone."""
    return _Autocast(), _Slices()


class _Autocast(TorchFunctionMode):
    """CUDA's autocast where it differs from the CPU's for U²-Net: it resizes in float32, and leaves it to torch.cat to
    turn halves into floats, which needs no copy (the lists: pytorch/pytorch, aten/src/ATen/autocast_mode.h)."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.is_autocast_enabled("cpu"):
            if func is F.interpolate:
                return func(args[0].float(), *args[1:], **kwargs)
            if func is torch.cat:
                with torch.autocast("cpu", enabled=False):
                    return func(*args, **kwargs)
        return func(*args, **kwargs)


class _Slices(TorchDispatchMode):
    """Hands on the slices that `models.join` copies in the backward pass of a CPU, and of no other device."""

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: tuple[type, ...], args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is torch.ops.aten.clone.default and torch._C._current_graph_task_id() != -1:  # in a backward pass
            (features,) = args
            if features.nbytes < features.untyped_storage().nbytes():
                return features
        return func(*args, **(kwargs or {}))
