"""What an evaluation found: of every portrait and every candidate, what the metrics measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from portrait_matting.metrics.image_metric import ImageMetric

Measured = Mapping[str, np.ndarray]
"""By metric ("mad", "iou", …, as in `all_metrics()`): float64 (N, columns), NaN where there is nothing to measure."""


@dataclass(frozen=True)
class ScoredPortrait:
    """What is known of a portrait besides its scores. `brightness` and `coverage` are in [0, 1]."""

    name: str
    height: int
    width: int
    brightness: float  # mean luma of the photo
    coverage: float  # mean alpha of the truth


@dataclass(frozen=True)
class Candidate:
    """One checkpoint or folder of mattes: what it is called in tables, where it is, and what was measured of it."""

    name: str
    source: str
    measured: Measured


@dataclass(frozen=True)
class Evaluation:
    """Every candidate, scored on the same portraits.

    Args:
        data: what the portraits are, in words, such as "easyportrait, DIR, test".
        portraits: N of them; row i of each candidate's measurements is portrait i.
        candidates: in the order in which they were given.
        hard_truth: whether no alpha of the truth has a value between 0 and 1.
        left_out: what was not scored, and why: one line each.
        sources: of a mix, the name of the source of each portrait; none of others.
    """

    data: str
    portraits: list[ScoredPortrait]
    candidates: list[Candidate]
    hard_truth: bool
    left_out: list[str]
    sources: list[str] = field(default_factory=list)

    def of_source(self) -> dict[str, list[int]]:
        """The indices of the portraits of each source, by its name."""
        return {name: [i for i, of in enumerate(self.sources) if of == name] for name in dict.fromkeys(self.sources)}


def metric_values(
    measured: Measured, metrics: Mapping[str, ImageMetric], weights: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """The metrics of a set of images, from what was measured of each.

    Args:
        measured: of N images.
        metrics: that measured it, by the same names.
        weights: how often each image counts, (..., N), such as bootstrap resamples; None: once each.

    Returns:
        float64 (...) of each metric; a mean over no image is 0, as in the metrics themselves.
    """
    values: dict[str, np.ndarray] = {}
    for name, rows in measured.items():
        known = ~np.isnan(rows)
        weigh = np.ones(len(rows)) if weights is None else weights
        means = weigh @ np.nan_to_num(rows) / np.maximum(weigh @ known, 1e-300)
        values |= {
            key: value.numpy() for key, value in metrics[name].finish(torch.from_numpy(np.asarray(means))).items()
        }
    return values


def per_image(measured: Measured, metrics: Mapping[str, ImageMetric]) -> dict[str, np.ndarray]:
    """Each metric of each image alone, float64 (N,); NaN where it has nothing to measure."""
    return {
        key: value.numpy()
        for name, rows in measured.items()
        for key, value in metrics[name].finish(torch.from_numpy(rows)).items()
    }
