"""When a run validates: counted ahead, for a run that has to keep the time for it."""

import math
from dataclasses import dataclass

MOST_STEPS = 2**31
"""More optimizer steps than any run has."""


@dataclass(frozen=True)
class ValidationCalendar:
    """After which optimizer steps a run validates, as Lightning decides it.

    Args:
        in_epoch: batches of an epoch; inf where nobody knows.
        accumulate: batches of an optimizer step; an epoch's end ends a step.
        every: batches between two validations; inf: none.
        epochs: of so many epochs the last has validations; None: batches are counted on from epoch to epoch.
        interval: seconds between two validations, where the time decides and not the batches.
    """

    in_epoch: float
    accumulate: int = 1
    every: float = math.inf
    epochs: int | None = 1
    interval: float = math.inf

    def until(self, steps: int) -> int:
        """How many validations the first `steps` optimizer steps of a run have.

        >>> of_ten = ValidationCalendar(in_epoch=10, accumulate=4, every=10)
        >>> [of_ten.until(steps) for steps in (0, 2, 3, 5, 6)]
        [0, 0, 1, 1, 2]
        """
        if math.isinf(self.every) or steps <= 0:
            return 0
        if math.isinf(self.in_epoch):
            return int(steps * self.accumulate // self.every)
        epoch, rest = divmod(steps, self.steps_of_epoch)
        batches = min(rest * self.accumulate, self.in_epoch)
        if self.epochs is None:
            return int((epoch * self.in_epoch + batches) // self.every)
        whole = (epoch // self.epochs) * (self.in_epoch // self.every)
        return int(whole + (batches // self.every if (epoch + 1) % self.epochs == 0 else 0))

    @property
    def steps_of_epoch(self) -> int:
        """Optimizer steps of an epoch, where its length is known."""
        return math.ceil(self.in_epoch / self.accumulate)

    def steps_within(self, seconds: float, step: float, validation: float, done: int) -> int:
        """How many optimizer steps fit into a time, with the validations between them, without that after the last.

        Args:
            seconds: that there are.
            step, validation: seconds of one.
            done: optimizer steps before these.

        Returns:
            0 or more, at most `MOST_STEPS`: so many where neither steps nor validations take time, or the time has no
            end.
        """
        step *= 1 + validation / self.interval
        most = MOST_STEPS if step <= 0 else int(min(max(seconds / step, 0), MOST_STEPS))
        before, least = self.until(done), 0
        while least < most:  # the time that n steps take rises with n
            middle = (least + most + 1) // 2
            between = self.until(done + middle - 1) - before
            if middle * step + between * validation <= seconds:
                least = middle
            else:
                most = middle - 1
        return least
