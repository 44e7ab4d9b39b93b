"""What a training step costs at least: its arithmetic and its traffic, counted, and what the machine can do of each.

FLOPs are those of convolutions and matrix products, two to a multiply-add. The traffic is that of a step in which every
operation reads its inputs from memory once and writes its outputs once: an upper bound of what must move, since kernels
that are fused pass values on in registers, and caches hold small tensors.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

# TFLOPS: half precision on tensor cores, dense, accumulated in float32, which is what torch asks for; GB/s: of memory.
# GeForce cards accumulate in float32 at half the rate that is advertised (NVIDIA's Turing, GA102 and Ada whitepapers):
# 2060 SUPER: 272 tensor cores * 64 multiply-adds * 1.650 GHz; 3060: 112 * 128 * 1.777; 3090 and 4090 as in the papers'
# tables. A100, H100, H200: NVIDIA's data sheets, the half of what is given "with sparsity".
DATA_SHEETS = {
    "RTX 2060 SUPER": (28.7, 448),
    "RTX 3060": (25.5, 360),
    "RTX 3090": (71.0, 936),
    "RTX 4090": (165.2, 1008),
    "A100-PCIE-40GB": (312, 1555),
    "A100-SXM4-40GB": (312, 1555),
    "A100 80GB PCIe": (312, 1935),
    "A100-SXM4-80GB": (312, 2039),
    "H100 PCIe": (756, 2000),
    "H100 80GB HBM3": (989, 3350),
    "H200": (989, 4800),
}
OTHER_CHIPS = ("Ti", "Laptop", "Max-Q", "NVL")  # in a name, they make it another card

# These write without reading what was there, or touch no memory at all.
OVERWRITES = {"copy_", "fill_", "zero_", "normal_", "uniform_"}
FREE = {"empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "detach", "detach_", "lift_fresh"}


@dataclass(frozen=True)
class Peak:
    """FLOP and bytes a second."""

    flops: float
    bandwidth: float
    source: str

    def __str__(self) -> str:
        return f"{self.source} {self.flops / 1e12:.3g} TFLOPS and {self.bandwidth / 1e9:.4g} GB/s"


@dataclass(frozen=True)
class Work:
    """FLOPs and bytes of a step."""

    flops: int
    bytes: int

    def least_seconds(self, peak: Peak) -> float:
        return max(self.flops / peak.flops, self.bytes / peak.bandwidth)

    def bound(self, peak: Peak) -> str:
        return "arithmetic" if self.flops / peak.flops > self.bytes / peak.bandwidth else "memory"


class Traffic(TorchDispatchMode):
    """Counts, for every operation below autograd, the bytes of its inputs and of what it writes; views are free."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        name = func._schema.name.partition("::")[2]
        if not func.is_view and name not in FREE:
            self.bytes[name] += _traffic(func, name, args, kwargs, result)
        return result


def _traffic(func: Any, name: str, args: tuple, kwargs: dict, result: Any) -> int:
    given = {formal.name: value for formal, value in zip(func._schema.arguments, args, strict=False)} | kwargs
    changed = {formal.name for formal in func._schema.arguments if formal.alias_info and formal.alias_info.is_write}
    overwritten = {formal.name for formal in func._schema.arguments if formal.is_out}
    overwritten |= changed if name in OVERWRITES else set()
    new = [
        value for value, formal in zip(_several(result), func._schema.returns, strict=False) if not formal.alias_info
    ]
    read = [value for name, value in given.items() if name not in overwritten]
    return _nbytes([read, [given[name] for name in changed if name in given], new])


def _several(result: Any) -> tuple | list:
    return result if isinstance(result, tuple) else (result,)


def _nbytes(values: Any) -> int:
    # An expanded tensor holds less than it shows.
    tensors = (value for value in tree_leaves(values) if isinstance(value, Tensor))
    return sum(min(tensor.nbytes, tensor.untyped_storage().nbytes()) for tensor in tensors)


def count(step: Callable[[], object]) -> tuple[Work, Counter[str]]:
    """FLOPs and bytes of what `step` does, forward and backward; and the bytes by operation."""
    with FlopCounterMode(display=False) as flops, Traffic() as traffic:
        step()
    return Work(flops.get_total_flops(), traffic.bytes.total()), traffic.bytes


def data_sheet(card: str) -> Peak | None:
    """The peak that NVIDIA gives for the card of this name (as torch.cuda.get_device_name() has it), if it is known."""
    if any(word in card.split() for word in OTHER_CHIPS):
        return None
    known = [name for name in DATA_SHEETS if name.lower() in card.lower()]
    if not known:
        return None
    tflops, gigabytes = DATA_SHEETS[max(known, key=len)]
    return Peak(tflops * 1e12, gigabytes * 1e9, "data sheet")


def measured(device: str, dtype: torch.dtype, side: int, megabytes: int, repeats: int = 10) -> Peak:
    """What the machine reaches: a product of two matrices of `side` in `dtype`, and a copy, which reads and writes."""
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    product = torch.empty_like(left)
    flops = 2 * side**3 / median(seconds(lambda: torch.mm(left, right, out=product), device, repeats))
    source = torch.zeros(megabytes << 20, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    bandwidth = 2 * source.nbytes / median(seconds(lambda: target.copy_(source), device, repeats))
    return Peak(flops, bandwidth, "measured")


def seconds(step: Callable[[], object], device: str, repeats: int, warm_up: int = 3) -> list[float]:
    """Of each of `repeats` calls. A card is waited for before the first and after the last, never in between."""
    for _ in range(warm_up):
        step()
    if device != "cuda":
        moments = [time.perf_counter()]
        for _ in range(repeats):
            step()
            moments.append(time.perf_counter())
        return [later - earlier for earlier, later in pairwise(moments)]
    events = [torch.cuda.Event(enable_timing=True) for _ in range(repeats + 1)]
    torch.cuda.synchronize()
    events[0].record()
    for event in events[1:]:
        step()
        event.record()
    torch.cuda.synchronize()
    return [earlier.elapsed_time(later) / 1e3 for earlier, later in pairwise(events)]
