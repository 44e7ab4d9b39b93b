"""How the numbers of a comparison are written: a mean with its spread, a difference, what it cost, and the verdict."""

import math
from math import floor, log10

from portrait_matting.comparison.result import Arm, Difference, RankedArm
from portrait_matting.metrics.catalogue import METRICS

COST = {"fit_seconds": "fit s", "cpu_seconds": "CPU s", "peak_memory_gib": "peak GiB", "cycle_done": "cycle"}
"""Of `metrics.json`, each with the head of its column; `cycle_done` is the share of its cycle that a run has done."""


def verdict(row: RankedArm, metric: str) -> str:
    """One of reference, better, worse, within noise, not tested."""
    if row.against is None:
        return "reference"
    if math.isnan(row.against.p):
        return "not tested"
    if not row.against.differs:
        return "within noise"
    return "better" if METRICS[metric].higher == (row.against.value > 0) else "worse"


def spread(row: RankedArm, metric: str) -> str:
    """The mean and, of several seeds, the deviation: "0.0412 ± 0.0007"."""
    mean, deviation = (score(value, metric) for value in (row.mean, row.deviation))
    return mean if math.isnan(row.deviation) else f"{mean} ± {deviation}"


def step(difference: Difference, metric: str) -> tuple[str, str, str]:
    """The difference and the ends of its interval, with a sign and at least two digits that tell; dashes for NaN."""
    digits, size = METRICS[metric].digits, abs(difference.value)
    if size >= 1e-6:
        digits = max(digits, min(1 - floor(log10(size)), 6))
    ends = (difference.value, difference.low, difference.high)
    return tuple("–" if math.isnan(end) else f"{end:+z.{digits}f}" for end in ends)


def cost(arm: Arm) -> dict[str, float]:
    """The means of `COST` over the runs that measured them; NaN where none did."""
    known = {name: [run.metrics[name] for run in arm.runs if name in run.metrics] for name in COST}
    return {name: sum(values) / len(values) if values else math.nan for name, values in known.items()}


def number(value: float) -> str:
    """A cost, as people read it: three digits that tell; a dash for NaN."""
    return "–" if math.isnan(value) else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def score(value: float, metric: str) -> str:
    """A score with as many digits as the catalogue gives it; a dash for NaN."""
    return "–" if math.isnan(value) else f"{value:.{METRICS[metric].digits}f}"


def count(number: int, what: str) -> str:
    """A number of things: "1 seed", "1,200 seeds"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
