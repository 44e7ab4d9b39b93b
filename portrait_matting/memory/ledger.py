"""Counting the bytes that live tensors hold, on fake tensors as on real ones."""

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

BLOCK = {"cuda": 512}
"""Bytes to whose multiples a device's allocator rounds up: kMinBlockSize of PyTorch's caching allocator for CUDA
(pytorch/pytorch, c10/cuda/CUDACachingAllocator). A CPU's gives what is asked for."""

TWICE = {"cpu": {torch.ops.aten.native_batch_norm_backward.default}}
"""Operators of which a device's kernel holds the first result twice for a moment: PyTorch allocates the gradient in
batch_norm_backward_cpu and again in the template that this calls (aten/src/ATen/native/Normalization.cpp)."""


class Ledger(TorchDispatchMode):
    """While entered, counts the storage of every tensor that an operator returns, from then until it is freed.

    A storage counts once, however many tensors and views share it. What a kernel allocates and frees again is not seen,
    but for TWICE. `now` and `peak` are bytes, as `device` ("cpu" or "cuda") would hold them: where the tensors are is
    not asked, since fake ones may stand for another device's.
    """

    def __init__(self, device: str = "cpu") -> None:
        super().__init__()
        self.block, self.twice = BLOCK.get(device, 1), TWICE.get(device, set())
        self.now = self.peak = 0
        self._held: dict[int, tuple[weakref.ref, int]] = {}

    def add(self, *tensors: Tensor) -> None:
        """Counts tensors that were there before; those counted already stay as they are."""
        for tensor in tensors:
            storage = tensor.untyped_storage()
            key, size = storage._cdata, self._rounded(storage.nbytes())
            held, counted = self._held.get(key, (None, 0))
            if held is None:
                held = weakref.ref(storage, lambda _, key=key: self._drop(key))
            elif size == counted:
                continue
            self._held[key] = held, size  # anew where an operator has resized it
            self.now += size - counted
        self.peak = max(self.peak, self.now)

    def _drop(self, key: int) -> None:
        self.now -= self._held.pop(key)[1]

    def _rounded(self, size: int) -> int:
        return -(-size // self.block) * self.block

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: tuple[type, ...], args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        results = func(*args, **(kwargs or {}))
        if isinstance(results, Tensor):
            self.add(results)
        elif isinstance(results, tuple | list):
            tensors = [leaf for leaf in tree_leaves(results) if isinstance(leaf, Tensor)]
            self.add(*tensors)
            if func in self.twice and tensors:
                self.peak = max(self.peak, self.now + self._rounded(tensors[0].nbytes))
        return results
