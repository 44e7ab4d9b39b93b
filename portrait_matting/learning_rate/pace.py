"""How a run that has to end at a time goes along its curve: one place for each optimizer step, and never a leap."""

import math

LEAP = 0.02  # of the curve: what one step may always go on by
_DOUBLE = 2.0  # and by so many times what the step before it went on


def next_place(place: float, last: float, steps_left: int, before: float) -> float:
    """The place on a curve, from 0 to `last`, of the next optimizer step.

    What is left of the curve is spread evenly over the steps that are left, so that the place rises evenly where these
    were estimated right, and comes to `last` with the last of them in any case. Where the estimate falls, the run goes
    on faster and not by a leap: a step goes on by at most the largest of one step of the curve, `LEAP` of the curve,
    and twice what the step before it went on. An estimate that was wrong to the end is overrun by six steps at most.

    A run that its steps end, and not its time, is at 0, 1, 2 … to the last bit.

    Args:
        place: of the step before.
        last: the end of the curve; places are counted in steps of a run that ends by steps.
        steps_left: how many steps fit, the next one included; less than 1 counts as 1.
        before: by how much the step before it went on.
    """
    most = max(1.0, LEAP * last, _DOUBLE * before)
    steps_left = max(steps_left, 1)
    if steps_left == 1 and last - place <= most:
        return last  # and not almost: the run ends by this
    return min(place + min((last - place) / steps_left, most), last)


class Speed:
    """Seconds of an optimizer step, of late.

    A mean over the last `window` seconds of steps, and over all while there were fewer. The first step after a start is
    no measure and is left out as soon as there is another: kernels are searched, caches filled, workers started.
    A single long step, as one in which a checkpoint is written, is one of the window's and does not empty it.

    Args:
        window: seconds.
    """

    def __init__(self, window: float) -> None:
        self.window = window
        self._seconds = self._steps = 0.0
        self.measured = 0

    @property
    def seconds(self) -> float:
        """Of a step; NaN before there was one."""
        return self._seconds / self._steps if self._steps else math.nan

    def add(self, seconds: float) -> None:
        """Takes in a step that took so long."""
        self.measured += 1
        if self.measured == 2:
            self._seconds = self._steps = 0.0
        usual = min(seconds, 3 * self.seconds) if self._steps else 0.0
        keep = math.exp(-usual / self.window) if self.window > 0 else 0.0
        self._seconds = self._seconds * keep + seconds
        self._steps = self._steps * keep + 1
