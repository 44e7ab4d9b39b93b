"""How far a metric would move with other images of the same kind: bootstrap intervals.

Images count as independent of each other. Where one person is in many of them, the intervals are too narrow.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from portrait_matting.evaluation.result import Measured, metric_values, per_image
from portrait_matting.metrics.image_metric import ImageMetric

CHUNK = 4_000_000
"""Numbers held at once, 32 MB of float64: the weights of 40,000 images 2,000 times over would be 640 MB."""


@dataclass(frozen=True)
class Interval:
    """The value of a metric, and the ends of its confidence interval."""

    value: float
    low: float
    high: float


def intervals(
    measured: Measured,
    metrics: Mapping[str, ImageMetric],
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Interval]:
    """The metrics of a set of images, each with its percentile bootstrap interval (Efron 1979).

    The images are drawn anew with replacement, the metric is computed of each draw, and the interval runs between the
    quantiles (1 - level) / 2 and (1 + level) / 2 of what comes out. Of one image it is the value alone. A metric that
    is no mean, such as max F or the expected calibration error, comes out a little too high from most draws: close
    to 0, its interval may lie above the value.

    Args:
        measured: of N images.
        metrics: that measured it, by the same names.
        resamples: how many draws.
        seed: of the draws; they depend on it and on N alone, and so are the same for every candidate.
        level: of confidence, in (0, 1).
    """
    resampled = redrawn(measured, metrics, resamples, seed)
    values = metric_values(measured, metrics)
    return {name: Interval(float(value), *bounds(resampled[name], level)) for name, value in values.items()}


def redrawn(measured: Measured, metrics: Mapping[str, ImageMetric], resamples: int, seed: int) -> dict[str, np.ndarray]:
    """Each metric of `resamples` bootstrap draws, float64 (resamples,).

    NaN where none of the images drawn has anything to measure and others have, such as a band.
    """
    alone = {name: ~np.isnan(values) for name, values in per_image(measured, metrics).items()}
    partly = {name: known for name, known in alone.items() if known.any() and not known.all()}
    chunks = []
    for counts in draws(len(next(iter(measured.values()))), resamples, seed):
        values = metric_values(measured, metrics, counts)
        values |= {name: np.where(counts @ known > 0, values[name], np.nan) for name, known in partly.items()}
        chunks.append(values)
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in alone}


def draws(images: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each image is in each draw of as many with replacement: float64 (R, images), R at a time."""
    generator = np.random.default_rng(seed)
    for rows in chunk_sizes(images, resamples):
        # Each draw counts in a range of its own; numpy's multinomial takes six times as long.
        drawn = generator.integers(0, images, (rows, images)) + images * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * images).reshape(rows, images).astype(float)


def chunk_sizes(images: int, total: int) -> Iterator[int]:
    """Splits `total` rows of one number an image into parts of at most CHUNK numbers, or one row."""
    rows = max(1, CHUNK // images)
    while total > 0:
        yield min(rows, total)
        total -= rows


def bounds(resampled: np.ndarray, level: float) -> tuple[float, float]:
    """The quantiles (1 - level) / 2 and (1 + level) / 2 of (R,), NaN left out; NaN where all are."""
    known = resampled[~np.isnan(resampled)]
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2]) if known.size else (np.nan, np.nan)
    return float(low), float(high)
