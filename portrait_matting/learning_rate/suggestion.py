"""From the curve of a learning rate range test to one rate. Pure numpy; rates ascend, losses are scalars per rate."""

from collections.abc import Callable, Sequence

import numpy as np

from portrait_matting.errors import InputError

EMA_BETA = 0.98  # of Lightning's and of fastai's range test
SKIP_END = 5  # last points of a test that was stopped because it diverged, as fastai drops them


def debias(losses: Sequence[float], beta: float = EMA_BETA, steps: Sequence[int] | None = None) -> np.ndarray:
    """Smooth losses as they should be, from the ones that Lightning's range test records.

    Lightning divides the moving average of k samples by 1 - beta^(g + 1), where g is the number of optimizer steps
    done, g = k in the plain case. Correct is 1 - beta^k. Without it a curve starts at half the true loss and rises.

    Args:
        losses: recorded losses. A non-finite one stays as it is and counts as a point where no sample went in.
        beta: decay of the moving average.
        steps: g per point; None: 1, 2, 3, ...

    Returns:
        float64, as many as `losses`.
    """
    recorded, steps = _arrays(losses, steps)
    samples = np.maximum(np.cumsum(np.isfinite(recorded)), 1)
    return recorded * (1 - beta ** (steps + 1)) / (1 - beta**samples)


def raw_losses(losses: Sequence[float], beta: float = EMA_BETA, steps: Sequence[int] | None = None) -> np.ndarray:
    """The losses that went into Lightning's moving average, one per point; arguments as for `debias`.

    From average_k = beta * average_(k-1) + (1 - beta) * loss_k, solved for loss_k.
    """
    recorded, steps = _arrays(losses, steps)
    averages = recorded * (1 - beta ** (steps + 1))
    raw, previous = np.full_like(averages, np.nan), 0.0
    for k in np.flatnonzero(np.isfinite(averages)):
        raw[k] = (averages[k] - beta * previous) / (1 - beta)
        previous = averages[k]
    return raw


def centred(raw: Sequence[float], share: float = 0.15) -> np.ndarray:
    """Smooth losses without the lag of a moving average: local lines with tricube weights (Cleveland 1979, LOWESS).

    Over a test of 100 rates the moving average trails by some decade of rate, which puts the steepest and the lowest
    point beyond the rate where training breaks.

    Args:
        raw: losses of single batches; a non-finite one stays NaN and touches no other.
        share: reach of a line to either side, as a share of all points.
    """
    raw = np.asarray(raw, dtype=np.float64)
    finite, place = np.isfinite(raw), np.arange(len(raw), dtype=np.float64)
    distance = np.abs(place[:, None] - place) / (max(share * len(raw), 2) + 1)
    weight = np.clip(1 - distance**3, 0, None) ** 3 * finite
    with np.errstate(invalid="ignore", divide="ignore"):
        weight /= weight.sum(1, keepdims=True)
        middle, level = weight @ place, weight @ np.where(finite, raw, 0)
        offset = weight * (place - middle[:, None])
        slope = offset @ np.where(finite, raw, 0) / (offset * (place - middle[:, None])).sum(1)
    return np.where(finite, level + slope * (place - middle), np.nan)


def longest_decreasing_subsequence(values: Sequence[float]) -> np.ndarray:
    """Indices, ascending, of a longest strictly decreasing subsequence. O(n^2): a range test has 100 points."""
    values = np.asarray(values, dtype=np.float64)
    lengths = np.ones(len(values), dtype=int)
    previous = np.full(len(values), -1)
    for k in range(1, len(values)):
        candidates = np.where(values[:k] > values[k], lengths[:k], 0)
        best = int(candidates.argmax())
        if candidates[best]:
            lengths[k], previous[k] = candidates[best] + 1, best
    chain = [int(lengths.argmax())] if len(values) else []
    while chain and previous[chain[-1]] >= 0:
        chain.append(int(previous[chain[-1]]))
    return np.array(chain[::-1], dtype=int)


def valley(lrs: np.ndarray, losses: np.ndarray) -> float:
    """fastai's default: the middle of the longest descent, found as one third and one sixth of its span from its start.

    The safest of the rules on a noisy curve: no slope is taken, and the descent may have bumps. Reads losses from
    `debias`, as smooth as the ones that fastai tuned the rule on.
    """
    descent = longest_decreasing_subsequence(losses)
    span = int(descent[-1] - descent[0])
    return float(lrs[descent[0] + span // 3 + span // 6])


def steepest(lrs: np.ndarray, losses: np.ndarray) -> float:
    """The rate where the loss falls fastest per decade of rate. Reads losses from `centred`.

    Lightning's own suggestion takes the slope over the rate itself, which favours the far left of a log ladder.
    """
    return float(lrs[np.gradient(losses, np.log10(lrs)).argmin()])


def minimum(lrs: np.ndarray, losses: np.ndarray) -> float:
    """A tenth of the rate of the lowest loss. Reads losses from `centred`.

    A curve that flattens and never rises again puts it near a tenth of the highest rate tried.
    """
    return float(lrs[losses.argmin()] / 10)


RULES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "valley": valley,
    "steepest": steepest,
    "minimum": minimum,
}


def suggest(
    lrs: Sequence[float],
    losses: Sequence[float],
    rule: str = "valley",
    min_points: int = 12,
    min_fall: float = 0.02,
) -> float | None:
    """Maximal learning rate for a cyclical schedule, or None where the curve has none to offer.

    Non-finite points are dropped, then the first tenth, where few samples make a curve jumpy, and the last 5.

    Args:
        lrs: rates of the range test, ascending.
        losses: smooth losses, of the kind that the rule reads.
        rule: "valley", "steepest" or "minimum".
        min_points: fewer finite points than this suggest nothing.
        min_fall: a curve that nowhere falls by this share of its own height is flat and suggests nothing.

    Raises:
        InputError: no such rule.
    """
    if rule not in RULES:
        raise InputError(f"learning rate finder: rule is {rule}; give one of {', '.join(RULES)}")
    lrs, losses = np.asarray(lrs, dtype=np.float64), np.asarray(losses, dtype=np.float64)
    finite = np.isfinite(lrs) & np.isfinite(losses)
    lrs, losses = lrs[finite], losses[finite]
    if len(lrs) < max(min_points, SKIP_END + 3):
        return None
    kept = slice(len(lrs) // 10, -SKIP_END)
    lrs, losses = lrs[kept], losses[kept]
    highest_so_far = np.maximum.accumulate(losses)
    if not np.any(highest_so_far - losses > min_fall * np.abs(highest_so_far)):
        return None
    return RULES[rule](lrs, losses)


def _arrays(losses: Sequence[float], steps: Sequence[int] | None) -> tuple[np.ndarray, np.ndarray]:
    recorded = np.asarray(losses, dtype=np.float64)
    return recorded, np.arange(1, len(recorded) + 1) if steps is None else np.asarray(steps)
