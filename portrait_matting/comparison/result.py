"""What a comparison is of and what it found: runs, arms of runs that differ in their seed alone, and their ranking."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Run:
    """A finished run, read from its folder.

    Args:
        folder: of the run.
        config: its recipe. Where the finder looked for the rate, learning_rate.max_lr is "auto" here, and what it found
            is in `metrics`.
        metrics: of `metrics.json`.
        images: names of the N test portraits that were scored.
        scores: by metric, float64 (N,), NaN where there is nothing to measure.
    """

    folder: Path
    config: Mapping[str, Any]
    metrics: Mapping[str, float]
    images: list[str]
    scores: Mapping[str, np.ndarray]

    @property
    def seed(self) -> int:
        return self.config["seed"]


@dataclass(frozen=True)
class Arm:
    """Runs by one recipe, with different seeds. `settings` are the keys in which the arms differ, with its values."""

    name: str
    settings: Mapping[str, Any]
    runs: list[Run]


@dataclass(frozen=True)
class Difference:
    """By how much an arm's metric is above the reference's.

    `low` and `high` are its 95 % interval; `p` is two-sided and allows for the number of tests
    (`ranking.rank`); `differs` where that is below 0.05. `seeds` and `images` are how many of both the arms have in
    common.
    """

    value: float
    low: float
    high: float
    p: float
    differs: bool
    seeds: int
    images: int


@dataclass(frozen=True)
class RankedArm:
    """An arm in a ranking: the mean over its runs, the standard deviation over them (NaN for one), each run's metric.

    `against` is None for the reference itself.
    """

    arm: Arm
    mean: float
    deviation: float
    values: list[float]
    against: Difference | None


@dataclass(frozen=True)
class Ranking:
    """Arms by a metric, the best first. `metric` is a name of metrics.catalogue.METRICS, such as "mad".

    `named`: whether the reference was named before there were scores; else they chose it, and p allows for all pairs.
    """

    metric: str
    rows: list[RankedArm]
    reference: Arm
    named: bool
