"""From the curves of a learning rate range test to one rate. Pure numpy; rates ascend, one loss per rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.smoothing import (
    REACH,
    average_sweeps,
    clearest_fall,
    local_parabolas,
    moving_average,
    noise_of,
)

MIN_POINTS = 12  # fewer are no curve
SKIP_END = 5  # last points that fastai drops, of a test that was stopped because it diverged
STANDS_OUT = 4.5  # standard errors of the clearest fall: one to two in a hundred flat curves have so many
CLIMBS = 4.0  # times the noise of single points that a smooth curve rises, so that it is said to
LOST = 0.25  # share of the fall that has gone again where training is said to break
DEPTH = 0.05  # share of the fall: `bottom` counts as its bottom what lies no higher above the lowest loss
MARGIN = 1.25  # `bottom` is so far below its middle: between the best peaks of four trainings (EXPERIMENTS, 2026-11-27)
EDGE = 1.5  # an answer nearer than this factor to an end of the range lies at it


def bottom(
    lrs: np.ndarray, mean: np.ndarray, *, reach: float = REACH, depth: float = DEPTH, margin: float = MARGIN, **_: float
) -> float:
    """The middle of the curve's bottom, divided by `margin`.

    The bottom is where the smooth loss lies within `depth` times its fall of its lowest value; its middle is taken on
    the logarithmic scale. Both of its ends are seen clearly, and move little with the range, the batches and the
    noise; where training breaks moves with all three, and says little of the rate that a cycle wants (EXPERIMENTS).
    """
    smooth, logs = local_parabolas(lrs, mean, reach), np.log(lrs)
    lowest = int(smooth.argmin())
    level = smooth[lowest] + depth * (smooth[: lowest + 1].max() - smooth[lowest])
    above = np.flatnonzero(smooth > level)
    before, after = above[above < lowest], above[above > lowest]
    ends = [logs[0] if not before.size else _crossing(level, smooth, logs, before[-1], before[-1] + 1)]
    ends += [logs[-1] if not after.size else _crossing(level, smooth, logs, after[0], after[0] - 1)]
    return float(np.exp(np.mean(ends)) / margin)


def valley(lrs: np.ndarray, mean: np.ndarray, *, ladder: int | None = None, **_: float) -> float | None:
    """fastai's default (fastai.callback.schedule.valley), as it is there: the middle of the longest descent.

    The descent is a longest decreasing subsequence, of n points and ending at e; its middle is taken to be n // 3 +
    n // 6 after e - n, which is right where it leaves no point out. A tenth of the `ladder`, the number of rates that
    were to be tried, is dropped at the beginning, and 5 points at the end. It reads a moving average, which over few
    points falls all the way: then its answer is the middle of the range. None: no point is left.
    """
    kept = slice((ladder or len(lrs)) // 10, -SKIP_END)
    rates, losses = lrs[kept], moving_average(mean)[kept]
    if not len(rates):
        return None
    lengths = descents(losses)
    end, n = int(lengths.argmax()), int(lengths.max())
    return float(rates[max(end - n + int(n / 3) + int(n / 6), 0)])


def steepest(lrs: np.ndarray, mean: np.ndarray, *, reach: float = REACH, **_: float) -> float:
    """The rate where the loss falls fastest per decade of rate, before its minimum; smoothed half as far."""
    smooth = local_parabolas(lrs, mean, reach / 2)
    return float(lrs[np.gradient(smooth, np.log10(lrs))[: int(smooth.argmin()) + 1].argmin()])


def minimum(lrs: np.ndarray, mean: np.ndarray, *, reach: float = REACH, **_: float) -> float:
    """A tenth of the rate of the lowest loss."""
    return float(lrs[local_parabolas(lrs, mean, reach).argmin()] / 10)


RULES: dict[str, Callable[..., float | None]] = {
    "bottom": bottom,
    "valley": valley,
    "steepest": steepest,
    "minimum": minimum,
}


@dataclass(frozen=True)
class Suggestion:
    """What a rule says of some sweeps. All arrays are float64 with one entry per rate that any sweep reached."""

    rate: float | None  # None: the curve has none to offer
    reason: str  # why this rate or none, in one line
    lrs: np.ndarray
    mean: np.ndarray  # of the sweeps
    smooth: np.ndarray  # local parabolas through the mean
    noise: float = float("nan")  # standard deviation of the mean around them
    fall: float = float("nan")  # of the smooth curve, from its highest point before its lowest
    clear: float = float("nan")  # standard errors of the clearest fall
    breaks: float | None = None  # the rate from which on the loss has risen again; None: nowhere, or it never fell
    edge: Literal["min_lr", "max_lr"] | None = None  # the end of the range that bears on the answer


def suggest(
    lrs: Sequence[float],
    sweeps: np.ndarray,
    rule: str = "bottom",
    *,
    min_points: int = MIN_POINTS,
    reach: float = REACH,
    stands_out: float = STANDS_OUT,
    lost: float = LOST,
    depth: float = DEPTH,
    margin: float = MARGIN,
) -> Suggestion:
    """Maximal learning rate for a cyclical schedule, or none where the curve has none to offer.

    A curve is refused where no fall stands out from its own noise, whatever the rule.

    Args:
        lrs: rates of the range test, ascending.
        sweeps: losses (sweeps, rates), NaN from where a sweep ended; one sweep may be given as (rates,).
        rule: "bottom", "valley", "steepest" or "minimum".
        min_points: fewer rates with a finite mean than this suggest nothing.
        reach: of `local_parabolas`, for all that reads a smooth curve; `valley` smooths in its own way.
        stands_out: the clearest fall is asked to be so many standard errors.
        lost: share of the fall that has gone again where training is said to break.
        depth, margin: of `bottom`.

    Raises:
        InputError: no such rule.
    """
    if rule not in RULES:
        raise InputError(f"learning rate finder: rule is {rule}; give one of {', '.join(RULES)}")
    ladder, mean = np.asarray(lrs, dtype=np.float64), average_sweeps(np.atleast_2d(sweeps))
    finite = np.isfinite(ladder) & np.isfinite(mean)
    lrs, mean = ladder[finite], mean[finite]
    if len(lrs) < max(min_points, 2):
        ended = len(lrs) and len(lrs) < len(ladder)
        told = f", since the loss rises or is no number from {lrs[-1]:.3g} on" if ended else ""
        reason = f"{len(lrs)} rates with a finite loss are too few{told}"
        return Suggestion(None, reason, lrs, mean, mean, edge="min_lr" if ended else None)
    smooth = local_parabolas(lrs, mean, reach)
    lowest = int(smooth.argmin())
    noise = noise_of(mean[: max(lowest, MIN_POINTS)])  # beyond, training may be breaking, and its loss wild
    fall = float(smooth[: lowest + 1].max() - smooth[lowest])
    breaks = breaking_rate(lrs, smooth, lost)
    if breaks is None and not finite[-1]:
        breaks = float(lrs[-1])  # no sweep got further: the loss there was no number
    clear = clearest_fall(mean, noise)
    measured = (lrs, mean, smooth, noise, fall, clear)
    told = f"the loss falls by {fall:.3g}, {clear:.1f} standard errors"
    if not clear > stands_out or fall <= 1e-6 * abs(smooth[lowest]):
        # Flat, then up: no range would help. Up at once: the loss may have fallen below the range.
        early = smooth[: len(lrs) // 4 + 1]
        climbs = early[-1] - early.min() > max(CLIMBS * noise, 1e-6 * abs(smooth[lowest]))
        edge = "min_lr" if climbs else None
        return Suggestion(None, f"no fall stands out: {told}, where {stands_out:g} are asked for", *measured, edge=edge)
    rate = RULES[rule](lrs, mean, reach=reach, depth=depth, margin=margin, ladder=len(ladder))
    if rate is None:
        return Suggestion(None, f"{len(lrs)} rates with a finite loss are too few for it", *measured, breaks)
    if breaks is None:
        edge = "max_lr" if rule == "bottom" or lowest == len(lrs) - 1 else None
        told += f", and has not risen again at {lrs[-1]:.3g}, the end of the range"
    else:
        edge = "min_lr" if rate < EDGE * ladder[0] else "max_lr" if rate > ladder[-1] / EDGE else None
        told += f", and has risen again at {breaks:.3g}"
    return Suggestion(rate, told, *measured, breaks, edge)


def breaking_rate(lrs: np.ndarray, smooth: np.ndarray, lost: float = LOST) -> float | None:
    """The first rate past the minimum where a share `lost` of the fall is lost again; None: nowhere is."""
    lowest = int(smooth.argmin())
    level = smooth[lowest] + lost * (smooth[: lowest + 1].max() - smooth[lowest])
    beyond = np.flatnonzero(smooth[lowest:] >= level)
    if not beyond.size or not beyond[0]:
        return None
    at = lowest + int(beyond[0])
    return float(np.exp(np.interp(level, smooth[at - 1 : at + 1], np.log(lrs[at - 1 : at + 1]))))


def _crossing(level: float, smooth: np.ndarray, logs: np.ndarray, high: int, low: int) -> float:
    """Where between two neighbours, above the level and not, a straight line meets it."""
    return float(np.interp(level, smooth[[low, high]], logs[[low, high]]))


def descents(values: Sequence[float]) -> np.ndarray:
    """Length of the longest strictly decreasing subsequence that ends at each value. O(n²): there are 100 values."""
    values = np.asarray(values, dtype=np.float64)
    lengths = np.ones(len(values), dtype=int)
    for k in range(1, len(values)):
        lengths[k] += np.where(values[:k] > values[k], lengths[:k], 0).max()
    return lengths
