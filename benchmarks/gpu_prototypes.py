"""Changes that would make a training step shorter, as prototypes: none of them is in the package.

Each leaves the arithmetic of a step as it is, but for rounding; none of them saves or loads weights.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from unittest import mock

import torch
import torch.nn.functional as F
from gpu_step import Choice, Step
from torch import Tensor, nn

from portrait_matting.models import u2net

CHANGES = {
    "biases": "no biases before batch norm",
    "weights": "weights cast once a step, float32 masters",
    "counter": "no counter of batches",
    "pool": "max-pool keeps its indices",
    "sides": "side outputs resized in half",
    "zeros": "gradients zeroed, not dropped",
}
# Without what costs more than it brings: the backward pass of `sides` takes three to four times as long in bfloat16 on
# an H200, and `zeros` moves a gradient once more.
TOGETHER = ("biases", "weights", "counter", "pool")
COMPILED = {
    "network": "torch.compile, network alone",
    "step": "torch.compile, network and loss",
    "overhead": "torch.compile, network and loss, reduce-overhead",
}


class ChangedStep(Step):
    """A `Step` with `changes` of CHANGES, compiled as one of COMPILED says; to be called inside `patched(changes)`."""

    def __init__(
        self,
        choice: Choice,
        device: str,
        changes: tuple[str, ...] = (),
        compiled: str = "",
        backend: str = "inductor",
    ) -> None:
        super().__init__(replace(choice, compile=None), device)
        self.changes = changes
        self.masters: list[nn.Parameter] = []  # what the optimizer has, where the network's weights are in half
        self.halves: list[nn.Parameter] = []
        self._alike: list[list[int]] = []
        for block in self.module.net.modules():
            if isinstance(block, u2net.ConvBNReLU):
                if "biases" in changes:
                    block.conv_s1.bias = None
                if "counter" in changes:
                    block.bn_s1.num_batches_tracked = None
        if "weights" in changes:
            self._halve_weights(torch.float16 if choice.precision == "16-mixed" else torch.bfloat16)
        self.overhead = compiled == "overhead" and backend == "inductor"
        self.forward = self._forward
        if compiled == "network":
            self.module.net.compile(backend=backend, dynamic=False)
        elif compiled:
            how = {"mode": "reduce-overhead"} if self.overhead else {"backend": backend}
            self.forward = torch.compile(self._forward, dynamic=False, **how)
        tensors = [*self.module.net.state_dict().values(), *self.masters]
        self._first = [(tensor, tensor.detach().to("cpu", copy=True)) for tensor in tensors]

    def _halve_weights(self, dtype: torch.dtype) -> None:
        """Puts the convolutions' weights into half; their masters stay with the optimizer, which was built for them."""
        for conv in self.module.net.modules():
            if not isinstance(conv, nn.Conv2d):
                continue
            for name, master in list(conv.named_parameters(recurse=False)):
                half = nn.Parameter(master.detach().to(dtype))
                setattr(conv, name, half)
                master.grad = torch.empty_like(master)
                self.masters.append(master)
                self.halves.append(half)

    def _forward(self, image: Tensor, alpha: Tensor) -> Tensor:
        outputs = self.module.net(image.contiguous(memory_format=self.module.memory_format))
        return self.module.loss(outputs, {"image": image, "alpha": alpha})["loss"]

    def loss(self, image: Tensor, alpha: Tensor) -> Tensor:
        with self.precision.forward_context():
            return self.forward(image, alpha)

    def __call__(self, image: Tensor, alpha: Tensor) -> Tensor:
        if self.overhead:  # its graphs write over what the last step left
            torch.compiler.cudagraph_mark_step_begin()
            self.drop()
        loss = self.loss(image, alpha)
        self.drop()  # between the two passes, as Lightning does
        (self.scaler.scale(loss) if self.scaler else loss).backward()
        self._to_masters()
        if self.scaler:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            self.optimizer.step()
        if self.masters:
            with torch.no_grad():
                torch._foreach_copy_(self.halves, self.masters)
        return loss.detach().clone() if self.overhead else loss.detach()

    def drop(self) -> None:
        """Drops the gradients, but not those of the masters, which are written over."""
        if self.masters:
            for weight in self.module.net.parameters():
                weight.grad = None
        else:
            self.optimizer.zero_grad(set_to_none="zeros" not in self.changes)

    def _to_masters(self) -> None:
        if not self.masters:
            return
        if not self._alike:  # by strides: one tensor that differs sends all the others the slow way
            strides = [half.grad.stride() == master.grad.stride() for half, master in self._pairs()]
            groups = ([index for index, same in enumerate(strides) if same == alike] for alike in (True, False))
            self._alike = [group for group in groups if group]
        pairs = self._pairs()
        for group in self._alike:
            masters, halves = ([pairs[index][side].grad for index in group] for side in (1, 0))
            torch._foreach_copy_(masters, halves)

    def _pairs(self) -> list[tuple[nn.Parameter, nn.Parameter]]:
        return list(zip(self.halves, self.masters, strict=True))

    @torch.no_grad()
    def restart(self) -> None:
        """Brings back weights and optimizer as they were before the first step, in the tensors that there are."""
        for tensor, first in self._first:
            tensor.copy_(first)
        for state in self.optimizer.state.values():
            for value in state.values():
                if isinstance(value, Tensor):
                    value.zero_()


@contextlib.contextmanager
def patched(changes: tuple[str, ...]) -> Iterator[None]:
    """Puts those of `changes` that are functions of the network's module into it, while entered."""
    with contextlib.ExitStack() as stack:
        if "sides" in changes:
            stack.enter_context(mock.patch.object(u2net, "_interpolate", _interpolate))
        if "pool" in changes:
            stack.enter_context(mock.patch.object(u2net, "halve", _halve))
        yield


def _interpolate(features: Tensor, like: Tensor) -> Tensor:
    with torch.autocast(features.device.type, enabled=False):
        return F.interpolate(features, size=like.shape[-2:], mode="bilinear", align_corners=False)


def _halve(features: Tensor) -> Tensor:
    return F.max_pool2d(features, 2, stride=2, ceil_mode=True)
