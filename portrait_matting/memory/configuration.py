"""One way to train: which of those that fit to use, the overrides for it, and what to say where one did not fit."""

from collections.abc import Sequence
from dataclasses import dataclass

from portrait_matting.errors import InputError
from portrait_matting.hardware import Hardware
from portrait_matting.memory.batch import share
from portrait_matting.memory.budget import GB

LEAST_BATCH = 4
"""Images that BatchNorm should see at once: with fewer, networks get worse fast (Wu and He, "Group Normalization",
ECCV 2018, arXiv 1803.08494, figure 1)."""


@dataclass(frozen=True)
class TrainingConfiguration:
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
            the FLOPs of the forward, backward and repeated passes and from `plan.HALF_SPEED`.
    """

    input_size: int
    precision: str
    recompute: str
    largest: int
    batch_size: int
    accumulate: int
    predicted_bytes: int
    relative_time: float


def choose_configuration(
    rows: Sequence[TrainingConfiguration], input_size: int, least_batch: int = LEAST_BATCH
) -> TrainingConfiguration:
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


def override(row: TrainingConfiguration) -> str:
    """The overrides of `train` that a row stands for, as they are typed on the command line."""
    names = ("input_size", "batch_size", "accumulate", "precision", "recompute")
    return " ".join(f"hardware.{name}={getattr(row, name)}" for name in names)


def advice(tried: Hardware, rows: Sequence[TrainingConfiguration], budget_bytes: int) -> str:
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
        row = choose_configuration(rows, tried.input_size)
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
