"""When a run has to be over, and how many optimizer steps fit until then."""

import math
import time
from collections.abc import Callable

from portrait_matting.learning_rate.pace import Speed
from portrait_matting.learning_rate.validation_calendar import MOST_STEPS, ValidationCalendar

_MARGIN = 0.01  # of the time: what nobody measures, such as a dashboard that closes
_CLOSING = 1.0  # seconds: Python ends
_WINDOW = 0.05  # of the time: over which the speed is measured
_FIRST = 10  # times as long as the next ones the first step takes, as is assumed of it: kernels, caches, workers
_SETTLED = 10  # steps after which the speed is compared with that of the rehearsal


class WorkingTime:
    """The seconds that a run has worked: those before it was resumed, as far as its checkpoint knows, and those since.

    Args:
        began: what the clock said when this process began to work on it; None: now.
        clock: rises by one a second. Python's perf_counter goes on while the process is stopped, but not, on Linux and
            macOS, while the machine sleeps.
    """

    def __init__(self, began: float | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self.began = clock() if began is None else began
        self.before = 0.0

    @property
    def spent(self) -> float:
        return self.before + self.clock() - self.began


class Deadline:
    """The end that a run has to keep, with what is left to do after its last step: validation, checkpoint and test.

    What a validation costs is known from the last one that was seen, before the first from a rehearsal; what the test
    costs from a rehearsal. Both are scaled by how the speed of the steps has changed since.

    Args:
        seconds: of work.
        working: measures it.
        renewed: the seconds are those of this process alone, as a Slurm job has them, whatever was spent before.
        validation, test: seconds of one, by a rehearsal.
    """

    def __init__(
        self,
        seconds: float,
        working: WorkingTime,
        renewed: bool = False,
        validation: float = 0.0,
        test: float = 0.0,
    ) -> None:
        self._given, self.working, self.renewed = seconds, working, renewed
        self.validation, self.test = validation, test
        self.speed = Speed(_WINDOW * seconds)
        self._rehearsed = self._then = math.nan  # the speed when the test was rehearsed, and when V was last seen
        self._seen: float | None = None
        self._mark = self._validating = math.nan
        self._paused = 0.0

    @property
    def seconds(self) -> float:
        """Of work, all parts of a resumed run together."""
        return self._given + self.working.before if self.renewed else self._given

    def start(self) -> None:
        """The first step is about to begin."""
        self._mark = self.working.clock()

    def step_ends(self) -> None:
        """An optimizer step is done."""
        now = self.working.clock()
        self.speed.add(now - self._mark - self._paused)
        self._mark, self._paused = now, 0.0
        if self.speed.measured == _SETTLED:
            self._rehearsed = self.speed.seconds

    def validation_begins(self) -> None:
        """A validation is about to begin."""
        self._validating = self.working.clock()

    def validation_ends(self) -> None:
        """It has ended, and its checkpoint is written; does nothing where there was none."""
        if math.isnan(self._validating):
            return
        self._seen, self._then = self.working.clock() - self._validating, self.speed.seconds
        self._paused += self._seen
        self._validating = math.nan

    def left(self, validates: bool = True) -> float:
        """Seconds for the steps and the validations between them; less than 0 where the time is over."""
        after = self.seconds_of_test() + (self.seconds_of_validation() if validates else 0.0)
        return self.seconds * (1 - _MARGIN) - _CLOSING - self.working.spent - after

    def steps_left(
        self, done: int, calendar: ValidationCalendar, validates: bool = True, total: int | None = None
    ) -> int:
        """How many optimizer steps are left after `done`, 1 or more: those that fit, and not more than to `total`.

        Before there was a step in this process that is a measure, all that `total` leaves, or `MOST_STEPS`.
        """
        by_steps = MOST_STEPS if total is None else total - done
        if self.speed.measured < (1 if total is None else 2):
            return max(by_steps, 1)
        step = self.speed.seconds / (_FIRST if self.speed.measured == 1 else 1)
        fit = calendar.steps_within(self.left(validates), step, self.seconds_of_validation(), done)
        return max(min(fit, by_steps), 1)

    def needs(self, steps: int) -> float:
        """Seconds that so many steps take, without validations; 0 where nobody knows."""
        return 0.0 if math.isnan(self.speed.seconds) else steps * self.speed.seconds

    def seconds_of_validation(self) -> float:
        """What the next validation is going to take."""
        if self._seen is None:
            return self.validation * max(self._since(self._rehearsed), 1.0)
        return self._seen * self._since(self._then)

    def seconds_of_test(self) -> float:
        """What the test is going to take."""
        return self.test * max(self._since(self._rehearsed), 1.0)

    def _since(self, then: float) -> float:
        ratio = self.speed.seconds / then if then else math.nan
        return 1.0 if math.isnan(ratio) else ratio
