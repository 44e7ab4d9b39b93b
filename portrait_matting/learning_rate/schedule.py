"""Learning rate and momentum of one training run as pure functions of the place on its curve.

The place is counted in optimizer steps: a run that ends after so many steps is at its step, one that ends at a time may
stand between two (`pace`). No curve holds state, so a resumed run is right by construction and a lengthened run is the
same curve, stretched.

- `one_cycle`: up, down, then annihilation far below the start (Smith 2018, arXiv 1803.09820).
- `triangular`, `triangular2`, `exp_range`: whole cycles, then annihilation (Smith 2015, arXiv 1506.01186).
- `cosine`: half a cosine from max_lr to the last rate, no cycle (Loshchilov and Hutter 2016, arXiv 1608.03983,
  equation 5, without restarts).
- `constant`: max_lr throughout, the optimizer's own momentum.

Unlike torch's CyclicLR, whose decay starts at iteration 0, `exp_range` decays from its first peak on, so that the first
peak of every policy is exactly max_lr. And unlike torch's OneCycleLR every corner falls on a whole step.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from portrait_matting.errors import InputError


class Position(NamedTuple):
    """Where a step lies in a run."""

    wave: float  # 0 at the foot of a cycle, 1 at its peak
    cycle: int  # 0-based number of the cycle
    past_peak: float  # share of the way from the first peak (0, also before it) to the end of the cycles (1)
    steps_past_peak: float  # the same in steps
    annihilation: float  # share of the annihilation that is done, 0 before it


def locate(step: float, total: int, cycles: int, annihilation: float) -> Position:
    """Position of the 0-based `step`, which may lie between two steps, in a run of `total` steps.

    `cycles` symmetric cycles with whole-step corners fill the first 1 - `annihilation` of the run; the remainder of the
    division goes to the annihilation. A run too short for all its cycles has fewer, but always reaches a peak: one of
    a single step is that peak. Steps beyond the last count as the last.

    Raises:
        InputError: `total` is below 1.
    """
    if total < 1:
        raise InputError(
            f"a run of {total} optimizer steps has no learning rate: raise max_epochs, max_steps or the data"
        )
    if total == 1:
        return Position(1.0, 0, 0.0, 0, 0.0)
    step, last = min(step, total - 1), total - 1
    room = last - round(annihilation * total)
    cycles = max(1, min(cycles, room // 2))
    half = max(1, room // (2 * cycles))
    end = 2 * half * cycles
    if step > end:
        return Position(0.0, cycles - 1, 1.0, end - half, (step - end) / (last - end) if annihilation else 0.0)
    steps_past_peak = max(0, step - half)
    cycle = min(int(step // (2 * half)), cycles - 1)
    wave = 1 - abs(step - 2 * half * cycle - half) / half
    return Position(wave, cycle, steps_past_peak / (end - half), steps_past_peak, 0.0)


def _full(position: Position, gamma: float | None) -> float:
    return 1.0


def _halved(position: Position, gamma: float | None) -> float:
    return 0.5**position.cycle


def _decayed(position: Position, gamma: float | None) -> float:
    return 0.1**position.past_peak if gamma is None else gamma**position.steps_past_peak


# The amplitude of a policy at a position, 1 at the first peak.
POLICIES: dict[str, Callable[[Position, float | None], float]] = {
    "one_cycle": _full,
    "triangular": _full,
    "triangular2": _halved,
    "exp_range": _decayed,
    "cosine": _full,
    "constant": _full,
}
_NO_CYCLES = ("cosine", "constant")
"""Policies without a foot and a peak: the optimizer keeps its own momentum."""
ANNEALS: dict[str, Callable[[float], float]] = {
    "linear": lambda share: share,
    "cos": lambda share: (1 - math.cos(math.pi * share)) / 2,
}


@dataclass(frozen=True)
class Schedule:
    """One policy and its shape. The run's length is no part of it: every method takes it.

    Every method takes `step`, 0-based, which may lie between two steps: the curve is continuous. Between two places
    that are a share d of the run apart, the rate differs by at most max_lr · d · `steepness`.

    Args:
        policy: one of `POLICIES`.
        max_lr: the rate at the (first) peak, reached exactly.
        div: max_lr / div is the foot of the cycles. Smith: 10.
        final_div: the foot / final_div is the last rate, one to several orders of magnitude below. Smith: 100.
        annihilation: share of the run, in [0, 1), that falls from the foot to the last rate. With 0 the run ends at the
            foot of the last cycle.
        anneal: shape of every slope, "linear" or "cos".
        cycles: how many whole cycles; `one_cycle` has one, `cosine` and `constant` none, whatever is given.
        gamma: `exp_range` only: factor of the amplitude per step after the first peak, in (0, 1]. None: the amplitude
            is down to 10 % at the end of the cycles, whatever the run's length.
        base_momentum: momentum (Adam: beta1) at the peak. Smith: 0.85.
        max_momentum: momentum at the foot and in the annihilation. Smith: 0.95.
        cycle_momentum: False leaves the optimizer's momentum alone.

    Raises:
        InputError: a value is out of its range.
    """

    policy: str = "one_cycle"
    max_lr: float = 1e-3
    div: float = 10.0
    final_div: float = 100.0
    annihilation: float = 0.1
    anneal: str = "linear"
    cycles: int = 4
    gamma: float | None = None
    base_momentum: float = 0.85
    max_momentum: float = 0.95
    cycle_momentum: bool = True

    def __post_init__(self) -> None:
        momentum_range = f"{self.base_momentum} to {self.max_momentum}"
        for is_right, name, value, cure in (
            (self.policy in POLICIES, "policy", self.policy, f"one of {', '.join(POLICIES)}"),
            (self.anneal in ANNEALS, "anneal", self.anneal, f"one of {', '.join(ANNEALS)}"),
            (0 < self.max_lr < math.inf, "max_lr", self.max_lr, "a positive number"),
            (1 <= self.div < math.inf, "div", self.div, "1 or more"),
            (1 <= self.final_div < math.inf, "final_div", self.final_div, "1 or more"),
            (0 <= self.annihilation < 1, "annihilation", self.annihilation, "a share from 0 up to, not with, 1"),
            (self.cycles >= 1 and self.cycles == int(self.cycles), "cycles", self.cycles, "a whole number, 1 or more"),
            (self.gamma is None or 0 < self.gamma <= 1, "gamma", self.gamma, "above 0 and at most 1, or null"),
            (
                0 <= self.base_momentum <= self.max_momentum < 1,
                "base_momentum to max_momentum",
                momentum_range,
                "a rising range within [0, 1)",
            ),
        ):
            if not is_right:
                raise InputError(f"learning rate schedule: {name} is {value}; give {cure}")

    @property
    def steepness(self) -> float:
        """By how many max_lr, at most, the rate changes in a run's whole length, at the slope of its steepest place.

        For runs that are long enough that whole-step corners are no matter, and without `gamma`.
        """
        if self.policy == "constant":
            return 0.0
        steepest = math.pi / 2 if self.anneal == "cos" or self.policy == "cosine" else 1.0
        if self.policy == "cosine":
            return steepest
        slopes = 2 * (1 if self.policy == "one_cycle" else self.cycles) / (1 - self.annihilation)
        fade = math.log(10) / (1 - self.annihilation) * 2 if self.policy == "exp_range" else 0.0
        fall = 1 / (self.div * self.annihilation) if self.annihilation else 0.0
        return max(slopes * steepest + fade, fall * steepest)

    def height(self, step: float, total: int, steps: float | None = None) -> float:
        """Height of the cycles at `step`: 0 at the foot and in the annihilation, 1 at the first peak.

        `steps`: of the optimizer, that were made up to there, where that is not `step`: `gamma` is per step of these.
        """
        position = self._locate(step, total)
        if steps is not None and step:
            position = position._replace(steps_past_peak=position.steps_past_peak * (steps / step))
        return ANNEALS[self.anneal](position.wave) * POLICIES[self.policy](position, self.gamma)

    def learning_rate(self, step: float, total: int, steps: float | None = None) -> float:
        """Rate that the 0-based optimizer `step` of a run of `total` steps uses; `steps` as in `height`."""
        if self.policy == "constant":
            return self.max_lr
        foot = self.max_lr / self.div
        if self.policy == "cosine":
            done = min(step, total - 1) / max(total - 1, 1)
            last = foot / self.final_div
            return self.max_lr - (self.max_lr - last) * ANNEALS["cos"](done)
        if annihilated := ANNEALS[self.anneal](self._locate(step, total).annihilation):
            return foot * (1 - annihilated) + foot / self.final_div * annihilated
        # Measured from the top, so that the peak is max_lr to the last bit and nothing rounds above it.
        return self.max_lr - (self.max_lr - foot) * (1 - self.height(step, total, steps))

    def momentum(self, step: float, total: int, steps: float | None = None) -> float | None:
        """Momentum (Adam: beta1) of that step, the mirror image of the rate; None: keep the optimizer's own."""
        if self.policy in _NO_CYCLES or not self.cycle_momentum:
            return None
        return self.max_momentum - (self.max_momentum - self.base_momentum) * self.height(step, total, steps)

    def _locate(self, step: float, total: int) -> Position:
        return locate(step, total, 1 if self.policy == "one_cycle" else self.cycles, self.annihilation)
