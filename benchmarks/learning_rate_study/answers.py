"""What a rule says of range tests that were recorded to their end, and how far its answers move."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from portrait_matting.learning_rate import range_test
from portrait_matting.learning_rate.suggestion import suggest

Curves = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""By range: rates (rates,), and losses (seeds, sweeps, rates)."""


class Answers(NamedTuple):
    """Of one rule in one setting."""

    medians: dict[str, float]  # by range, over the seeds that were answered; NaN: none was
    scatter: float  # standard deviation over seeds, in decades, of all ranges together
    moved: float  # the highest median over the lowest
    refused: float  # share of the range tests that gave no rate

    @property
    def median(self) -> float:
        """The middle one of the ranges' medians; NaN: there is none."""
        there = [value for value in self.medians.values() if np.isfinite(value)]
        return float(np.exp(np.median(np.log(there)))) if there else float("nan")


def cut(sweeps: np.ndarray) -> np.ndarray:
    """Losses (sweeps, rates) as a range test would have left them: NaN from where it would have stopped a sweep."""
    sweeps = np.array(sweeps, dtype=np.float64)
    for losses in sweeps:
        for count in range(1, len(losses) + 1):
            if range_test.broken(losses[:count]):
                losses[count:] = np.nan
                break
    return sweeps


def answer(rates: np.ndarray, sweeps: np.ndarray, rule: str) -> float:
    """The rate that a rule says of raw sweeps (sweeps, rates); NaN: none."""
    rate = suggest(rates, cut(sweeps), rule).rate
    return float("nan") if rate is None else rate


def answers(curves: Curves, rule: str) -> Answers:
    """Of all range tests of a setting. Needs no two seeds: then the scatter is NaN."""
    found = {
        name: np.array([answer(rates, sweeps, rule) for sweeps in seeds]) for name, (rates, seeds) in curves.items()
    }
    logarithms = {name: np.log10(rates[np.isfinite(rates)]) for name, rates in found.items()}
    medians = {name: float(10 ** np.median(each)) if each.size else float("nan") for name, each in logarithms.items()}
    # The ranges' own variances, together: how far medians are apart is another question.
    squares = sum(float(((each - each.mean()) ** 2).sum()) for each in logarithms.values() if each.size)
    freedom = sum(max(each.size - 1, 0) for each in logarithms.values())
    there = [value for value in medians.values() if np.isfinite(value)]
    return Answers(
        medians,
        float(np.sqrt(squares / freedom)) if freedom else float("nan"),
        max(there) / min(there) if there else float("nan"),
        float(np.mean(~np.isfinite(np.concatenate(list(found.values()))))),
    )


def flat_curves(noise: str, points: int, sweeps: int, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rates (points,) and losses (count, sweeps, points) of range tests without a fall, cut.

    Losses around 3 with a standard deviation of 0.2, of "normal" noise or "t", Student's with 3 degrees of freedom:
    losses of batches have such tails.
    """
    rng, shape = np.random.default_rng(seed), (count, sweeps, points)
    drawn = rng.standard_normal(shape) if noise == "normal" else rng.standard_t(3, shape) / np.sqrt(3)
    return np.geomspace(1e-5, 1, points), np.stack([cut(3 + 0.2 * curve) for curve in drawn])


def called(rates: np.ndarray, curves: np.ndarray, rule: str) -> float:
    """The share of cut range tests (count, sweeps, rates) that a rule calls a rate."""
    return float(np.mean([suggest(rates, sweeps, rule).rate is not None for sweeps in curves]))
