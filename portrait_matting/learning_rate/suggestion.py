"""From the curves of a learning rate range test to one rate. Pure numpy; rates ascend, one loss per rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from portrait_matting.errors import InputError
from portrait_matting.learning_rate.smoothing import (
    SHARE,
    average_sweeps,
    clearest_fall,
    local_lines,
    moving_average,
    noise_of,
)

MIN_POINTS = 12  # fewer are no curve
SKIP_END = 5  # last points that fastai drops, of a test that was stopped because it diverged
STANDS_OUT = 5.0  # standard errors of the clearest fall: of flat curves with normal noise one in a hundred has so many
CLIMBS = 4.0  # times the noise of single points that a smooth curve rises, so that it is said to
LOST = 0.25  # share of the fall that has gone again where training is said to break
SAFETY = 3.0  # `rise` is so far below the rate that breaks
EDGE = 1.5  # an answer nearer than this factor to an end of the range lies at it


def rise(
    lrs: np.ndarray, mean: np.ndarray, *, share: float = SHARE, lost: float = LOST, safety: float = SAFETY, **_: float
) -> float | None:
    """A third of the first rate past the minimum where a quarter of the fall is lost again; None: nowhere is.

    Smith's maximal rate is the one at which the loss begins to climb (arXiv 1506.01186, section 3.3). The climb is
    seen clearly and moves little with the range and the batches; the slope on the way down is seen neither.
    """
    breaks = breaking_rate(lrs, local_lines(mean, share), lost)
    return None if breaks is None else breaks / safety


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


def steepest(lrs: np.ndarray, mean: np.ndarray, *, share: float = SHARE, **_: float) -> float:
    """The rate where the loss falls fastest per decade of rate, before its minimum."""
    smooth = local_lines(mean, share)
    return float(lrs[np.gradient(smooth, np.log10(lrs))[: int(smooth.argmin()) + 1].argmin()])


def minimum(lrs: np.ndarray, mean: np.ndarray, *, share: float = SHARE, **_: float) -> float:
    """A tenth of the rate of the lowest loss."""
    return float(lrs[local_lines(mean, share).argmin()] / 10)


RULES: dict[str, Callable[..., float | None]] = {
    "rise": rise,
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
    smooth: np.ndarray  # local lines through the mean
    noise: float = float("nan")  # standard deviation of the mean around them
    fall: float = float("nan")  # of the smooth curve, from its highest point before its lowest
    clear: float = float("nan")  # standard errors of the clearest fall
    breaks: float | None = None  # the rate from which on the loss has risen again; None: nowhere, or it never fell
    edge: Literal["min_lr", "max_lr"] | None = None  # the end of the range that bears on the answer


def suggest(
    lrs: Sequence[float],
    sweeps: np.ndarray,
    rule: str = "rise",
    *,
    min_points: int = MIN_POINTS,
    share: float = SHARE,
    stands_out: float = STANDS_OUT,
    lost: float = LOST,
    safety: float = SAFETY,
) -> Suggestion:
    """Maximal learning rate for a cyclical schedule, or none where the curve has none to offer.

    A curve is refused where no fall stands out from its own noise, whatever the rule. Where the range ends
    before training breaks, `rise` takes the end of the range for the rate that breaks, and `edge` says so.

    Args:
        lrs: rates of the range test, ascending.
        sweeps: losses (sweeps, rates), NaN from where a sweep ended; one sweep may be given as (rates,).
        rule: "rise", "valley", "steepest" or "minimum".
        min_points: fewer rates with a finite mean than this suggest nothing.
        share: of `local_lines`, for all that reads a smooth curve; `valley` smooths in its own way.
        stands_out: the clearest fall is asked to be so many standard errors.
        lost, safety: of `rise`; `lost` also says where training breaks, whatever the rule.

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
    smooth, noise = local_lines(mean, share), noise_of(mean)
    lowest = int(smooth.argmin())
    fall = float(smooth[: lowest + 1].max() - smooth[lowest])
    breaks = breaking_rate(lrs, smooth, lost)
    if breaks is None and not finite[-1]:
        breaks = float(lrs[-1])  # no sweep got further: the loss there was no number
    clear = clearest_fall(mean)
    measured = (lrs, mean, smooth, noise, fall, clear)
    told = f"the loss falls by {fall:.3g}, {clear:.1f} standard errors"
    if not clear > stands_out or fall <= 1e-6 * abs(smooth[lowest]):
        # Flat, then up: no range would help. Up at once: the loss may have fallen below the range.
        early = smooth[: len(lrs) // 4 + 1]
        climbs = early[-1] - early.min() > max(CLIMBS * noise, 1e-6 * abs(smooth[lowest]))
        edge = "min_lr" if climbs else None
        return Suggestion(None, f"no fall stands out: {told}, where {stands_out:g} are asked for", *measured, edge=edge)
    rate = RULES[rule](lrs, mean, share=share, lost=lost, safety=safety, ladder=len(ladder))
    if rate is None and rule == "rise":
        rate = (breaks or float(lrs[-1])) / safety
    if rate is None:
        return Suggestion(None, f"{len(lrs)} rates with a finite loss are too few for it", *measured, breaks)
    if breaks is None:
        edge = "max_lr" if rule == "rise" or lowest == len(lrs) - 1 else None
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


def descents(values: Sequence[float]) -> np.ndarray:
    """Length of the longest strictly decreasing subsequence that ends at each value. O(n²): there are 100 values."""
    values = np.asarray(values, dtype=np.float64)
    lengths = np.ones(len(values), dtype=int)
    for k in range(1, len(values)):
        lengths[k] += np.where(values[:k] > values[k], lengths[:k], 0).max()
    return lengths
