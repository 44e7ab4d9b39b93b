"""What fits on a card: the largest batch of each size, precision and recomputation, and which of them to use."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from portrait_matting.errors import InputError
from portrait_matting.hardware import Hardware
from portrait_matting.memory.batch import LIMIT, Peaks, share
from portrait_matting.memory.budget import GB
from portrait_matting.memory.flops import step_flops
from portrait_matting.memory.footprint import Footprint, footprint

SIZES = (256, 288, 320, 384, 512, 640, 720, 1024)
HALF_SPEED = 2.0
"""How much faster a step in half precision counts as: it moves half the bytes. Tensor cores may give more."""
LEAST_BATCH = 4
"""Images that BatchNorm should see at once: with fewer, networks get worse fast (Wu and He, "Group Normalization",
ECCV 2018, arXiv 1803.08494, figure 1)."""

_SIDE = 33  # pixels: below, the deepest map of U²-Net is a single one, of which BatchNorm refuses a single image

Net = Callable[[], nn.Module]
Optimizer = Callable[..., torch.optim.Optimizer]
Measure = Callable[..., Footprint]


@dataclass(frozen=True)
class Row:
    """One way to train, and how much of it fits. Where nothing does, all counts are 0 and the bytes are one image's.

    Args:
        input_size: side in pixels of the square that the network sees.
        precision: 32-true, 16-mixed or bf16-mixed; the last two need the same bytes.
        recompute: none, most or all U-blocks.
        largest: the most images of one forward pass that fit.
        batch_size: the images of one forward pass to use, at most `largest`.
        accumulate: forward passes whose gradients add up to one step, so that it sees the effective batch.
        predicted_bytes: the peak of a step with `batch_size` images, of those that accumulate.
        relative_time: of an image, against the fastest row of the same size, whether it fits or not: an estimate, from
            the FLOPs of the forward, backward and repeated passes and from HALF_SPEED.
    """

    input_size: int
    precision: str
    recompute: str
    largest: int
    batch_size: int
    accumulate: int
    predicted_bytes: int
    relative_time: float


def plan(
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
) -> list[Row]:
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
        progress: shows a bar.
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
        cost.items(), desc="planning", unit="choice", disable=not progress, leave=False, dynamic_ncols=True
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
            row = Row(size, precision, recompute, largest, batch_size, accumulate, predicted, time / min(cost.values()))
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


def choose(rows: Sequence[Row], input_size: int, least_batch: int = LEAST_BATCH) -> Row:
    """The row of that size to use: the least time among those with `least_batch` images or more in a forward pass.

    Equal times: the larger batch. Where none reaches `least_batch` (or the effective batch, which may be smaller), the
    largest batch, and of equal ones the least time.

    Raises:
        InputError: there is no row of that size, or none that fits.
    """
    of_size = [row for row in rows if row.input_size == input_size]
    if not of_size:
        known = ", ".join(str(size) for size in sorted({row.input_size for row in rows}))
        raise InputError(f"input_size={input_size} is not planned: give one of {known}")
    fitting = [row for row in of_size if row.batch_size]
    if not fitting:
        least = min(of_size, key=lambda row: row.predicted_bytes)
        raise InputError(
            f"input_size={input_size} does not fit: a single image needs {least.predicted_bytes / GB:.2f} GB besides "
            f"the headroom, in {least.precision} with recompute={least.recompute}; choose a smaller size"
        )
    enough = [row for row in fitting if row.batch_size >= min(least_batch, max(r.batch_size for r in fitting))]
    return min(enough, key=lambda row: (row.relative_time, -row.batch_size, row.predicted_bytes))


def override(row: Row) -> str:
    """The words for the command line that train by a row."""
    names = ("input_size", "batch_size", "accumulate", "precision", "recompute")
    return " ".join(f"hardware.{name}={getattr(row, name)}" for name in names)


def advice(tried: Hardware, rows: Sequence[Row], budget_bytes: int) -> str:
    """One line for a run that ran out of memory: what it tried, what fits by the planner, the overrides to use.

    Args:
        tried: what the run was set to.
        rows: what `plan` finds for its size, its effective batch and the precision that it computes in.
        budget_bytes: what it was planned for.
    """
    began = (
        f"the card ran out of memory with hardware.input_size={tried.input_size} "
        f"hardware.batch_size={tried.batch_size} hardware.precision={tried.precision} "
        f"hardware.recompute={tried.recompute}"
    )
    try:
        row = choose(rows, tried.input_size)
    except InputError as error:
        return f"{began}: in the planner's {budget_bytes / GB:.1f} GB {error}"
    same = tried.precision in (row.precision, "auto") and tried.recompute == row.recompute
    if same and row.batch_size >= tried.batch_size:
        if tried.batch_size == 1:
            return f"{began}, which the planner says fits: see by nvidia-smi what else holds the card's memory"
        batch_size, accumulate = share(tried.batch_size * tried.accumulate, tried.batch_size // 2)
        return (
            f"{began}, which the planner says fits: see by nvidia-smi what else holds the card's memory, or give "
            f"hardware.batch_size={batch_size} hardware.accumulate={accumulate}"
        )
    return f"{began}: {row.largest} images fit in the planner's {budget_bytes / GB:.1f} GB with these: {override(row)}"
