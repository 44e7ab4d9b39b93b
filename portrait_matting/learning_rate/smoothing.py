"""Smooth curves of a range test. Pure numpy: one loss per rate, rates ascend, a loss that is not finite stays NaN."""

from collections.abc import Sequence

import numpy as np

REACH = 2.2  # decades of learning rate that a local parabola reaches to either side
MOST_OF_RANGE = 0.6  # that it reaches to either side: of a narrow range fewer decades
_FEW = 3  # points that a mean or a median is taken of at least
_FIRST = 5  # losses whose median says where a sweep began
_ABOVE = 4.0  # times the scatter of single losses above its start: no noise of a sweep is higher
EMA_BETA = 0.98  # of fastai's recorder, which its valley rule was tuned on


def average_sweeps(sweeps: np.ndarray) -> np.ndarray:
    """The mean loss of several sweeps over the same rates.

    A sweep that ended early had broken: from there on it counts as no better than at its start, so that the mean
    rises where sweeps break, and does not jump to the ones that are left. How high a loss jumps where it breaks says
    nothing: each sweep is `capped` before.

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
            losses[finite] = capped(losses[finite])
            losses[finite[-1] + 1 :] = max(losses[finite[-1]], np.median(losses[finite[:_FIRST]]))
            losses[:] = np.where(np.isfinite(losses), losses, np.interp(np.arange(len(losses)), finite, losses[finite]))
    reached = np.isfinite(sweeps).any(0)
    with np.errstate(invalid="ignore"):
        return np.where(reached, np.nanmean(np.where(reached, filled, 0.0), 0), np.nan)


def capped(losses: np.ndarray) -> np.ndarray:
    """A sweep's losses, none higher above its start than it falls below it, or than its noise reaches.

    A loss without a bound, as BCE, is a thousand or a million where training breaks, and any mean over a neighbourhood
    would carry that far down the curve.

    Args:
        losses: finite.
    """
    if len(losses) < _FIRST + _FEW:
        return losses
    start = np.median(losses[:_FIRST])
    medians = np.median(np.lib.stride_tricks.sliding_window_view(losses, _FEW), axis=1)
    return np.minimum(losses, start + max(start - medians.min(), _ABOVE * scatter_of(losses)))


def scatter_of(losses: np.ndarray) -> float:
    """Standard deviation of single losses by the median of the differences of neighbours, whatever breaks among them.

    These differences have √2 times the deviation of a single loss; 0.6745 is the upper quartile of a normal one.
    """
    return float(np.median(np.abs(np.diff(losses)))) / 0.6745 / 2**0.5


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


def local_parabolas(lrs: Sequence[float], losses: Sequence[float], reach: float = REACH) -> np.ndarray:
    """Smooth losses without the lag of a moving average: local parabolas with tricube weights (Cleveland 1979, LOESS).

    Parabolas and not lines, which would move the lowest loss away from the side on which the curve is steeper.

    Args:
        lrs: the rates, ascending.
        losses: a value that is not finite stays NaN and touches no other.
        reach: of a parabola to either side, in decades of learning rate, so that the range and the number of rates do
            not change how smooth a curve is; of a range below some four decades, 0.6 of the range.
    """
    weight = _weights(lrs, losses, reach)
    losses = np.asarray(losses, dtype=np.float64)
    return np.where(np.isfinite(losses), weight @ np.where(np.isfinite(losses), losses, 0), np.nan)


def noise_of(losses: Sequence[float]) -> float:
    """Standard deviation of single points about any smooth curve through them, which need not be known.

    From how far each point lies off the straight line between its neighbours (Gasser, Sroka and Jennen-Steinmetz 1986),
    whose variance is 1.5 times that of a point. The mean square and not the median, which falls short where the noise
    has heavy tails: give no points amid a break. Residuals of `local_parabolas` would count as noise what it
    smooths away at a bend. NaN for fewer than three finite points.
    """
    losses = np.asarray(losses, dtype=np.float64)
    losses = losses[np.isfinite(losses)]
    if len(losses) < 3:
        return float("nan")
    off = losses[1:-1] - (losses[:-2] + losses[2:]) / 2
    return float(np.sqrt((off**2).mean() / 1.5))


def clearest_fall(losses: Sequence[float], noise: float) -> float:
    """How clearly losses fall, in standard errors: the mean of the first points less that of those that follow.

    The largest over all ways to choose how many are first and how many follow, three at least. Of many points each, a
    mean tells a wide fall from noise that hides it at every single point. NaN for fewer than six finite points;
    infinite for a fall without noise.

    Args:
        losses: of a range test.
        noise: the standard deviation of a single one, see `noise_of`.
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
    if best <= 1e-6 * np.abs(losses).max():  # rounding
        return 0.0
    return best / noise if noise > 0 else float("inf")


def _weights(lrs: Sequence[float], losses: Sequence[float], reach: float) -> np.ndarray:
    """Row k: what each loss weighs in the smooth value at k."""
    finite, place = np.isfinite(np.asarray(losses, dtype=np.float64)), np.log10(np.asarray(lrs, dtype=np.float64))
    step = np.median(np.diff(place)) if len(place) > 1 else 1.0
    reach = max(min(reach, MOST_OF_RANGE * (place[-1] - place[0])), 2 * step) if len(place) else reach
    distance = np.abs(place[:, None] - place) / (reach + step)  # so that the last one within reach weighs something
    weight = np.clip(1 - distance**3, 0, None) ** 3 * finite
    powers = (place - place[:, None])[..., None] ** np.arange(3)  # about each rate: (rates, rates, 3)
    weighted = powers * weight[..., None]
    return (np.linalg.pinv(powers.mT @ weighted)[:, :1] @ weighted.mT)[:, 0]
