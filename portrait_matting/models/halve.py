"""Max-pooling by two that keeps no indices for its backward pass."""

import torch
import torch.nn.functional as F
from torch import Tensor

POOL = ([2, 2], [2, 2], [0, 0], [1, 1], True)
"""Kernel, stride, padding, dilation, rounding up: any size passes, down to 1 px."""


def halve(features: Tensor) -> Tensor:
    """Max-pools (B, C, H, W) to (B, C, ceil(H / 2), ceil(W / 2)), in the values and gradients of F.max_pool2d.

    F.max_pool2d keeps for each of its outputs an index of 8 bytes: as much as the whole map that it halves, in
    bfloat16. They are a tenth of what a U²-Net keeps. Here they are found again in the backward pass, from the map,
    which is kept for others anyway.
    """
    # torch.compile keeps indices of one byte by itself.
    if torch.is_grad_enabled() and not torch.compiler.is_compiling():
        return _Halve.apply(features)
    return F.max_pool2d(features, 2, stride=2, ceil_mode=True)


class _Halve(torch.autograd.Function):
    @staticmethod
    def forward(features: Tensor) -> Tensor:
        return F.max_pool2d(features, 2, stride=2, ceil_mode=True)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        (features,) = ctx.saved_tensors
        _, indices = torch.ops.aten.max_pool2d_with_indices(features, *POOL)
        return torch.ops.aten.max_pool2d_with_indices_backward(gradient, features, *POOL, indices)
