"""Smooth curves of a range test. Pure numpy: one loss per rate, rates ascend, a loss that is not finite stays NaN."""

from collections.abc import Sequence

import numpy as np

SHARE = 0.15  # reach of a local line to either side, as a share of all points
_FEW = 3  # points that a mean is taken of at least
EMA_BETA = 0.98  # of fastai's recorder, which its valley rule was tuned on


def average_sweeps(sweeps: np.ndarray) -> np.ndarray:
    """The mean loss of several sweeps over the same rates.

    A sweep that ended early had broken: from there on it counts as no better than at its start, so that the mean
    rises where sweeps break, and does not jump to the ones that are left.

    Args:
        sweeps: float64 (sweeps, rates); NaN from where a sweep ended.

    Returns:
        float64 (rates,), NaN where every sweep had ended.
    """
    sweeps = np.asarray(sweeps, dtype=np.float64)
    filled = sweeps.copy()
    for losses in filled:
        finite = np.flatnonzero(np.isfinite(losses))
        if finite.size:
            losses[finite[-1] + 1 :] = max(losses[finite[-1]], np.median(losses[finite[:5]]))
            losses[:] = np.where(np.isfinite(losses), losses, np.interp(np.arange(len(losses)), finite, losses[finite]))
    reached = np.isfinite(sweeps).any(0)
    with np.errstate(invalid="ignore"):
        return np.where(reached, np.nanmean(np.where(reached, filled, 0.0), 0), np.nan)


def moving_average(losses: Sequence[float], beta: float = EMA_BETA) -> np.ndarray:
    """fastai's smooth loss: an exponential average without the bias of its start (fastai.learner.AvgSmoothLoss).

    At 0.98 it is next to the mean of all points so far, over the hundred points of a range test.
    """
    losses = np.asarray(losses, dtype=np.float64)
    smooth, total, weight = np.full_like(losses, np.nan), 0.0, 0.0
    for k in np.flatnonzero(np.isfinite(losses)):
        total, weight = beta * total + (1 - beta) * losses[k], beta * weight + 1 - beta
        smooth[k] = total / weight
    return smooth


def local_lines(losses: Sequence[float], share: float = SHARE) -> np.ndarray:
    """Smooth losses without the lag of a moving average: local lines with tricube weights (Cleveland 1979, LOWESS).

    Args:
        losses: a value that is not finite stays NaN and touches no other.
        share: reach of a line to either side, as a share of all points.
    """
    weight = _weights(losses, share)
    losses = np.asarray(losses, dtype=np.float64)
    return np.where(np.isfinite(losses), weight @ np.where(np.isfinite(losses), losses, 0), np.nan)


def noise_of(losses: Sequence[float]) -> float:
    """Standard deviation of single points about any smooth curve through them, which need not be known.

    From how far each point lies off the straight line between its neighbours (Gasser, Sroka and Jennen-Steinmetz 1986),
    whose variance is 1.5 times that of a point; by the median (MAD / 0.6745), since points amid a break are no noise.
    Residuals of `local_lines` would count as noise what it smooths away at a bend: a third more on a usual curve.
    NaN for fewer than three finite points.
    """
    losses = np.asarray(losses, dtype=np.float64)
    losses = losses[np.isfinite(losses)]
    if len(losses) < 3:
        return float("nan")
    off = losses[1:-1] - (losses[:-2] + losses[2:]) / 2
    return float(np.median(np.abs(off)) / 0.6745 / 1.5**0.5)


def clearest_fall(losses: Sequence[float]) -> float:
    """How clearly losses fall, in standard errors: the mean of the first points less that of those that follow.

    The largest over all ways to choose how many are first and how many follow, three at least. Of many points each, a
    mean tells a wide fall from noise that hides it at every single point. A curve of normal noise alone is above 4.1 in
    2 % of cases, of 20 points or of 100; of 20 it is above 5 in 1 %, of 40 in 0.2 %. NaN for fewer than six finite
    points; infinite for a fall without noise.
    """
    losses = np.asarray(losses, dtype=np.float64)
    losses = losses[np.isfinite(losses)]
    if len(losses) < 2 * _FEW:
        return float("nan")
    total, best = np.r_[0, np.cumsum(losses)], 0.0
    for first in range(_FEW, len(losses) - _FEW + 1):
        following = np.arange(_FEW, len(losses) - first + 1)
        fall = total[first] / first - (total[first + following] - total[first]) / following
        best = max(best, float((fall / np.sqrt(1 / first + 1 / following)).max()))
    noise = noise_of(losses)
    if best <= 1e-6 * np.abs(losses).max():  # rounding
        return 0.0
    return best / noise if noise > 0 else float("inf")


def _weights(losses: Sequence[float], share: float) -> np.ndarray:
    """Row k: what each loss weighs in the smooth value at k."""
    finite, place = np.isfinite(np.asarray(losses, dtype=np.float64)), np.arange(len(losses), dtype=np.float64)
    distance = np.abs(place[:, None] - place) / (max(share * len(place), 2) + 1)
    weight = np.clip(1 - distance**3, 0, None) ** 3 * finite
    with np.errstate(invalid="ignore", divide="ignore"):
        weight /= weight.sum(1, keepdims=True)
        centred = place - (weight @ place)[:, None]
        offset = weight * centred
        slope = offset / (offset * centred).sum(1, keepdims=True)
        return np.nan_to_num(weight + slope * (place - weight @ place)[:, None])
