"""The parts of a study: which trainings each consists of, by a label, one for each seed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from job import Job, scheduled, shrinking

Jobs = dict[str, list[Job]]

RANGES = {"usual": (1e-5, 1.0), "wide": (1e-6, 10.0), "narrow": (1e-4, 1.0)}
SHORT = "short"  # the usual range in half as many rates
SWEEPS = 3
PEAKS = (0.0005, 0.00125, 0.003, 0.008, 0.02, 0.05, 0.125)
ANSWER = "answer"  # label of the peak that the finder's rule says
CONSTANTS = (0.0005, 0.0015, 0.005)
DECAYS = (0.05, 0.2, 0.7, 2.0)  # off the logarithm of a weight over a whole training
TRIALS = (0.0375, 0.075, 0.15)  # of a training's steps: 15, 30 and 60 of 400


@dataclass(frozen=True)
class Extent:
    """How much is measured: steps of a training, rates of a sweep, seeds (None: as many as the part wants)."""

    steps: int = 400
    rates: int = 40
    seeds: int | None = None


def ranges(extent: Extent, seeds: int, answer: float | None) -> Jobs:
    """Range tests: losses at rising rates."""
    ladders = {name: np.geomspace(low, high, extent.rates) for name, (low, high) in RANGES.items()}
    ladders[SHORT] = np.geomspace(*RANGES["usual"], max(extent.rates // 2, 2))
    return {name: [Job(seed, rates, sweeps=SWEEPS) for seed in range(seeds)] for name, rates in ladders.items()}


def grid(extent: Extent, seeds: int, answer: float | None) -> Jobs:
    """One cycle at each of seven peaks, and at the answer."""
    peaks = {f"{peak:g}": peak for peak in PEAKS} | ({ANSWER: answer} if answer else {})
    return {name: [scheduled(seed, peak, extent.steps) for seed in range(seeds)] for name, peak in peaks.items()}


def policies(extent: Extent, seeds: int, answer: float | None) -> Jobs:
    """One cycle and a cosine at the answer, a cosine at a third of it, and constant rates; scored on test."""
    arms = {"one cycle": (answer, "one_cycle"), "cosine": (answer, "cosine"), "cosine, a third": (answer / 3, "cosine")}
    arms |= {f"constant {rate:g}": (rate, "constant") for rate in CONSTANTS}
    return {
        name: [scheduled(seed, peak, extent.steps, policy, "test") for seed in range(seeds)]
        for name, (peak, policy) in arms.items()
    }


def decay(extent: Extent, seeds: int, answer: float | None) -> Jobs:
    """One cycle at the answer with weights that shrink in several ways; scored on test.

    "0.01" is AdamW's, rate times 0.01. A share goes off the logarithm of each weight over the whole training, whatever
    its length, as the rate goes. "spared": biases and batch normalisation do not shrink.
    """
    base = [scheduled(seed, answer, extent.steps, scored="test") for seed in range(seeds)]
    arms: Jobs = {"0.01": base, "none": [replace(job, decay=np.zeros(len(job.rates))) for job in base]}
    arms["0.01, spared"] = [replace(job, spared=True) for job in base]
    for share in DECAYS:
        arms[f"share {share:g}, spared"] = [replace(job, decay=shrinking(job, share), spared=True) for job in base]
    arms["share 0.7"] = [replace(job, decay=shrinking(job, 0.7)) for job in base]
    return arms


def trials(extent: Extent, seeds: int, answer: float | None) -> Jobs:
    """Cycles that are too short to train, at the peaks of the grid: do they know the best one already?"""
    lengths = sorted({max(2, round(share * extent.steps)) for share in TRIALS})
    return {
        f"{steps} steps, {peak:g}": [scheduled(seed, peak, steps) for seed in range(seeds)]
        for steps in lengths
        for peak in PEAKS
    }


@dataclass(frozen=True)
class Part:
    """Its trainings, how many seeds it wants, and whether it needs the answer of the range tests."""

    jobs: Callable[[Extent, int, float | None], Jobs]
    seeds: int
    needs_answer: bool = True

    def __call__(self, extent: Extent, answer: float | None) -> Jobs:
        return self.jobs(extent, extent.seeds or self.seeds, answer)


PARTS = {
    "ranges": Part(ranges, 5, needs_answer=False),
    "grid": Part(grid, 2),
    "policies": Part(policies, 6),
    "decay": Part(decay, 6),
    "trials": Part(trials, 3, needs_answer=False),
}
