"""What fits on a card: the largest batch of each size, precision and recomputation."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from portrait_matting.errors import InputError
from portrait_matting.memory.batch import LIMIT, Peaks, share
from portrait_matting.memory.configuration import TrainingConfiguration
from portrait_matting.memory.flops import step_flops
from portrait_matting.memory.footprint import Footprint, footprint

SIZES = (256, 288, 320, 384, 512, 640, 720, 1024)
HALF_SPEED = 2.0
"""How much faster a step in half precision counts as: it moves half the bytes. Tensor cores may give more."""

_SIDE = 33  # pixels: below, the deepest map of U²-Net is a single one, of which BatchNorm refuses a single image

Net = Callable[[], nn.Module]
Optimizer = Callable[..., torch.optim.Optimizer]
Measure = Callable[..., Footprint]


def plan_configurations(
    net: Net,
    loss: nn.Module,
    optimizer: Optimizer,
    budget_bytes: int,
    sizes: Iterable[int] = SIZES,
    precisions: Iterable[str] = ("32-true", "16-mixed"),
    recomputes: Iterable[str] = ("none", "most", "all"),
    effective_batch: int = 12,
    device: str = "cuda",
    channels_last: bool = True,
    exact_size: int | None = None,
    progress: bool = False,
    measure: Measure | None = None,
    flops: Callable[[Net, str], int] | None = None,
) -> list[TrainingConfiguration]:
    """What fits in `budget_bytes`: a row for each size, precision and recomputation, by size, then as given.

    Steps are predicted exactly for one size, four or so for each precision and recomputation. What the others need
    follows from their pixels: the peak of a step is the same, to a part in a thousand, for as many pixels in images of
    any size. (U²-Net at 256² to 1024²; a test holds it to that.) All steps are predicted as those that accumulate: they
    hold the gradients of the passes before, which a step of a single pass has freed.

    Args:
        net: builds the network.
        loss: outputs and alpha to {"loss": scalar, …}.
        optimizer: parameters and `lr` to an optimizer.
        budget_bytes: what the tensors may hold, as `budget.usable` gives it.
        sizes: sides in pixels.
        precisions: 32-true, 16-mixed, bf16-mixed.
        recomputes: none, most, all.
        effective_batch: images of an optimizer step.
        device: of the step.
        channels_last: as in the hardware recipe.
        exact_size: the size whose rows are predicted exactly; the smallest where None.
        progress: shows a bar, where stderr is a terminal.
        measure: predicts the footprint of a step; `footprint` where None.
        flops: counts those of a step on one image; `step_flops` where None.

    Raises:
        InputError: a size is too small for a batch of one, or the network has no blocks to recompute.
    """
    flops = flops or step_flops
    sizes, precisions, recomputes = sorted(set(sizes)), list(precisions), list(recomputes)
    if sizes[0] < _SIDE:
        raise InputError(f"input_size={sizes[0]} is too small to plan for: choose at least {_SIDE}")
    exact_size = exact_size or sizes[0]
    work = {recompute: flops(net, recompute) for recompute in recomputes}
    cost = {(p, r): work[r] / (1.0 if p == "32-true" else HALF_SPEED) for p in precisions for r in recomputes}
    rows = []
    for (precision, recompute), time in tqdm(
        cost.items(),
        desc="planning",
        unit="choice",
        disable=None if progress else True,
        leave=False,
        dynamic_ncols=True,
    ):
        peaks = _peaks(measure, net, loss, optimizer, exact_size, precision, recompute, device, channels_last)
        exact = peaks.largest(budget_bytes)
        peaks.learn(share(effective_batch, exact)[0] or 1)
        for size in sizes:
            images = (size / exact_size) ** 2  # of the exact size, that have as many pixels
            fitting = math.floor(max(0.0, peaks.fitting(budget_bytes)) / images)
            largest = exact if size == exact_size else min(fitting, LIMIT)
            batch_size, accumulate = share(effective_batch, largest)
            predicted = peaks.at((batch_size or 1) * images)
            row = TrainingConfiguration(
                size, precision, recompute, largest, batch_size, accumulate, predicted, time / min(cost.values())
            )
            rows.append(row)
    return sorted(rows, key=lambda row: row.input_size)  # within a size as given


def largest_batch(
    net: Net,
    loss: nn.Module,
    optimizer: Optimizer,
    budget_bytes: int,
    input_size: int,
    precision: str,
    recompute: str = "none",
    device: str = "cuda",
    channels_last: bool = True,
    measure: Measure | None = None,
) -> int:
    """The most images of one forward pass that fit in `budget_bytes`; 0 where not even one does."""
    peaks = _peaks(measure, net, loss, optimizer, input_size, precision, recompute, device, channels_last)
    return peaks.largest(budget_bytes)


def _peaks(measure: Measure | None, net: Net, loss: nn.Module, optimizer: Optimizer, *fixed: Any) -> Peaks:
    predict = measure or footprint
    return Peaks(lambda batch: predict(net, loss, optimizer, batch, *fixed, accumulate=2).peak)
