"""Whether two candidates differ by more than noise, metric by metric, on the same images."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10

import numpy as np
import torch

from portrait_matting.evaluation.confidence import bounds, chunk_sizes, redrawn
from portrait_matting.evaluation.result import Measured, metric_values
from portrait_matting.metrics.catalogue import METRICS
from portrait_matting.metrics.image_metric import ImageMetric


@dataclass(frozen=True)
class Difference:
    """By how much the second candidate's metric is above the first's, and whether that is more than noise.

    `low` and `high` are of this metric alone; `p` and `differs` allow for all the metrics that were compared with it.
    """

    value: float
    low: float
    high: float
    p: float
    differs: bool


def compare(
    first: Measured,
    second: Measured,
    metrics: Mapping[str, ImageMetric],
    resamples: int = 2000,
    permutations: int = 5000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Difference]:
    """Every metric of the second candidate minus that of the first.

    The interval is the percentile bootstrap of the difference, both candidates on the same draws of `intervals`. The p
    is of the paired permutation test, two-sided: if the candidates were alike, swapping their scores of an image would
    change nothing but chance. It is corrected for the number of metrics (`holm`). N images give no p below 2 / 2^N
    before that: with 20 metrics, fewer than ten images never prove a difference.

    Args:
        first, second: measured of the same N images.
        metrics: that measured both, by the same names.
        resamples: draws of the bootstrap.
        permutations: random swaps; where all 2^N are no more than that, each is taken once and p is exact.
        seed: of the draws and the swaps.
        level: of confidence, in (0, 1); the metrics differ where p < 1 - level.
    """
    before, after = metric_values(first, metrics), metric_values(second, metrics)
    drawn_before, drawn_after = (redrawn(measured, metrics, resamples, seed) for measured in (first, second))
    raw = swap_test(first, second, metrics, permutations, seed)
    corrected = dict(zip(raw, holm(list(raw.values())).tolist(), strict=True))
    return {
        name: Difference(
            float(after[name] - before[name]),
            *bounds(drawn_after[name] - drawn_before[name], level),
            p,
            p < round(1 - level, 12),  # 1 - 0.95 is a little more than 0.05
        )
        for name, p in corrected.items()
    }


def swap_test(
    first: Measured, second: Measured, metrics: Mapping[str, ImageMetric], permutations: int, seed: int
) -> dict[str, float]:
    """The two-sided p of each metric's difference under swaps of the two candidates' rows, image by image.

    (1 + as great) / (1 + permutations) for random swaps, so that it is never 0 (Phipson and Smyth 2010, equation 2).
    """
    swapped = _Swapped(first, second, metrics)
    unswapped = swapped.differences(np.zeros((1, swapped.images)))
    value = {name: abs(difference[0]) for name, difference in unswapped.items()}
    exact = 2**swapped.images <= permutations
    as_great = dict.fromkeys(value, 0)
    for swaps in _all_swaps(swapped.images) if exact else _random_swaps(swapped.images, permutations, seed):
        for name, differences in swapped.differences(swaps).items():
            # Sums in another order differ in their last bits, which must not tell equals apart.
            as_great[name] += int(np.sum(np.abs(differences) >= value[name] * (1 - 1e-9) - 1e-12))
    if exact:
        return {name: count / 2**swapped.images for name, count in as_great.items()}
    return {name: (1 + count) / (1 + permutations) for name, count in as_great.items()}


def holm(p_values: Sequence[float]) -> np.ndarray:
    """p corrected for their number: the chance that even one of them is below 0.05 by noise is 5 % (Holm 1979).

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    raw = np.asarray(p_values, dtype=float)
    order = np.argsort(raw)
    corrected = np.empty_like(raw)
    corrected[order] = np.minimum(np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1)), 1)
    return corrected


def sentence(name_a: str, name_b: str, metric: str, difference: Difference, level: float = 0.95) -> str:
    """Says in a line what became of a metric from candidate a to candidate b, as `compare(a, b)` found it.

    >>> sentence("old", "new", "mad", Difference(-0.0031, -0.0049, -0.0012, 0.002, True))
    'new has a better MAD than old, lower by 0.0031 (95 % interval 0.0012 to 0.0049, p = 0.002): more than noise'
    """
    info = METRICS[metric]
    verdict = "more than noise" if difference.differs else "within noise"
    sign = -1 if difference.value < 0 else 1
    ends = sorted((sign * difference.low, sign * difference.high))
    size = round(abs(difference.value), 6)
    digits = max(info.digits, min(1 - floor(log10(size)), 6)) if size else info.digits  # two that tell
    low, high = (f"{end:z.{digits}f}" for end in ends)
    evidence = f"({100 * level:g} % interval {low} to {high}, p = {difference.p:.3g}): {verdict}"
    if size == 0:
        return f"{name_b} has the same {info.label} as {name_a} to six digits {evidence}"
    better = "better" if info.higher == (difference.value > 0) else "worse"
    way = "higher" if difference.value > 0 else "lower"
    return f"{name_b} has a {better} {info.label} than {name_a}, {way} by {size:.{digits}f} {evidence}"


class _Swapped:
    """The difference of every metric after any swaps: a swap moves a row from one sum to the other."""

    def __init__(self, first: Measured, second: Measured, metrics: Mapping[str, ImageMetric]) -> None:
        self.metrics = {name: metrics[name] for name in first}
        self.ends = np.cumsum([rows.shape[1] for rows in first.values()])[:-1]
        rows = [np.hstack([measured[name] for name in first]) for measured in (first, second)]
        known = [~np.isnan(side) for side in rows]
        zeroed = [np.nan_to_num(side) for side in rows]
        self.images = len(rows[0])
        self.step = zeroed[1] - zeroed[0]
        self.sums = [side.sum(0) for side in zeroed]
        self.counts = [side.sum(0).astype(float) for side in known]
        # Who is counted depends on the truth, as a rule, and then no swap changes it.
        self.count_step = None if np.array_equal(*known) else known[1].astype(float) - known[0]

    def differences(self, swaps: np.ndarray) -> dict[str, np.ndarray]:
        """Second minus first, (R,) of each metric, once the rows where `swaps`, float64 (R, N), is 1 changed sides."""
        moved = swaps @ self.step
        counted = 0.0 if self.count_step is None else swaps @ self.count_step
        sides = [
            self._metric_values((total + sign * moved) / np.maximum(count + sign * counted, 1e-300))
            for total, count, sign in zip(self.sums, self.counts, (1, -1), strict=True)
        ]
        return {name: sides[1][name] - value for name, value in sides[0].items()}

    def _metric_values(self, means: np.ndarray) -> dict[str, np.ndarray]:
        parts = np.split(means, self.ends, axis=-1)
        finished = [m.finish(torch.from_numpy(part)) for m, part in zip(self.metrics.values(), parts, strict=True)]
        return {name: value.numpy() for values in finished for name, value in values.items()}


def _all_swaps(images: int) -> Iterator[np.ndarray]:
    yield (np.arange(2**images)[:, None] >> np.arange(images) & 1).astype(float)


def _random_swaps(images: int, permutations: int, seed: int) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(seed)
    for rows in chunk_sizes(images, permutations):
        yield generator.integers(0, 2, (rows, images), dtype=np.int8).astype(float)
