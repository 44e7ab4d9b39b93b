"""What a search for the learning rate found, in numbers, in words and as a table."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from portrait_matting.disk.atomic_write import atomic_write


@dataclass(frozen=True)
class Finding:
    """What a range test found. All arrays are float64 with one entry per rate that any sweep came to."""

    max_lr: float
    lrs: np.ndarray
    losses: np.ndarray  # the mean of the sweeps, smooth
    raw: np.ndarray  # the mean of the sweeps
    rule: str
    fallback_used: bool
    reason: str  # why this rate, in one line
    sweeps: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))  # (sweeps, rates), NaN where one had ended
    noise: float = float("nan")  # standard deviation of `raw` around `losses`
    fall: float = float("nan")  # of `losses`
    breaks: float | None = None  # the rate from which on the loss has risen again; None: nowhere, or it never fell
    edge: str | None = None  # "min_lr" or "max_lr": the end of the range that bears on the answer
    searched: tuple[float, float] | None = None  # the range
    single: tuple[float, ...] = ()  # what each sweep alone suggests; a sweep that suggests nothing has no entry
    steps: int = 0  # optimizer steps that were run
    seconds: float = float("nan")
    share: float = float("nan")  # of the training's optimizer steps; NaN where they are not known
    step_seconds: float = float("nan")  # of an optimizer step, where the training is bounded by time; else NaN

    def sureness(self) -> str:
        """How sure the answer is, in words: how far single sweeps are apart, and how clear the fall is."""
        words = [] if np.isnan(self.fall) else [f"fall / noise {self.fall / max(self.noise, 1e-12):.1f}"]
        count = len(self.sweeps)
        if count > 1 and self.single:
            said = f"{min(self.single):.2g} to {max(self.single):.2g}"
            some = "single sweeps" if len(self.single) == count else f"{len(self.single)} of {count} single sweeps"
            words.insert(0, f"{some} say {said}")
        elif count > 1:
            words.insert(0, "no single sweep says a rate")
        return ", ".join(words)

    def cost(self) -> str:
        """What the search cost, in words."""
        words = f"{self.steps} optimizer steps in {len(self.sweeps)} sweep(s), {self.seconds:.1f} s"
        if np.isnan(self.share):
            return words
        training = f"{self.steps / self.share:,.0f} optimizer steps"
        time = "" if np.isnan(self.step_seconds) else f" that its time allows, at {self.step_seconds:.2g} s each"
        return f"{words}, {self.share:.1%} of the training's {training}{time}"


def edge_warning(finding: Finding) -> str:
    """What to say of an answer that the range bears on, with the cure."""
    low, high = finding.searched
    if finding.edge == "min_lr":
        what = "the loss rises from" if finding.fallback_used else "the answer lies at"
        return (
            f"{what} the low end of the range, {low:.3g}: look further down, learning_rate.finder.min_lr={low / 10:.3g}"
        )
    what = "the loss has not risen again by" if finding.breaks is None else "the answer lies at"
    return f"{what} the high end of the range, {high:.3g}: look further up, learning_rate.finder.max_lr={high * 10:.3g}"


def write_csv(finding: Finding, path: str | Path) -> None:
    """Writes a row for each rate that was tried: `lr`, the sweeps' `mean`, its `smooth` curve, `sweep_1`, `sweep_2`, …

    A sweep that had ended has an empty cell. A reader never sees half a file.
    """
    with atomic_write(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("lr", "mean", "smooth", *(f"sweep_{k + 1}" for k in range(len(finding.sweeps)))))
        columns = [finding.lrs, finding.raw, finding.losses, *finding.sweeps]
        for row in zip(*columns, strict=True):
            writer.writerow(["" if np.isnan(value) else float(value) for value in row])
