"""The best peak of a grid, and what a rate between its peaks would give."""

from typing import NamedTuple

import numpy as np


class Best(NamedTuple):
    """The lowest point of a grid."""

    peak: float
    error: float
    at_end: bool  # the grid ends there, and the best may lie beyond


def best(peaks: np.ndarray, errors: np.ndarray) -> Best:
    """The vertex of the parabola through the lowest error and its neighbours, in log rate.

    Args:
        peaks: (n,), ascending, three or more.
        errors: (n,), the mean over seeds.
    """
    lowest = int(np.argmin(errors))
    if lowest in (0, len(peaks) - 1):
        return Best(float(peaks[lowest]), float(errors[lowest]), True)
    place, curve = _parabola(peaks, errors, lowest)
    vertex = -curve[1] / (2 * curve[0]) if curve[0] > 0 else place[1]
    return Best(float(np.exp(vertex)), float(np.polyval(curve, vertex)), False)


def error_at(peaks: np.ndarray, errors: np.ndarray, rate: float) -> float:
    """The error at a rate: on the parabola of `best` next to the lowest, else on straight lines in log rate.

    NaN beyond the grid's ends.
    """
    if not peaks[0] <= rate <= peaks[-1]:
        return float("nan")
    lowest = int(np.argmin(errors))
    if 0 < lowest < len(peaks) - 1 and peaks[lowest - 1] <= rate <= peaks[lowest + 1]:
        return float(np.polyval(_parabola(peaks, errors, lowest)[1], np.log(rate)))
    return float(np.interp(np.log(rate), np.log(peaks), errors))


def _parabola(peaks: np.ndarray, errors: np.ndarray, lowest: int) -> tuple[np.ndarray, np.ndarray]:
    near = slice(lowest - 1, lowest + 2)
    place = np.log(peaks[near])
    return place, np.polyfit(place, errors[near], 2)
