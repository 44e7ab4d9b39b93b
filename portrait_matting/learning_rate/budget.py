"""What a search for the learning rate may cost, in optimizer steps of the training that it is for."""

import math
from dataclasses import dataclass

FEWEST_STEPS = 20  # of a sweep: fewer are no curve
SHARE = 0.05  # of the training


@dataclass(frozen=True)
class Budget:
    """What a search may cost.

    Args:
        steps: optimizer steps of the training, each as dear as one of the search; None: not known.
        seconds: that the training lasts at most; None: as long as its steps take.
        share: of the training that the search may cost; None: whatever it costs.
    """

    steps: int | None = None
    seconds: float | None = None
    share: float | None = SHARE

    @property
    def timed(self) -> bool:
        """Whether the speed has to be known to tell."""
        return self.seconds is not None and self.share is not None

    def training_steps(self, step_seconds: float = math.nan) -> float:
        """Optimizer steps of the training, of `step_seconds` each; infinite where they are not known."""
        steps = math.inf if self.steps is None else float(self.steps)
        if self.seconds is None or not step_seconds > 0:
            return steps
        return min(steps, self.seconds / step_seconds)

    def size(self, sweeps: int, steps: int, spent: int = 0, step_seconds: float = math.nan) -> tuple[int, int]:
        """Sweeps, and steps of each, that the budget allows, of at most `sweeps` and `steps`.

        Args:
            spent: optimizer steps that the search has cost already.
            step_seconds: of an optimizer step.
        """
        training = self.training_steps(step_seconds)
        if self.share is None or training == math.inf:
            return sweeps, steps
        return within_budget(sweeps, steps, int(self.share * training) - spent)


def within_budget(sweeps: int, steps: int, budget: int) -> tuple[int, int]:
    """Sweeps, and steps of each, that are at most `budget` steps in all: shorter sweeps first, then fewer.

    A sweep of 20 steps is always left: it is the least that shows a curve.

    >>> within_budget(3, 40, 90), within_budget(3, 40, 50), within_budget(3, 40, 30), within_budget(3, 40, 5)
    ((3, 30), (2, 25), (1, 30), (1, 20))
    """
    sweeps = max(min(sweeps, budget // FEWEST_STEPS), 1)
    return sweeps, max(min(steps, budget // sweeps), FEWEST_STEPS)
