"""What a card's memory leaves for tensors: the headroom that CUDA, its libraries and a desktop take first.

A gigabyte is 2³⁰ bytes throughout, as in the names of cards: an "8 GB" card has 8,192 MiB.
"""

from dataclasses import dataclass, fields
from typing import Literal

import torch

from portrait_matting.errors import InputError

GB = 2**30


@dataclass(frozen=True)
class Headroom:
    """What is kept free of tensors, in GB or as a share. No card was at hand to measure: all but two are assumptions.

    Args:
        driver_share: of the memory in the card's name, what the driver keeps on Linux: 3.5 % of an RTX 2060 with 6 GB,
            2.2 % of an RTX 2080 Ti with 11 GB, by the totals in out-of-memory reports (facebookresearch/meshrcnn#92,
            phamquiluan/ResidualMaskingNetwork#15). Windows reports all of it. Cards with ECC switched on keep 6 to 8 %.
        context_gb: the CUDA context and the kernels of torch, cuDNN and cuBLAS.
        workspace_gb: scratch memory of cuDNN's algorithms. A constant: where there is less, cuDNN takes an algorithm
            that needs less.
        desktop_gb: a screen, a browser; 0 on a server.
        fragmentation: gaps between tensors that the allocator cannot use, as a share of what the tensors hold: the
            gaps are parts of blocks, and grow with them.
    """

    driver_share: float = 0.035
    context_gb: float = 0.5
    workspace_gb: float = 0.5
    desktop_gb: float = 0.8
    fragmentation: float = 0.05

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            if not 0 <= getattr(self, name) < float("inf"):
                raise InputError(f"headroom.{name}={getattr(self, name)} must be 0 or more")
        if self.driver_share >= 1:
            raise InputError(f"headroom.driver_share={self.driver_share} is a share: choose less than 1")

    @property
    def constant_gb(self) -> float:
        """What does not depend on the card or the network."""
        return self.context_gb + self.workspace_gb + self.desktop_gb


def usable(memory_gb: float | Literal["auto"], headroom: Headroom | None = None) -> int:
    """The bytes that the tensors of a training step may hold at their peak; 0 where the headroom takes all.

    Args:
        memory_gb: what the card is sold with, or "auto" for the present card, whose own number is without the driver's
            share.
        headroom: what to keep free; the defaults where none is given.

    Raises:
        InputError: `memory_gb` is not positive, or "auto" without a card.
    """
    headroom = headroom or Headroom()
    if memory_gb == "auto":
        left = card_memory_gb()
    elif 0 < memory_gb < float("inf"):
        left = memory_gb * (1 - headroom.driver_share)
    else:
        raise InputError(f"memory_gb={memory_gb} is no size of a card: give memory_gb=8, or memory_gb=auto")
    return max(0, int((left - headroom.constant_gb) / (1 + headroom.fragmentation) * GB))


def needed_gb(peak: int, headroom: Headroom | None = None) -> float:
    """The smallest `memory_gb` whose `usable` bytes hold a peak of so many: what a card must be sold with."""
    headroom = headroom or Headroom()
    return (peak * (1 + headroom.fragmentation) / GB + headroom.constant_gb) / (1 - headroom.driver_share)


def card_memory_gb() -> float:
    """The memory of the present CUDA card in GB, as its driver reports it.

    Raises:
        InputError: there is none.
    """
    if not torch.cuda.is_available():
        raise InputError("memory_gb=auto needs a CUDA card: give memory_gb=8")
    return torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory / GB
