"""The largest batch that fits, found from a few predicted steps, and how it reaches the effective batch."""

import bisect
import math
from collections.abc import Callable

LIMIT = 1024
"""Images; no card holds so many at a size that is worth training at."""


class Peaks:
    """The peak bytes of training steps that differ in their batch alone: predicted where need be, else on a line.

    What is kept for the backward pass grows with the batch and the rest does not, so the peak is a line, which bends up
    where something else was the peak of smaller batches, such as the optimizer's step. Drawn on from two batches it is
    therefore never above the truth, and between two never below.

    Args:
        predict: batch size to peak bytes, exactly. It is asked at once for 1 and 2.
    """

    def __init__(self, predict: Callable[[int], int]) -> None:
        self._predict = predict
        self.known = {batch: predict(batch) for batch in (1, 2)}

    def largest(self, budget: int) -> int:
        """The most images whose peak is at most `budget`, up to LIMIT; 0 where one image's is more.

        That it fits is predicted exactly, and that one image more does not, by the line at least.
        """
        low, high = self._bounds(budget)
        while high - low > 1:  # so that 2 at least fits
            if self._fitting(budget, [batch for batch in sorted(self.known) if batch <= low]) < low + 1:
                break
            guess = math.floor(self.fitting(budget))
            batch = min(guess, high - 1) if guess > low else (low + high) // 2
            self.learn(batch)
            low, high = self._bounds(budget)
        return low

    def learn(self, batch: int) -> None:
        """Predicts the peak of a batch exactly, where it is not known yet."""
        if batch not in self.known:
            self.known[batch] = self._predict(batch)

    def fitting(self, budget: int) -> float:
        """The images that fit by the line through the two largest known batches, not rounded to whole ones."""
        return self._fitting(budget, sorted(self.known))

    def at(self, images: float) -> int:
        """The peak bytes of a batch: exactly where it is known, else by the line through its known neighbours."""
        batches = sorted(self.known)
        last = min(max(bisect.bisect_left(batches, images), 1), len(batches) - 1)
        below, slope = batches[last - 1], self._slope(batches[last - 1], batches[last])
        return self.known.get(images) or round(self.known[below] + slope * (images - below))

    def _fitting(self, budget: int, batches: list[int]) -> float:
        smaller, larger = batches[-2:]
        slope = self._slope(smaller, larger)
        if slope <= 0:  # something else is the peak as yet
            return 2 * larger
        return larger + (budget - self.known[larger]) / slope

    def _slope(self, smaller: int, larger: int) -> float:
        return (self.known[larger] - self.known[smaller]) / (larger - smaller)

    def _bounds(self, budget: int) -> tuple[int, int]:
        """The largest batch that is known to fit, and the smallest that is known not to."""
        low = max((batch for batch, peak in self.known.items() if peak <= budget), default=0)
        return low, min((batch for batch, peak in self.known.items() if peak > budget), default=LIMIT + 1)


def share(effective_batch: int, largest: int) -> tuple[int, int]:
    """The batch size, at most `largest`, and the forward passes to accumulate that reach the effective batch.

    Their product is the effective batch, never less. It is more only where no divisor of the effective batch lies
    between half of `largest` and `largest`: a tiny batch would cost more than a step of one or two images more, for
    BatchNorm takes its statistics from it. (0, 0) where nothing fits.
    """
    if largest < 1:
        return 0, 0
    largest = min(largest, effective_batch)
    for batch_size in range(largest, math.ceil(largest / 2) - 1, -1):
        if effective_batch % batch_size == 0:
            return batch_size, effective_batch // batch_size
    accumulate = math.ceil(effective_batch / largest)
    return math.ceil(effective_batch / accumulate), accumulate
