"""Which candidate is the best, where that is more than noise."""

from collections.abc import Mapping, Sequence

from portrait_matting.evaluation.confidence import Interval
from portrait_matting.evaluation.paired_test import Difference
from portrait_matting.metrics.catalogue import METRICS


def best(
    name: str, intervals: Sequence[Mapping[str, Interval]], differences: Sequence[Mapping[str, Difference]]
) -> int | None:
    """Which candidate's metric is better than every other's by more than noise; None where none is.

    The paired test knows of differences from the first candidate. Two later ones count as different where their
    intervals do not meet, which asks for more.
    """
    sign = 1 if METRICS[name].higher else -1
    ranges = [of_candidate[name] for of_candidate in intervals]
    first = max(range(len(ranges)), key=lambda at: sign * ranges[at].value)
    for other in range(len(ranges)):
        if other == first:
            continue
        later = max(first, other)
        differs = (
            differences[later - 1][name].differs
            if 0 in (first, other)
            else ranges[first].low > ranges[other].high or ranges[first].high < ranges[other].low
        )
        if not differs:
            return None
    return first if len(ranges) > 1 else None
